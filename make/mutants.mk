# SPDX-License-Identifier: GPL-3.0-or-later
# Would the tests notice an error? See tests/mutants/mutants.py.
MUTANTS ?=
MUTANTS_DATA = $(STYLE_OBJ) $(SCHEMA_OBJ) $(PRELOAD_OBJ) $(CAUSES_OBJ)
MUTANTS_UNIT = $(UNIT_OBJ) $(filter-out $(MAIN_OBJ),$(RUNNER_OBJ)) $(MUTANTS_DATA) $(B)/obj/tests/demo/campaign.o \
	$(B)/obj/lib/points_parse.o

# In a folder of their own, so that a build beside it disturbs nothing.
.PHONY: mutants mutants-run
mutants: ## Make each small error of tests/mutants/mutants.tsv and see whether a test notices (MUTANTS="LINE-or-FILE...")
	+@$(MAKE) --no-print-directory B=$(B)/mutants mutants-run
mutants-run: $(B)/unit $(B)/hangrate scenarios targets preload
	@BUILD=$(B) \
		MUTANTS_COMPILE='$(CC) $(CPPFLAGS) $(filter-out -MMD -MP,$(BASE)) $(CFLAGS) $(CHECKS) -DHANGRATE_VERSION="\"mutant\""' \
		MUTANTS_UNIT_LINK='$(CC) $(CFLAGS) $(CHECKS) $(LDFLAGS) $(MUTANTS_UNIT)' MUTANTS_UNIT_LIBS='-lcriterion $(RUNNER_LIBS)' \
		MUTANTS_HANGRATE_LINK='$(CC) $(CFLAGS) $(CHECKS) $(STATIC) $(LDFLAGS) $(RUNNER_OBJ) $(MUTANTS_DATA)' MUTANTS_HANGRATE_LIBS='$(RUNNER_LIBS)' \
		tests/mutants/mutants.py $(MUTANTS)
