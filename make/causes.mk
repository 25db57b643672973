# SPDX-License-Identifier: GPL-3.0-or-later
# What the causes of the scenarios look like goes into the program as text, with a NUL behind it: a
# report names the scenario of its kind without running or finding any.
CAUSES_OBJ := $(B)/obj/runner/explain/scenario_causes.o
CAUSES_SRC := $(sort $(wildcard scenarios/*.c scenarios/python/*.py scenarios/go/*/main.go))

$(B)/gen/causes.txt: $(CAUSES_SRC) make/causes.sh
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)make/causes.sh $(CAUSES_SRC) >$@

$(CAUSES_OBJ): $(B)/gen/causes.txt
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)printf '.section .rodata\n.global scenario_causes\nscenario_causes:\n.incbin "%s"\n.byte 0\n.section .note.GNU-stack,"",%%progbits\n' \
		$< | $(CC) -c -x assembler - -o $@

$(B)/hangrate $(B)/unit: $(CAUSES_OBJ)
