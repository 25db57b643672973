# SPDX-License-Identifier: GPL-3.0-or-later
# What looking at a process tree from outside costs.
SNAPSHOT_SRC := $(wildcard runner/snapshot*.c runner/procfs*.c) runner/scan.c runner/sockdiag.c runner/passfd.c runner/util.c

$(B)/bench/snapshot: $(B)/obj/bench/snapshot.o $(SNAPSHOT_SRC:%.c=$(B)/obj/%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CHECKS) $^ -lpthread -o $@

.PHONY: bench-snapshot
bench: bench-snapshot
bench-snapshot: $(B)/bench/snapshot ## Time a look and a snapshot take, a thread
	$(B)/bench/snapshot
