# SPDX-License-Identifier: GPL-3.0-or-later
# How soon the search finds known races. Benchmarks are fetched into the build folder and never committed; where one
# cannot be fetched or built it is named and left out.
SEARCH_SEEDS ?= 5
SEARCH_TRIALS ?= 100
SEARCH_BUDGET ?= 60s
SCTBENCH ?= https://github.com/mc-imperial/sctbench
SEARCH_CS := account_bad arithmetic_prog_bad bluetooth_driver_bad carter01_bad circular_buffer_bad deadlock01_bad \
	din_phil2_sat din_phil3_sat din_phil4_sat din_phil5_sat din_phil6_sat din_phil7_sat fsbench_bad lazy01_bad \
	phase01_bad queue_bad reorder_3_bad reorder_4_bad reorder_5_bad reorder_10_bad reorder_20_bad stack_bad sync01_bad \
	sync02_bad token_ring_bad twostage_bad twostage_100_bad wronglock_bad wronglock_3_bad
SEARCH_INSPECT := ctrace-test bbuf boundedBuffer carter01 phase01 sync01 sync02
SEARCH_RACES = $(sort $(patsubst tests/targets/%.c,%,$(wildcard tests/targets/race_*.c)))

.PHONY: search-table search-programs
search-programs: $(B)/hangrate targets
	@mkdir -p $(B)/search
	@test -d $(B)/search/sctbench || git clone -q --depth 1 '$(SCTBENCH)' $(B)/search/sctbench || \
		echo 'search: $(SCTBENCH) cannot be fetched: left out' >&2
	@for n in $(SEARCH_CS); do \
		$(CC) -w -std=gnu17 -g -O0 -pthread -o $(B)/search/cs-$$n \
			$(B)/search/sctbench/benchmarks/concurrent-software-benchmarks/$$n.c -lm 2>$(B)/search/cs-$$n.log || \
			echo "search: cs-$$n does not build: left out" >&2; done
	@for n in $(SEARCH_INSPECT); do \
		$(CC) -w -std=gnu17 -g -O0 -pthread -o $(B)/search/inspect-$$n \
			$(B)/search/sctbench/benchmarks/inspect_examples/$$n.c -lm 2>$(B)/search/inspect-$$n.log || \
			echo "search: inspect-$$n does not build: left out" >&2; done

search-table: search-programs ## How soon `--inject auto` finds known races, as docs/search.md has it (about an hour; fetches)
	python3 bench/search.py --hangrate $(B)/hangrate --seeds $(SEARCH_SEEDS) --trials $(SEARCH_TRIALS) --budget $(SEARCH_BUDGET) \
		$(SEARCH_RACES:%=$(B)/glibc/targets/%) $(SEARCH_CS:%=$(B)/search/cs-%) $(SEARCH_INSPECT:%=$(B)/search/inspect-%)
