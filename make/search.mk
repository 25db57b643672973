# SPDX-License-Identifier: GPL-3.0-or-later
# How soon the search finds known races, and what others say of them. Benchmarks and peers are fetched into the build
# folder and never committed; what cannot be fetched or built is named and left out.
SEARCH_SEEDS ?= 5
SEARCH_TRIALS ?= 100
SEARCH_BUDGET ?= 60s
SEARCH_AT_ONCE ?= 1
SEARCH_PROGRAMS ?= $(SEARCH_RACES:%=$(B)/glibc/targets/%) $(SEARCH_CS:%=$(B)/search/cs-%) \
	$(SEARCH_INSPECT:%=$(B)/search/inspect-%) $(foreach k,$(SEARCH_GOKER),$(B)/search/goker-$(subst /,,$k))
SCTBENCH ?= https://github.com/mc-imperial/sctbench
PERIOD ?= https://github.com/wcventure/PERIOD
GOBENCH ?= https://github.com/timmyyuan/gobench
SEARCH_CS := account_bad arithmetic_prog_bad bluetooth_driver_bad carter01_bad circular_buffer_bad deadlock01_bad \
	din_phil2_sat din_phil3_sat din_phil4_sat din_phil5_sat din_phil6_sat din_phil7_sat fsbench_bad lazy01_bad \
	phase01_bad queue_bad reorder_3_bad reorder_4_bad reorder_5_bad reorder_10_bad reorder_20_bad stack_bad sync01_bad \
	sync02_bad token_ring_bad twostage_bad twostage_100_bad wronglock_bad wronglock_3_bad
SEARCH_INSPECT := ctrace-test bbuf boundedBuffer carter01 phase01 sync01 sync02
# Those whose test waits for what never comes; most others only leave a goroutine behind.
SEARCH_GOKER := cockroach/10214 cockroach/584 etcd/5509 etcd/6708 grpc/795 hugo/3251 kubernetes/10182 moby/17176 \
	moby/28462 moby/4951 moby/7559 syncthing/4829
SEARCH_RACES = $(sort $(patsubst tests/targets/%.c,%,$(wildcard tests/targets/race_*.c)))

# $(call search_fetch,FROM,NAME,FOLDERS): those folders and what stands beside them
search_fetch = test -d $(B)/search/$2 || { git clone -q --no-checkout --depth 1 '$1' $(B)/search/$2 2>/dev/null && \
	git -C $(B)/search/$2 checkout -q HEAD -- $3; } || { rm -rf $(B)/search/$2; echo 'search: $1 cannot be fetched: left out' >&2; }
# $(call search_build,NAME,SOURCE): as it is and with ThreadSanitizer
search_build = $(CC) -w -std=gnu17 -g -O0 -pthread -I. -o $(B)/search/$1 $2 -lm 2>$(B)/search/$1.log && \
	$(CC) -w -std=gnu17 -g -O0 -pthread -I. -fsanitize=thread -o $(B)/search/tsan/$1 $2 -lm 2>>$(B)/search/$1.log || \
	echo 'search: $1 does not build: left out' >&2;
# $(call search_kernel,PROJECT/NUMBER): a package of its own, for they share names
search_kernel = n=goker-$(subst /,,$1); mkdir -p $(B)/search/go/$$n && \
	cp $(B)/search/gobench/gobench/goker/blocking/$1/*_test.go $(B)/search/go/$$n/ && \
	cp $(B)/search/go/$$n/*_test.go $(B)/search/go/$(subst /,,$1).go && \
	(cd $(B)/search/go/$$n && printf 'module kernel\ngo 1.18\n' >go.mod && go test -c -vet=off -o ../../$$n .) 2>$(B)/search/$$n.log || \
	echo "search: $$n does not build: left out" >&2;

.PHONY: search-table search-programs
search-programs: $(B)/hangrate targets
	@mkdir -p $(B)/search/tsan $(B)/search/go
	@$(call search_fetch,$(SCTBENCH),sctbench,benchmarks/concurrent-software-benchmarks benchmarks/inspect_examples benchmarks/maple.csv)
	@$(call search_fetch,$(PERIOD),period,evaluation/CS)
	@$(call search_fetch,$(GOBENCH),gobench,gobench/goker/blocking)
	@$(foreach n,$(SEARCH_CS),$(call search_build,cs-$n,$(B)/search/sctbench/benchmarks/concurrent-software-benchmarks/$n.c))
	@$(foreach n,$(SEARCH_INSPECT),$(call search_build,inspect-$n,$(B)/search/sctbench/benchmarks/inspect_examples/$n.c))
	@$(foreach n,$(SEARCH_RACES),$(call search_build,$n,tests/targets/$n.c))
	@$(foreach k,$(SEARCH_GOKER),$(call search_kernel,$k))
	@test -x $(B)/search/stress || GOBIN=$(abspath $(B)/search) go install golang.org/x/tools/cmd/stress@v0.30.0 2>/dev/null || \
		echo 'search: x/tools stress cannot be fetched: left out' >&2

search-table: search-programs ## Measure how soon `--inject auto` finds known races, into docs/search.md (an hour; fetches)
	python3 bench/search.py --hangrate $(B)/hangrate --seeds $(SEARCH_SEEDS) --trials $(SEARCH_TRIALS) --budget $(SEARCH_BUDGET) \
		--at-once $(SEARCH_AT_ONCE) --peers --tsan $(B)/search/tsan --stress $(B)/search/stress --sctbench $(B)/search/sctbench \
		--period $(B)/search/period --goker $(B)/search/go --into docs/search.md $(SEARCH_PROGRAMS)
