#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs tests/integration/NN-*.sh, each with the built runner, and prints their TAP lines.
# With arguments: only these.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/integration/run.sh "$@"

BUILD=${BUILD:-build}
export BUILD
HANGRATE="$(realpath "$BUILD")/hangrate"
export HANGRATE
[ -x "$HANGRATE" ] || { echo "not ok the runner is built: no $HANGRATE"; exit 1; }
[ $# -gt 0 ] || set -- tests/integration/[0-9]*.sh
failed=0
for test in "$@"; do
	bash "$test" || { echo "# $test has failed"; failed=1; }
done
exit "$failed"
