# SPDX-License-Identifier: GPL-3.0-or-later
# What injection costs, harms and achieves: each prints one table.
NULL_TRIALS ?= 3000
TRAP_CAMPAIGNS ?= 20
LIFT_TRIALS ?= 200
COST_ROUNDS ?= 9

.PHONY: inject-null inject-trap inject-lift inject-cost
inject-null: all targets ## Every engine with no delay, alone and together, on a correct program (about 6 minutes)
	python3 bench/inject_null.py --hangrate $(B)/hangrate --scenarios $(B)/forksafe --trials $(NULL_TRIALS) --stock $(B)/glibc/targets/inject_forksafe

inject-trap: all targets ## Trials until the trap springs, and how often it does afterwards (about 3 minutes)
	python3 bench/inject_trap.py --hangrate $(B)/hangrate --targets $(B) --campaigns $(TRAP_CAMPAIGNS)

inject-lift: all targets ## What `--inject auto` makes of every scenario that hardly hangs by itself (about 10 minutes)
	python3 bench/inject_lift.py --hangrate $(B)/hangrate --build $(B) --trials $(LIFT_TRIALS)

inject-cost: all $(B)/bench/filtered ## Wall time of calls that are not asked for, and of a preload that does nothing (about 5 minutes)
	python3 bench/inject_cost.py --hangrate $(B)/hangrate --filtered $(B)/bench/filtered --preload $(B)/glibc/libhangrate-preload.so --rounds $(COST_ROUNDS)
