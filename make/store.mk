# SPDX-License-Identifier: GPL-3.0-or-later
# The schema goes into the program as it stands, with a NUL behind it.
SCHEMA_OBJ := $(B)/obj/runner/store/schema.o

$(SCHEMA_OBJ): runner/store/schema.sql
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)printf '.section .rodata\n.global schema_sql\nschema_sql:\n.incbin "%s"\n.byte 0\n.section .note.GNU-stack,"",%%progbits\n' \
		$< | $(CC) -c -x assembler - -o $@

$(B)/hangrate $(B)/unit: $(SCHEMA_OBJ)
