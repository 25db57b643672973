# SPDX-License-Identifier: GPL-3.0-or-later
# The style sheet of the HTML report goes into the program as it stands, with a NUL behind it.
STYLE_OBJ := $(B)/obj/reports/html_style.o

$(STYLE_OBJ): reports/html.css
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)printf '.section .rodata\n.global html_style\nhtml_style:\n.incbin "%s"\n.byte 0\n.section .note.GNU-stack,"",%%progbits\n' \
		$< | $(CC) -c -x assembler - -o $@

$(B)/hangrate $(B)/unit: $(STYLE_OBJ)
$(B)/unit: $(B)/obj/tests/demo/campaign.o
