# SPDX-License-Identifier: GPL-3.0-or-later
# The runner dies at random moments; nothing of its trials may stay, and the record must be sound.
KILLS ?= 1000
KILL_SIGNALS ?= KILL
KILL_WITHIN ?= 3

.PHONY: containment
containment: $(B)/hangrate $(B)/glibc/targets/bad_escape ## Kill the runner KILLS=1000 times with each of KILL_SIGNALS=KILL: nothing may stay (half an hour)
	for s in $(KILL_SIGNALS); do python3 tests/containment/kill.py --hangrate $(B)/hangrate \
		--escape $(B)/glibc/targets/bad_escape -n $(KILLS) --within $(KILL_WITHIN) --signal $$s || exit 1; done

FLAT_TRIALS ?= 200000

.PHONY: flat
flat: $(B)/hangrate $(B)/glibc/targets/bad_sometimes ## FLAT_TRIALS=200000 trials: memory, descriptors and write-ahead log must not grow (some minutes)
	python3 tests/containment/flat.py --hangrate $(B)/hangrate --target $(B)/glibc/targets/bad_sometimes -n $(FLAT_TRIALS)

MUTATED ?= 500
$(B)/mutated.db: $(B)/hangrate $(B)/glibc/targets/planted_lock_order $(B)/glibc/targets/bad_crash
	rm -f $@
	for p in $(wordlist 2,3,$^) false true; do $(B)/hangrate run -q -n 6 --db $@ -- $$p >/dev/null; done; test -s $@

.PHONY: mutated asan-mutated
mutated: $(B)/mutated.db ## MUTATED=500 damaged copies of a record to every command that reads one
	python3 tests/containment/mutated.py --hangrate $(B)/hangrate --record $< -n $(MUTATED)

asan-mutated: ## The same under AddressSanitizer and UBSan
	+$(MAKE) B=build/asan SAN=address,undefined CFLAGS='-O1 -g' mutated
