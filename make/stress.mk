# SPDX-License-Identifier: GPL-3.0-or-later
# The main job. TRIALS= (a cell; default: as many as the time allows), BUDGET=, JOBS=, SEED=, RUNFLAGS=,
# STRESS_SCENARIOS=.
BUDGET ?= 120s
STRESS_JOBS = $(if $(filter command line environment,$(origin JOBS)),$(JOBS),$(shell expr 2 \* $$(nproc)))

# Every cell gets the same number of trials, so of the matrix of libc functions only fork() itself is here:
# it would have two thirds of the time. `make compare` and `hangrate run 'libc-*'` run all of it.
STRESS_SCENARIOS ?= !libc-*/_Fork !libc-*/raw !libc-*/vfork !libc-*/posix_spawn

.PHONY: stress
stress: all ## Race every scenario under a sweep of delays; writes out/stress.{html,md,json,db}
	@mkdir -p out
	@echo 'stress: left out: $(patsubst !%,%,$(STRESS_SCENARIOS)); make compare runs them'
	$(B)/hangrate run --scenarios $(B) --budget $(BUDGET) --jobs $(STRESS_JOBS) \
		$(if $(TRIALS),--trials $(TRIALS)) $(if $(SEED),--seed $(SEED)) $(RUNFLAGS) \
		--db out/stress.db --html out/stress.html --md out/stress.md --json out/stress.json \
		$(foreach s,$(STRESS_SCENARIOS),'$(s)')
