# SPDX-License-Identifier: GPL-3.0-or-later
# What must be installed stands in make/deps.tsv.
.PHONY: deps
deps: ## Install the packages that are missing (Debian, Ubuntu; uses sudo when not root)
	@./make/deps.sh
