# SPDX-License-Identifier: GPL-3.0-or-later
# Sources are found, never listed. Objects go under $(B) only. `make help` prints the ## comments.
SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# With other goals beside it, deps comes first, and the rest is read anew once it is done: what is
# installed decides what can be built.
AFTER_DEPS := $(if $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS)))
ifneq ($(AFTER_DEPS),)
.PHONY: $(AFTER_DEPS) after-deps
$(AFTER_DEPS): after-deps ; @:
after-deps: deps
	+@$(MAKE) --no-print-directory $(AFTER_DEPS)
include make/deps.mk
else

B ?= build
# Names of targets can't hold a space, so a folder that has one is reached by a link here.
ifneq ($(word 2,$(B)),)
override B := $(shell make/link.sh '$(B)')
endif

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
AR := $(CROSS_COMPILE)ar
MUSL_CC ?= musl-gcc
SAN ?=
COV ?=
JOBS ?= $(shell nproc)

# V=1 shows the commands themselves.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '%-6s %s\n' '$(1)' '$(2)')

WARN := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla -Wformat=2 \
	-Wno-missing-field-initializers -Wno-format-nonliteral $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
BASE := -std=gnu17 -D_GNU_SOURCE -I. $(WARN) -fno-omit-frame-pointer -MMD -MP
ifneq ($(SAN),)
CHECKS := -fsanitize=$(SAN) -fno-sanitize-recover=all
endif
ifneq ($(COV),)
# gcc's own exec() for coverage writes and ends the counting: in vfork's child its parent's, and in
# one whose calls are filtered it never ends.
CHECKS += --coverage -fprofile-update=atomic $(addprefix -fno-builtin-exec,l le lp v ve vp)
override CFLAGS := -O0 -g
endif
# One static binary (dynamic under a sanitizer or for coverage). STATIC= where a distribution has no
# static libraries: it then runs on machines like this one only.
STATIC ?= $(if $(SAN)$(COV),,-static -Wl,--no-warnings)

