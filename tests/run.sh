#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the test suites named as arguments and adds up what they say. The last line of the output is
# "N passed, N failed", over all of them. A suite in which nothing was found has failed, and so has
# one that ends otherwise than its tests do.
#
# unit is the Criterion executable; every other suite is tests/NAME/run.sh, which prints TAP lines
# ("ok NAME", "not ok NAME", and "# ..." for what is worth reading about a failure), or at its end a
# line "... N passed, N failed ...".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

BUILD=${BUILD:-build}
export BUILD
HANGRATE="$(realpath "$BUILD")/hangrate"
export HANGRATE
logs="$BUILD/test-logs"
mkdir -p "$logs" || exit 1
all_passed=0
all_failed=0

count() { # PATTERN FILE
	grep -cE "$1" "$2" || true
}

for suite in "$@"; do
	log="$logs/$suite.log"
	begin=$SECONDS
	if [ "$suite" = unit ]; then
		"$BUILD/unit" >"$log" 2>&1
		status=$?
		line=$(grep -E 'Synthesis: Tested:' "$log" | tail -n 1)
		tested=$(sed -nE 's/.*Tested: ([0-9]+).*/\1/p' <<<"$line")
		passed=$(sed -nE 's/.*Passing: ([0-9]+).*/\1/p' <<<"$line")
		failed=$((${tested:-0} - ${passed:-0}))
		passed=${passed:-0}
	else
		"./tests/$suite/run.sh" >"$log" 2>&1 </dev/null
		status=$?
		passed=$(count '^ok ' "$log")
		failed=$(count '^not ok ' "$log")
		if [ $((passed + failed)) -eq 0 ]; then
			line=$(grep -E '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
			passed=$(sed -nE 's/.*\b([0-9]+) passed, .*/\1/p' <<<"$line")
			failed=$(sed -nE 's/.* passed, ([0-9]+) failed.*/\1/p' <<<"$line")
			passed=${passed:-0}
			failed=${failed:-0}
		fi
	fi
	why=
	if [ $((passed + failed)) -eq 0 ]; then
		why="no test found"
		failed=1
	elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		why="status $status although no test failed"
		failed=1
	elif [ "$status" -eq 0 ] && [ "$failed" -ne 0 ]; then
		why="status 0 although tests failed"
	fi
	if [ "$failed" -ne 0 ]; then
		grep -vE '^ok ' "$log" | tail -n 60
	fi
	printf '%-12s %d passed, %d failed, %d s%s\n' "$suite:" "$passed" "$failed" \
		$((SECONDS - begin)) "${why:+ ($why)}"
	all_passed=$((all_passed + passed))
	all_failed=$((all_failed + failed))
done
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
