# SPDX-License-Identifier: GPL-3.0-or-later
# A fuzz target is one file tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput(); seeds, if any, stand
# in tests/fuzz/corpus/NAME/. All of the runner is linked in, and what interprets text in lib/.
# `make fuzz FUZZ=NAME FUZZ_SECONDS=600`.
CLANG ?= clang
FUZZ_SECONDS ?= 20
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CHECKS := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(filter-out runner/main.c,$(RUNNER_SRC)) lib/points_parse.c)

$(B)/fuzz/obj/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)$(CLANG) $(CPPFLAGS) $(BASE) -O1 -g $(FUZZ_CHECKS) -fsanitize=fuzzer-no-link \
		-DHANGRATE_VERSION='"$(VERSION)"' -c $< -o $@

FUZZ_DATA := $(B)/obj/runner/store/schema.o $(B)/obj/reports/html_style.o $(B)/obj/runner/inject/preload.o $(CAUSES_OBJ)

$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ) $(FUZZ_DATA)
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_CHECKS) -fsanitize=fuzzer $^ $(RUNNER_LIBS) -o $@

# Makes seeds of the targets that interpret another process's memory.
$(B)/fuzz/record: $(B)/obj/tests/fuzz/record.o $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ)) $(FUZZ_DATA)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CHECKS) $^ $(RUNNER_LIBS) -o $@

.SECONDARY: $(FUZZ_OBJ) $(FUZZ:%=$(B)/fuzz/obj/tests/fuzz/fuzz_%.o)

.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZ:%=$(B)/fuzz/fuzz_%)

# Finds go to build/fuzz/: the input is named crash-*, and given to the same program it shows again.
fuzz: fuzz-build ## Run the fuzz targets, FUZZ_SECONDS each (FUZZ=NAME: only that one)
	@[ -n "$(FUZZ)" ] || { echo "fuzz: no target" >&2; exit 1; }
	@set -e; for f in $(FUZZ); do \
		mkdir -p $(B)/fuzz/corpus/$$f; \
		echo "fuzz: $$f"; \
		$(B)/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus/$$f $$(ls -d tests/fuzz/corpus/$$f 2>/dev/null) \
			>$(B)/fuzz/$$f.log 2>&1 || { tail -40 $(B)/fuzz/$$f.log; exit 1; }; \
		grep -E '^stat::number_of_executed_units' $(B)/fuzz/$$f.log; \
	done