# Everything that is compiled depends on this file, so a change of compiler or flags compiles anew.
FLAGS := $(B)/flags
FLAGS_TEXT := $(CC) $(MUSL_CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(CHECKS) $(LDFLAGS) $(STATIC)
ifneq ($(filter-out clean help format deps,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell cat $(FLAGS) 2>/dev/null),$(strip $(FLAGS_TEXT)))
$(shell mkdir -p $(B))
$(file >$(FLAGS),$(strip $(FLAGS_TEXT)))
endif
endif

RELEASE := $(shell cat VERSION)
VERSION := $(RELEASE)$(shell h=$$(git rev-parse --short HEAD 2>/dev/null) && { printf '+g%s' $$h; git diff --quiet HEAD || printf .dirty; })

RUNNER_SRC := $(sort $(shell find runner stats reports -name "*.c"))
RUNNER_OBJ := $(RUNNER_SRC:%.c=$(B)/obj/%.o)
MAIN_OBJ := $(B)/obj/runner/main.o
RUNNER_LIBS := -ldw -lelf -llzma -lbz2 -lz -lseccomp -lsqlite3 -ljansson -lRmath -liberty -lm -lpthread

.PHONY: all
all: $(B)/hangrate scenarios targets ## Build everything: the runner, the scenarios for every libc at hand, the test targets

# --- the runner: one static binary (dynamic only under a sanitizer or for coverage) ---
$(B)/obj/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $(CHECKS) -DHANGRATE_VERSION='"$(VERSION)"' -c $< -o $@

$(B)/hangrate: $(RUNNER_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(STATIC) $(LDFLAGS) $^ $(RUNNER_LIBS) -o $@

# A new commit makes the objects anew that say which it is, and no others.
VERSION_OBJ := $(patsubst %.c,$(B)/obj/%.o,$(shell grep -l HANGRATE_VERSION $(RUNNER_SRC)))
$(VERSION_OBJ): $(B)/version
$(B)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@
.PHONY: FORCE
FORCE:

.PHONY: hangrate
hangrate: $(B)/hangrate ## Build the runner only

# --- lib/, scenarios/ and test targets, once for each libc ---
BUILT_FOR := glibc $(if $(CROSS_COMPILE),,$(if $(shell command -v $(MUSL_CC) 2>/dev/null),musl))
CC_glibc := $(CC)
CC_musl := $(MUSL_CC)
CFLAGS_musl := -idirafter $(B)/musl/include
MUSL_HEADERS := $(B)/musl/include/.stamp
DEPS_musl := $(MUSL_HEADERS)

LIB_SRC := $(filter-out lib/preload%.c lib/musl_shim.c lib/zygote_start.c,$(wildcard lib/*.c))
SCENARIO_SRC := $(wildcard scenarios/*.c scenarios/libc/*.c)
# scenarios/NAME.c is called NAME, scenarios/libc/NAME.c libc-NAME.
scenario_name = $(subst /,-,$(patsubst scenarios/%.c,%,$(1)))
-include $(wildcard scenarios/*.mk scenarios/libc/*.mk)
# A target for tests may say in its head which libc alone it is for (" * libc: musl").
TARGET_SRC := $(wildcard tests/targets/*.c)
TARGET_ONLY_glibc := $(shell grep -lx ' \* libc: glibc' $(TARGET_SRC) /dev/null)
TARGET_ONLY_musl := $(shell grep -lx ' \* libc: musl' $(TARGET_SRC) /dev/null)

# Debian's libfiu headers, alone in a folder of their own: musl-gcc must not see glibc's.
$(MUSL_HEADERS):
	@mkdir -p $(@D)
	@cp /usr/include/fiu*.h $(@D)/
	@touch $@

define libc_rules
LIB_OBJ_$(1) := $$(LIB_SRC:lib/%.c=$(B)/$(1)/lib/%.o) $(if $(filter musl,$(1)),$(if $(wildcard lib/musl_shim.c),$(B)/musl/lib/musl_shim.o))
$(B)/$(1)/lib/%.o: lib/%.c $$(DEPS_$(1)) $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) $$(CFLAGS) $$(CFLAGS_$(1)) $$(if $$(filter glibc,$(1)),$$(CHECKS)) -fPIC -c $$< -o $$@
$(B)/$(1)/libscenario.a: $$(LIB_OBJ_$(1))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(BUILT_FOR),$(eval $(call libc_rules,$(l))))

define scenario_rules
ifeq ($$(SKIP-$(1)-$(call scenario_name,$(2))),)
SCENARIO_BIN += $(B)/$(1)/scenarios/$(call scenario_name,$(2))
$(B)/$(1)/scenarios/$(call scenario_name,$(2)): $(2) $(B)/$(1)/libscenario.a $$(wildcard $(2:.c=.mk)) $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC,$(2) ($(1)))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) $$(CFLAGS) $$(CFLAGS_$(1)) $$(if $$(filter glibc,$(1)),$$(CHECKS)) -O1 -fno-builtin \
		-DSCENARIO_NAME='"$(call scenario_name,$(2))"' $$(CFLAGS-$(call scenario_name,$(2))) -MF $$@.d -MT $$@ $(2) \
		-Wl,--start-group $(B)/$(1)/libscenario.a -l:libfiu.a -Wl,--end-group $(if $(filter musl,$(1)),-L/usr/lib) \
		$$(LDFLAGS) $$(LDLIBS-$(call scenario_name,$(2))) -lm -ldl -lpthread -o $$@
endif
endef
$(foreach l,$(BUILT_FOR),$(foreach s,$(SCENARIO_SRC),$(eval $(call scenario_rules,$(l),$(s)))))

define target_rules
TARGET_BIN += $(B)/$(1)/targets/$$(basename $$(notdir $(2)))
$(B)/$(1)/targets/$$(basename $$(notdir $(2))): $(2) $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC,$(2) ($(1)))
	$$(Q)$$(CC_$(1)) $$(CPPFLAGS) $$(BASE) -O1 -g $$(CFLAGS_$(1)) $(2) $$(LDFLAGS) -lpthread -o $$@
endef
$(foreach s,$(filter-out $(TARGET_ONLY_musl),$(TARGET_SRC)),$(eval $(call target_rules,glibc,$(s))))
ifneq ($(filter musl,$(BUILT_FOR)),)
$(foreach s,$(filter-out $(TARGET_ONLY_glibc),$(TARGET_SRC)),$(eval $(call target_rules,musl,$(s))))
endif

.PHONY: scenarios c-scenarios prune targets
scenarios: c-scenarios ## Build the scenarios
c-scenarios: $(SCENARIO_BIN) prune
# What has no source any more must not be found, run or listed.
STALE = $(filter-out %.d $(SCENARIO_BIN) $(GO_BIN) $(TARGET_BIN),$(wildcard \
	$(foreach d,$(addprefix $(B)/,$(BUILT_FOR)) $(GO_ARM),$(d)/scenarios/* $(d)/targets/*)))
prune:
	@$(foreach f,$(STALE),rm -f '$(f)' '$(f).d' && echo 'gone   $(f)';)
targets: $(TARGET_BIN) ## Build the deliberately bad children that the tests run

# --- tests ---
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_OBJ := $(UNIT_SRC:%.c=$(B)/obj/%.o)

$(B)/unit: $(UNIT_OBJ) $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(LDFLAGS) $^ -lcriterion $(RUNNER_LIBS) -o $@

# More rooms bring their own rules, one file each.
-include $(wildcard make/*.mk)

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(B) out

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14 | sort

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)

endif
