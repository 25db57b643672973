#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A few runs of what `make containment` does often: the runner is killed, and nothing stays.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/containment/run.sh "$@"
BUILD=${BUILD:-build}
RUNS=${RUNS:-6}
for signal in KILL SEGV; do
	python3 tests/containment/kill.py --hangrate "$BUILD/hangrate" \
		--escape "$BUILD/glibc/targets/bad_escape" -n "$RUNS" --signal "$signal" --grace 10 |
		sed "s/^\([0-9]* passed, 0 failed\)/ok SIG$signal: nothing is left: \1/; t
			s/^\([0-9]* passed, .*\)/not ok SIG$signal: nothing is left: \1/"
done
