# SPDX-License-Identifier: GPL-3.0-or-later
# docs/catalogue.md: what each hazard is, how often it hangs, what is said of it and what cures it.
CATALOGUE_TRIALS ?= 50
CATALOGUE_RUN = $(B)/hangrate run --scenarios $(B) --jobs $(STRESS_JOBS) $(if $(SEED),--seed $(SEED))

# 1: something was not as expected, which the page says; anything else is an error.
.PHONY: catalogue
catalogue: all ## Measure every scenario and write docs/catalogue.md [CATALOGUE_TRIALS=50 JOBS=4 SEED=1]
	@mkdir -p out && rm -f out/catalogue.db*
	$(B)/hangrate list --scenarios $(B) --json >out/catalogue-list.json
	$(CATALOGUE_RUN) --trials $(CATALOGUE_TRIALS) --db out/catalogue.db --json out/catalogue.json '!libc-*' >out/catalogue.txt || [ $$? -eq 1 ]
	make/catalogue.py out/catalogue-list.json out/catalogue.json >out/catalogue.md
	mv out/catalogue.md docs/catalogue.md

# The page again from what was measured before.
.PHONY: catalogue-page
catalogue-page: ## Write docs/catalogue.md anew from the last measurement
	make/catalogue.py out/catalogue-list.json out/catalogue.json >out/catalogue.md
	mv out/catalogue.md docs/catalogue.md

.PHONY: catalogue-fixes
catalogue-fixes: all ## Run every fix of the catalogue, bare and injected; one hang is an error [TRIALS=1000 JOBS=4 SEED=1]
	@mkdir -p out && rm -f out/catalogue-fixes.db*
	$(CATALOGUE_RUN) --trials $(or $(TRIALS),1000) --db out/catalogue-fixes.db --json out/catalogue-fixes.json \
		$$($(B)/hangrate list --scenarios $(B) --json | make/catalogue-fixes.py)
