# SPDX-License-Identifier: GPL-3.0-or-later
# How much running a program under hangrate costs.
BENCH_TRIALS ?= 2000
BENCH_ROUNDS ?= 7
BENCH_TARGETS = $(foreach l,$(BUILT_FOR),$(B)/$(l)/targets/trivial)

$(B)/bench/%: bench/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(BASE) $(CFLAGS) $< $(LDFLAGS) -o $@

.PHONY: bench
bench: $(B)/hangrate $(B)/bench/spawn_loop $(BENCH_TARGETS) ## Throughput beside a bare posix_spawn loop, timeout and GNU parallel
	@mkdir -p out
	@rm -f $(B)/bench/bench.db*
	python3 bench/bench.py --hangrate $(B)/hangrate --spawn-loop $(B)/bench/spawn_loop \
		--db $(B)/bench/bench.db --trials $(BENCH_TRIALS) --rounds $(BENCH_ROUNDS) \
		$(if $(BENCH_MIN),--min-ratio $(BENCH_MIN)) --json out/bench.json $(BENCH_TARGETS)

$(B)/bench/detect: $(B)/obj/bench/detect.o $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(STATIC) $(LDFLAGS) $^ $(RUNNER_LIBS) -o $@

DETECT_TRIALS ?= 6
OVERSUBSCRIBE ?= 4
PLANTED_BIN = $(foreach t,$(TARGET_BIN),$(if $(filter planted_%,$(notdir $(t))),$(t)))

.PHONY: bench-detect
bench-detect: $(B)/bench/detect targets ## Time from the last progress of a planted target to its proof, beside OVERSUBSCRIBE=4 busy processes a CPU
	python3 bench/detect.py --detect $(B)/bench/detect --trials $(DETECT_TRIALS) \
		--oversubscribe $(OVERSUBSCRIBE) $(PLANTED_BIN)
