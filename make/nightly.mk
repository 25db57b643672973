# SPDX-License-Identifier: GPL-3.0-or-later
# Nightly checking, and the simulations that say what it catches and how often it errs.

SIM_CAMPAIGNS ?= 2000
SIM_OBJ = $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ)) $(B)/obj/runner/store/schema.o $(B)/obj/reports/html_style.o $(B)/obj/runner/inject/preload.o $(CAUSES_OBJ)

$(B)/sim/%: $(B)/obj/tests/sim/%.o $(SIM_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(LDFLAGS) $^ $(RUNNER_LIBS) -o $@

.PHONY: simulate
simulate: $(patsubst tests/sim/%.c,$(B)/sim/%,$(wildcard tests/sim/*.c)) ## Simulate interval coverage and a year of nightly checks (a few minutes)
	@for s in $^; do echo; echo "== $${s##*/}"; nice $$s $(SIM_CAMPAIGNS) || exit 1; done

.PHONY: oracle
oracle: ## Make the reference values of the statistics again (needs scipy, statsmodels, R)
	/usr/bin/python3 tests/oracle/reference.py >tests/oracle/reference.tsv.new
	mv tests/oracle/reference.tsv.new tests/oracle/reference.tsv

# A page to look at, and a large record, without a campaign: build/demo/page demo >page.html
$(B)/demo/%: $(B)/obj/tests/demo/%.o $(B)/obj/tests/demo/campaign.o $(SIM_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(LDFLAGS) $^ $(RUNNER_LIBS) -o $@

$(B)/demo/large.db: $(B)/demo/database
	rm -f $@*
	$< $@

.PHONY: bench-report
bench-report: $(B)/hangrate $(B)/demo/large.db ## Time and memory of each report of 10 million trials in 500 cells, 14 nights before them
	./tests/demo/large.py $(B)/hangrate $(B)/demo/large.db $(or $(ROUNDS),5)

PAGE ?= out/stress.html
.PHONY: pictures
pictures: ## Pictures of a page at 400, 1200 and 2400 px, out/pictures/; no console message, no request (PAGE=F; needs Chromium)
	./tests/demo/pictures.sh $(PAGE) out/pictures

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
