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

# A C++ program with 40 libraries, as large ones are: most of a short trial is the loader.
MANY_LIBS := $(foreach i,$(shell seq 40),$(B)/bench/many/libmany$(i).so)
$(B)/bench/many/libmany%.so: bench/many.cc $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++17 -O1 -fPIC -shared -DNUMBER=$* $< -o $@
$(B)/bench/many/many: bench/many.cc $(MANY_LIBS)
	$(call say,CXX,$@)
	$(Q)$(CXX) -std=c++17 -O1 $< -Wl,--no-as-needed -L$(@D) $(foreach i,$(shell seq 40),-lmany$(i)) -Wl,-rpath,'$$ORIGIN' -o $@

.PHONY: bench-zygote
bench: bench-zygote
bench-zygote: $(B)/hangrate $(B)/bench/spawn_loop $(B)/glibc/targets/trivial $(B)/bench/many/many ## Throughput of --spawn zygote: at least 2 times a bare posix_spawn loop, 10 times for a C++ program with 40 libraries
	python3 bench/bench.py --hangrate $(B)/hangrate --spawn-loop $(B)/bench/spawn_loop --trials 4000 --rounds $(BENCH_ROUNDS) \
		--zygote --min-ratio 2 $(B)/glibc/targets/trivial
	python3 bench/bench.py --hangrate $(B)/hangrate --spawn-loop $(B)/bench/spawn_loop --trials 1000 --rounds $(BENCH_ROUNDS) \
		--zygote --min-ratio 10 $(B)/bench/many/many

SPAWN_TRIALS ?= 200
.PHONY: spawn-agree
spawn-agree: $(B)/hangrate c-scenarios ## P(hang) of C scenarios by --spawn exec and zygote, side by side (SPAWN_TRIALS=N)
	python3 bench/spawn_agree.py --hangrate $(B)/hangrate --trials $(SPAWN_TRIALS) '!go-*' '!python-*'

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
