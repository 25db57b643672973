#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs tests/integration/NN-*.sh, each with the built runner, and prints their TAP lines. With arguments: only these.
# They wait more than they compute: $TEST_JOBS of them (2) run beside each other, each in surroundings of its own. What
# one says is printed at its end.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
HANGRATE="$(realpath "$BUILD")/hangrate"
outs=$(mktemp -d)
trap 'rm -rf "$outs"' EXIT
export BUILD HANGRATE outs
[ -x "$HANGRATE" ] || { echo "not ok the runner is built: no $HANGRATE"; exit 1; }
[ $# -gt 0 ] || set -- tests/integration/[0-9]*.sh

run_test() { # FILE
	local name status
	name=$(basename "$1" .sh)
	tests/own.sh bash "$1" >"$outs/$name" 2>&1
	status=$?
	[ "$status" = 0 ] || grep -q '^not ok' "$outs/$name" || echo "not ok $name: ends with status $status" >>"$outs/$name"
	cat "$outs/$name"
}
export -f run_test
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\0' "$@" | xargs -0 -n 1 -P "${TEST_JOBS:-2}" bash -c 'run_test "$1"' -
! grep -q '^not ok' "$outs"/*
