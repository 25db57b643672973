# SPDX-License-Identifier: GPL-3.0-or-later
# Scenarios in Python: scenarios/python/NAME.py becomes $(B)/python-VERSION/scenarios/python-NAME, for the
# python3 that is found when it is built. Without one $(B)/NOT_BUILT says so.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) $(shell command -v python3 2>/dev/null))
PYTHON_VERSION := $(if $(PYTHON),$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null))
PYTHON_NAMES := $(patsubst scenarios/python/%.py,python-%,$(filter-out %/scenario.py,$(wildcard scenarios/python/*.py)))
PYTHON_ARM := $(B)/python-$(PYTHON_VERSION)/scenarios

ifneq ($(PYTHON_VERSION),)
PYTHON_BIN := $(addprefix $(PYTHON_ARM)/,$(PYTHON_NAMES))

# The last line says that this is a scenario (speaks_protocol() in runner/plan/target.c). The first line of
# the source gives way to the interpreter's, so that lines keep their numbers. -B: no
# cache is written beside the build. The library stands beside its users, and is no executable.
$(PYTHON_ARM)/python-%: scenarios/python/%.py $(PYTHON_ARM)/scenario.py
	@mkdir -p $(@D)
	@{ echo '#!$(PYTHON) -B'; tail -n +2 $<; echo '# No knobs: HANGRATE_KNOBS is not read.'; } >'$@' && chmod 755 '$@'
$(PYTHON_ARM)/scenario.py: scenarios/python/scenario.py
	@mkdir -p $(@D)
	@install -m 644 $< '$@'
.SECONDARY: $(PYTHON_ARM)/scenario.py

.PHONY: python-scenarios
python-scenarios: $(PYTHON_BIN) ## Build the Python scenarios, if there is a Python
scenarios: python-scenarios
else
.PHONY: python-not-built
scenarios: python-not-built
python-not-built: go-not-built
	@printf '%s\t%s\n' $(foreach n,$(PYTHON_NAMES),$(n) 'no python3 was found') >>$(B)/NOT_BUILT
	@echo 'python: scenarios left out: no python3 was found'
endif
