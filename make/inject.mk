# SPDX-License-Identifier: GPL-3.0-or-later
# The preload and the zygote's, once for each libc. Never with a sanitizer: it is loaded into targets that have none.
PRELOAD_SRC := $(wildcard lib/preload*.c)
PRELOAD_LIBS_glibc := -ldl
# A musl target may execute programs of a glibc system (/bin/sh), which inherit LD_PRELOAD. glibc's
# loader can't load musl, so the library needs nothing by name; musl's takes glibc's name for itself.
PRELOAD_LIBS_musl := -nodefaultlibs

define preload_rules
$(B)/$(1)/preload/%.o: lib/%.c $$(DEPS_$(1)) $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1) preload))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) -O2 -g $$(CFLAGS_$(1)) -fPIC -fvisibility=hidden -fno-builtin \
		-ftls-model=initial-exec -c $$< -o $$@
$(B)/$(1)/libhangrate-preload.so: $$(PRELOAD_SRC:lib/%.c=$(B)/$(1)/preload/%.o)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) -shared -Wl,-z,now,-soname,libhangrate-preload.so $$^ $$(PRELOAD_LIBS_$(1)) -o $$@
$(B)/$(1)/libhangrate-zygote.so: $(B)/$(1)/preload/zygote.o $(B)/$(1)/preload/zygote_start.o
	$$(call say,LINK,$$@)
	$$(Q)$$(CC_$(1)) -shared -Wl,-z,now,-soname,libhangrate-zygote.so $$^ $$(PRELOAD_LIBS_$(1)) -o $$@
endef
$(foreach l,$(BUILT_FOR),$(eval $(call preload_rules,$(l))))

PRELOADS := $(foreach l,$(BUILT_FOR),$(B)/$(l)/libhangrate-preload.so $(B)/$(l)/libhangrate-zygote.so)
# All go into the runner as they stand: that of a libc which is not at hand is empty.
PRELOAD_OBJ := $(B)/obj/runner/inject/preload.o
$(PRELOAD_OBJ): $(PRELOADS)
	@mkdir -p $(@D)
	$(call say,AS,$@)
	$(Q){ echo '.section .rodata'; for l in glibc musl; do for k in preload zygote; do \
		printf '.global %s, %s_end\n.balign 16\n%s:\n' $${k}_$$l $${k}_$$l $${k}_$$l; \
		case ' $(BUILT_FOR) ' in *" $$l "*) printf '.incbin "%s/%s/libhangrate-%s.so"\n' '$(B)' $$l $$k ;; esac; \
		printf '%s_end:\n.byte 0\n' $${k}_$$l; \
	done; done; echo '.section .note.GNU-stack,"",%progbits'; } | $(CC) -c -x assembler - -o $@

$(B)/hangrate $(B)/unit $(B)/bench/detect: $(PRELOAD_OBJ)

.PHONY: preload
preload: $(PRELOADS) ## Build the preload for every libc
all: preload

# Targets that need flags of their own.
ifneq ($(filter musl,$(BUILT_FOR)),)
TARGET_BIN += $(B)/musl/targets/inject_static
$(B)/musl/targets/inject_static: tests/targets/inject_forksafe.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$< (musl static))
	$(Q)$(MUSL_CC) $(CPPFLAGS) $(BASE) -O1 -g -static $< -o $@
endif
TARGET_BIN += $(B)/glibc/targets/inject_asan
$(B)/glibc/targets/inject_asan: tests/targets/inject_forksafe.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$< (asan))
	$(Q)$(CC) $(CPPFLAGS) $(BASE) -O1 -g -fsanitize=address $< -lpthread -o $@
targets: $(TARGET_BIN)
