# SPDX-License-Identifier: GPL-3.0-or-later
$(B)/hangrate.1: docs/hangrate.1.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

.PHONY: man
man: $(B)/hangrate.1 ## Build the man page build/hangrate.1
