#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of this repository are tested as the program is: each with an offence that it must find.
# Prints TAP lines.
# shellcheck disable=SC2317 # the cases call it
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/house/run.sh "$@"

export BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
number=0

# run_case NAME COMMAND...: the command's status decides; its output is shown on failure.
run_case() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

for file in tests/house/case-*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
[ "$number" -gt 0 ] || { echo "not ok - no case found"; exit 1; }
exit "$failed"
