# SPDX-License-Identifier: GPL-3.0-or-later
# glibc and musl versions side by side, in docker images. LIBCS= (names of docker/libcs), SCENARIOS=, TRIALS=.
COMPARE := $(B)/compare

.PHONY: compare compare-specimen
compare: $(B)/hangrate compare-specimen ## Which libc hangs where: a matrix over docker images; out/compare.{html,md,csv}
	./docker/compare.sh $(COMPARE) $(B)/hangrate out

# Built once for glibc, against the oldest there is, and once for musl.
compare-specimen:
	./docker/sysroot.sh $(COMPARE)
	+HANGRATE_SYSROOT=$(abspath $(COMPARE))/sysroot $(MAKE) --no-print-directory B=$(COMPARE)/specimen \
		CC=$(CURDIR)/docker/cc-oldest c-scenarios
