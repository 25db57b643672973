# SPDX-License-Identifier: GPL-3.0-or-later
# What looking at a process tree from outside costs.
$(B)/bench/snapshot: $(B)/obj/bench/snapshot.o $(filter $(B)/obj/runner/base/% $(B)/obj/runner/proc/% $(B)/obj/runner/snapshot/%,$(RUNNER_OBJ))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(CHECKS) $(LDFLAGS) $^ -lpthread -lm -o $@

.PHONY: bench-snapshot
bench: bench-snapshot
bench-snapshot: $(B)/bench/snapshot ## Time a look and a snapshot take, a thread
	$(B)/bench/snapshot
