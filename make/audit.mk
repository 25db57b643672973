# SPDX-License-Identifier: GPL-3.0-or-later
# Is the instrument right? See tests/audit/audit.py.
AUDIT_HEALTHY ?= 2000
AUDIT_OVERSUBSCRIBE ?= 0

.PHONY: audit
audit: $(B)/hangrate targets ## Planted deadlocks and healthy look-alikes: the confusion matrix
	@mkdir -p out
	./tests/audit/audit.py --build $(B) --healthy $(AUDIT_HEALTHY) \
		--oversubscribe $(AUDIT_OVERSUBSCRIBE) --json out/audit.json $(AUDIT_ARGS)
