# SPDX-License-Identifier: GPL-3.0-or-later
.PHONY: cli
cli: $(B)/hangrate ## Run the golden cases of the command line (tests/cli/*.case)
	BUILD=$(B) HANGRATE='$(abspath $(B))/hangrate' tests/cli/run.sh
