# SPDX-License-Identifier: GPL-3.0-or-later
# docs/catalogue.md: what each hazard is, how often it hangs, what is said of it and what cures it.
CATALOGUE_TRIALS ?= 50

.PHONY: catalogue
catalogue: all ## Measure every scenario and write docs/catalogue.md [CATALOGUE_TRIALS=50]
	@mkdir -p out && rm -f out/catalogue.db*
	$(B)/hangrate list --scenarios $(B) --json >out/catalogue-list.json
	$(B)/hangrate run --scenarios $(B) --trials $(CATALOGUE_TRIALS) --jobs $(STRESS_JOBS) $(if $(SEED),--seed $(SEED)) \
		--db out/catalogue.db --json out/catalogue.json '!libc-*'
	make/catalogue.py out/catalogue-list.json out/catalogue.json >out/catalogue.md
	mv out/catalogue.md docs/catalogue.md
