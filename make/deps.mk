# SPDX-License-Identifier: GPL-3.0-or-later
# What must be installed, by Debian's package names.
DEPS_BUILD := gcc make git musl-tools libfiu-dev libseccomp-dev libdw-dev libelf-dev liblzma-dev \
	libbz2-dev zlib1g-dev libsqlite3-dev libjansson-dev libiberty-dev r-mathlib
DEPS_TEST := libcriterion-dev gcovr clang-format-14 shellcheck libxml2-utils python3 \
	python3-jsonschema fiu-utils procps scdoc clang libclang-rt-14-dev

.PHONY: deps
deps: ## Install the packages that are missing (Debian 12; uses sudo when not root)
	@./make/deps.sh $(DEPS_BUILD) $(DEPS_TEST)
