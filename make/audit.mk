# SPDX-License-Identifier: GPL-3.0-or-later
# Is the instrument right? See tests/audit/audit.py.
AUDIT_HEALTHY ?= 2000
AUDIT_OVERSUBSCRIBE ?= 0

# Pid 1 may not be read everywhere; rules that fail closed for it would not be tested then. So root gets a
# pid namespace, where it can be, as in every container.
# Where control groups of version 1 are at hand, no wait for an eventfd can be proven.
AUDIT_IN ?= $(if $(filter 0,$(shell id -u)),unshare --pid --fork --mount-proc --kill-child \
	sh -c 'umount -l /sys/fs/cgroup/memory 2>/dev/null; "$$@"' sh)

.PHONY: audit
audit: $(B)/hangrate targets ## Planted deadlocks and healthy look-alikes: the confusion matrix
	@mkdir -p out
	$(AUDIT_IN) ./tests/audit/audit.py --build $(B) --healthy $(AUDIT_HEALTHY) \
		--oversubscribe $(AUDIT_OVERSUBSCRIBE) --json out/audit.json $(AUDIT_ARGS)
