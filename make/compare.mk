# SPDX-License-Identifier: GPL-3.0-or-later
# glibc and musl versions side by side, in docker images. LIBCS= (names of docker/libcs), SCENARIOS=, TRIALS=.
COMPARE := $(B)/compare

.PHONY: compare compare-specimen
compare: $(B)/hangrate compare-specimen ## Which libc hangs where: a matrix over docker images; out/compare.{html,md,csv}
	./docker/compare.sh $(COMPARE) $(B)/hangrate out

.PHONY: compare-malloc compare-heap compare-facts compare-controls compare-page
compare-page: ## The whole matrix, and docs/fork-safety.md made anew from it
	+SCENARIOS='libc-*/fork libc-*/_Fork libc-*/raw' $(MAKE) --no-print-directory compare
	./docker/page.py docs/fork-safety.md out/compare.csv out/compare.db

compare-malloc: ## The same for allocators that are preloaded: the rows of malloc and its kin; out/compare.*
	+LIBCS="$$(awk '$$1 ~ /^glibc-2.36/ { print $$1 }' docker/libcs | tr '\n' ' ')" \
		SCENARIOS="$(foreach s,malloc malloc-one-arena calloc realloc free posix-memalign,$(foreach w,fork _Fork raw,libc-$(s)/$(w)))" \
		$(MAKE) --no-print-directory compare

# Where it says nothing: docker/facts-why.tsv is the place for an explanation.
compare-facts: ## Does out/compare.csv agree with docker/facts.tsv, what is known of some cells?
	./docker/facts-check.py out/compare.csv docker/facts.tsv docker/facts-why.tsv

compare-heap: ## The same with 0, 64 and 256 MB in the parent: the rows under whose lock something allocates
	+SWEEP=parent-heap=0,64M,256M JOBS=$${JOBS:-4} SCENARIOS="$$(grep -l '\.heap = ' scenarios/libc/*.c | \
		sed 's|.*/\(.*\)\.c|libc-\1/fork|' | tr '\n' ' ')" $(MAKE) --no-print-directory compare

compare-controls: ## The same for the ways that must never hang, vfork and posix_spawn: 2,000 trials a column
	+TRIALS=$${TRIALS:-32} SCENARIOS='libc-*/vfork libc-*/posix_spawn' $(MAKE) --no-print-directory compare

# Built once for glibc, against the oldest there is, and once for musl.
compare-specimen:
	./docker/sysroot.sh $(COMPARE)
	+HANGRATE_SYSROOT='$(abspath $(COMPARE))/sysroot' $(MAKE) --no-print-directory B=$(COMPARE)/specimen \
		CC=docker/cc-oldest c-scenarios
