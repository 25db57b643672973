# SPDX-License-Identifier: GPL-3.0-or-later
# Go is optional: without it everything else is built, and $(B)/NOT_BUILT says what was left out
# and why ("NAME<tab>REASON" lines, printed by `hangrate list`).
#
# scenarios/go/NAME/main.go becomes $(B)/go-VERSION/scenarios/go-NAME, pure Go. scenarios/go-NAME.c is
# a C host of the c-shared library in scenarios/go/shared; it stands in the same arm, since what it
# shows is Go's doing.

GO_NAMES := $(patsubst scenarios/go/%/main.go,go-%,$(wildcard scenarios/go/*/main.go))
GO_HOSTS := $(patsubst scenarios/%.c,%,$(wildcard scenarios/go-*.c))
GO_SRC := scenarios/go/go.mod $(wildcard scenarios/go/*/*.go)

GO_IN_PATH := $(shell command -v go 2>/dev/null)
GO_VERSION := $(if $(GO_IN_PATH),$(shell GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/[ -].*//'))
GO_MISSING := $(if $(GO_IN_PATH),$(if $(GO_VERSION),$(if $(filter 1.0% 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 \
	1.10% 1.11% 1.12% 1.13% 1.14% 1.15% 1.16% 1.17% 1.18%,$(GO_VERSION)),go $(GO_VERSION) is too old (1.19 or newer is \
	needed)),'go env' fails),no go in PATH)

# One arm: $(1) its folder, $(2) the words before "build".
define go_arm_rules
$(1)/scenarios/go-%: $(GO_SRC)
	@mkdir -p $$(@D)
	$$(call say,GO,$$@)
	$$(Q)cd scenarios/go && env CGO_ENABLED=0 $(2) build -buildvcs=false -o '$$(abspath $$@)' ./$$*

$(1)/lib/go-service: $(GO_SRC)
	@mkdir -p $$(@D)
	$$(call say,GO,$$@)
	$$(Q)cd scenarios/go && env CGO_ENABLED=0 $(2) build -buildvcs=false -o '$$(abspath $$@)' ./service

$(1)/lib/libhangrate-go.so: $(GO_SRC)
	@mkdir -p $$(@D)
	$$(call say,GO,$$@)
	$$(Q)cd scenarios/go && env CGO_ENABLED=1 $(2) build -buildvcs=false -buildmode=c-shared -o '$$(abspath $$@)' ./shared

.SECONDARY: $(1)/lib/go-service $(1)/lib/libhangrate-go.so
$(foreach h,$(GO_HOSTS),$(call go_host_rules,$(1),$(h)))
endef

# A C host, once dlopening the library and once linked with it: the second is no scenario of its own,
# the first executes it. $(1) the arm's folder, $(2) the host.
define go_host_rules
$(1)/scenarios/$(2): scenarios/$(2).c scenarios/go/host/host.c scenarios/go/host/host.h $(B)/glibc/libscenario.a \
		$(1)/lib/libhangrate-go.so $(1)/lib/go-service $(1)/linked/$(2)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(GO_HOST_CC) -DSCENARIO_NAME='"$(2)"' scenarios/$(2).c scenarios/go/host/host.c $$(GO_HOST_LIBS) -o $$@

$(1)/linked/$(2): scenarios/$(2).c scenarios/go/host/host.c scenarios/go/host/host.h $(B)/glibc/libscenario.a \
		$(1)/lib/libhangrate-go.so
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(GO_HOST_CC) -DSCENARIO_NAME='"$(2)"' -DHOST_LINKED scenarios/$(2).c scenarios/go/host/host.c $$(GO_HOST_LIBS) \
		-L$(1)/lib -Wl,--no-as-needed -lhangrate-go '-Wl,-rpath,$$$$ORIGIN/../lib' -o $$@

endef
GO_HOST_CC = $(CC) $(BASE) -MF /dev/null $(CFLAGS) $(CHECKS) -DSCENARIO_ARM='"go $(GO_VERSION)"'
GO_HOST_LIBS = -Wl,--start-group $(B)/glibc/libscenario.a -l:libfiu.a -Wl,--end-group -lm -ldl -lpthread

# An arm of another toolchain is made by make/compare-go.sh, which sets these three.
GO_ARM ?= $(B)/go-$(GO_VERSION)
GO_TOOL ?= GOTOOLCHAIN=local go
GO_BIN := $(addprefix $(GO_ARM)/scenarios/,$(GO_NAMES) $(GO_HOSTS))

ifeq ($(GO_MISSING),)
$(eval $(call go_arm_rules,$(GO_ARM),$(GO_TOOL)))
.PHONY: go
go: $(GO_BIN) ## Build the Go scenarios, if there is a Go
scenarios: go
endif

.PHONY: go-not-built
scenarios: go-not-built
go-not-built:
	@mkdir -p $(B)
	@rm -f $(B)/NOT_BUILT
ifneq ($(GO_MISSING),)
	@printf '%s\t%s\n' $(foreach n,$(sort $(GO_NAMES) $(GO_HOSTS)),$(n) "$(GO_MISSING)") >$(B)/NOT_BUILT
	@echo 'go: scenarios left out: $(GO_MISSING)'
endif

.PHONY: go-test
go-test: ## Format, vet and test the Go code
ifeq ($(GO_MISSING),)
	@cd scenarios/go && bad=$$(gofmt -l .) && [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	cd scenarios/go && CGO_ENABLED=1 GOTOOLCHAIN=local go vet ./... && GOTOOLCHAIN=local go test ./...
else
	@echo 'go-test: $(GO_MISSING)'
endif

# Each row of what was measured by hand, on the releases that it was measured on.
.PHONY: go-rates
go-rates: $(B)/hangrate ## Compare the rates of all Go scenarios with those measured by hand [TRIALS=20 JOBS=10 SEED=1]
	@B=$(B) TRIALS=$(or $(TRIALS),20) SEED=$(or $(SEED),1) JOBS=$(if $(filter command line environment,$(origin JOBS)),$(JOBS),10) \
		SCENARIOS="go-rawfork-println go-rawfork-save go-rawfork-gc go-shared-host/trivial go-shared-host/allocate \
		go-shared-host/goroutine go-shared-host/warm-* go-shared-host/busy-trivial go-shared-host/lazy-dlopen \
		go-shared-host/fork-exec go-shared-host/service go-shared-prefork/implicit" \
		RUNFLAGS="--sweep allocators=4 --sweep heap=1M --sweep before-fork=0" \
		./make/compare-go.sh $(or $(GO),1.19 1.21.13 1.22.12 1.23.12 1.24.6 1.25.5 1.26) >/dev/null
	@make/go-rates.py out/compare-go.json

.PHONY: go-cures
go-cures: $(B)/hangrate scenarios ## Run every cure of the Go scenarios [TRIALS=1000 JOBS=4 SEED=1]
	@B=$(B) $(foreach v,TRIALS SEED JOBS,$(if $(filter command line environment,$(origin $(v))),$(v)='$($(v))')) ./make/go-cures.sh

.PHONY: compare-go
compare-go: $(B)/hangrate ## Compare Go releases: make compare-go GO="1.21.13 1.26.8" [TRIALS=N SEED=S JOBS=J SCENARIOS=... RUNFLAGS=...]
	@B=$(B) $(foreach v,TRIALS SEED JOBS SCENARIOS RUNFLAGS,$(if $(filter command line environment,$(origin $(v))),$(v)='$($(v))')) \
		./make/compare-go.sh $(GO)
