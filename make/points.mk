# SPDX-License-Identifier: GPL-3.0-or-later
# The program that tests the delay points themselves, for each libc.
define door_rules
$(B)/$(1)/tests/door: tests/points/door.c $(B)/$(1)/libscenario.a $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) $$(CFLAGS) $$(CFLAGS_$(1)) $$(if $$(filter glibc,$(1)),$$(CHECKS)) -DSCENARIO_NAME='"door"' \
		-MF $$@.d -MT $$@ $$< -Wl,--start-group $(B)/$(1)/libscenario.a -l:libfiu.a -Wl,--end-group \
		$(if $(filter musl,$(1)),-L/usr/lib) -lm -ldl -lpthread -o $$@
DOOR_BIN += $(B)/$(1)/tests/door
endef
$(foreach l,$(BUILT_FOR),$(eval $(call door_rules,$(l))))
all: $(DOOR_BIN)

# A correct program for the null arms, where `hangrate run --scenarios` finds it and it alone.
define forksafe_rules
$(B)/forksafe/$(1)/scenarios/forksafe: tests/points/forksafe.c $(B)/$(1)/libscenario.a $(FLAGS)
	@mkdir -p $$(@D) $(B)/$(1)/tests
	$$(call say,CC,$$< ($(1)))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) $$(CFLAGS) $$(CFLAGS_$(1)) $$(if $$(filter glibc,$(1)),$$(CHECKS)) \
		-DSCENARIO_NAME='"forksafe"' \
		-MF $(B)/$(1)/tests/forksafe.d -MT $$@ $$< -Wl,--start-group $(B)/$(1)/libscenario.a -l:libfiu.a -Wl,--end-group \
		$(if $(filter musl,$(1)),-L/usr/lib) -lm -ldl -lpthread -o $$@
FORKSAFE_BIN += $(B)/forksafe/$(1)/scenarios/forksafe
endef
$(foreach l,$(BUILT_FOR),$(eval $(call forksafe_rules,$(l))))
all: $(FORKSAFE_BIN)

# Its reading half has unit tests.
$(B)/unit: $(B)/obj/lib/points_parse.o
