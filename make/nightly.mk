# SPDX-License-Identifier: GPL-3.0-or-later
# Nightly checking, and the simulations that say what it catches and how often it errs.

SIM_CAMPAIGNS ?= 2000
SIM_OBJ = $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ)) $(B)/obj/runner/schema.o $(B)/obj/reports/html_style.o

$(B)/sim/%: $(B)/obj/tests/sim/%.o $(SIM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CHECKS) $^ $(RUNNER_LIBS) -o $@

.PHONY: simulate
simulate: $(patsubst tests/sim/%.c,$(B)/sim/%,$(wildcard tests/sim/*.c)) ## Simulate interval coverage and a year of nightly checks (a few minutes)
	@for s in $^; do echo; echo "== $${s##*/}"; nice $$s $(SIM_CAMPAIGNS) || exit 1; done

.PHONY: oracle
oracle: ## Make the reference values of the statistics again (needs scipy, statsmodels, R)
	/usr/bin/python3 tests/oracle/reference.py >tests/oracle/reference.tsv.new
	mv tests/oracle/reference.tsv.new tests/oracle/reference.tsv

# A page to look at, without a campaign: build/demo/page demo >page.html
$(B)/demo/page: $(B)/obj/tests/demo/page.o $(B)/obj/tests/demo/campaign.o $(SIM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CHECKS) $^ $(RUNNER_LIBS) -o $@

# --- the nightly job ---
NIGHTLY_DB ?= out/nightly.db
NIGHTLY_BUDGET ?= 20m
NIGHTS ?= 14
KEEP_DAYS ?= 90

# ALLOW_CHANGED=1: cells that were added or taken away tonight are no fault.
.PHONY: nightly
nightly: all ## stress, then compare with the last 14 nights in NIGHTLY_DB; prune by age
	ALLOW_CHANGED=$(ALLOW_CHANGED) SEED=$(SEED) make/nightly.sh $(B)/hangrate $(NIGHTLY_DB) out \
		$(NIGHTLY_BUDGET) $(or $(STRESS_JOBS),$(JOBS)) $(NIGHTS) $(KEEP_DAYS) \
		--scenarios $(B) $(if $(TRIALS),--trials $(TRIALS)) $(RUNFLAGS)
