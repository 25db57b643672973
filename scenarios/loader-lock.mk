# SPDX-License-Identifier: MIT
# The plug-in that the scenario loads is made from the same file.
define loader_lock_rules
$(B)/$(1)/scenarios/loader-lock: $(B)/$(1)/lib/loader-lock.so
$(B)/$(1)/lib/loader-lock.so: scenarios/loader-lock.c $(FLAGS)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) $$(CFLAGS) -MF /dev/null -DPLUG_IN -fPIC -shared $$< -o $$@
endef
$(foreach l,$(BUILT_FOR),$(eval $(call loader_lock_rules,$(l))))
