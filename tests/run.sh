#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the test suites named as arguments and adds up what they say. The last line of the output is
# "N passed, N failed", over all of them. A suite in which nothing was found has failed, and so has
# one that ends otherwise than its tests do.
#
# unit is the Criterion executable; every other suite is tests/NAME/run.sh, which prints TAP lines
# ("ok NAME", "not ok NAME", and "# ..." for what is worth reading about a failure), or at its end a
# line "... N passed, N failed ...".
#
# Most suites wait more than they compute, so $TEST_JOBS of them (2) run beside each other, in the order of the arguments.
# unit runs alone: it has tests that nobody on the machine may have an alarm set for.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

BUILD=${BUILD:-build}
export BUILD
HANGRATE="$(realpath "$BUILD")/hangrate"
export HANGRATE
logs="$BUILD/test-logs"
mkdir -p "$logs" || exit 1

count() { # PATTERN FILE
	grep -cE "$1" "$2" || true
}

# run_suite NAME: writes NAME.log, and "PASSED FAILED" into NAME.count, which it begins with nothing in it
run_suite() {
	local suite=$1 log=$logs/$1.log begin=$SECONDS status passed failed line tested why=
	: >"$logs/$suite.count"
	if [ "$suite" = unit ]; then
		"$BUILD/unit" >"$log" 2>&1 </dev/null
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
	if [ $((passed + failed)) -eq 0 ]; then
		why="no test found"
		failed=1
	elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		why="status $status although no test failed"
		failed=1
	elif [ "$status" -eq 0 ] && [ "$failed" -ne 0 ]; then
		why="status 0 although tests failed"
	fi
	{
		[ "$failed" -eq 0 ] || grep -vE '^ok ' "$log" | tail -n 60
		printf '%-12s %d passed, %d failed, %d s%s\n' "$suite:" "$passed" "$failed" \
			$((SECONDS - begin)) "${why:+ ($why)}"
	} >"$logs/$suite.said"
	cat "$logs/$suite.said"
	echo "$passed $failed" >"$logs/$suite.count"
}

running=0
for suite in "$@"; do
	if [ "$suite" = unit ]; then
		wait
		run_suite unit
		running=0
		continue
	fi
	if [ "$running" -ge "${TEST_JOBS:-2}" ]; then
		wait -n
		running=$((running - 1))
	fi
	run_suite "$suite" &
	running=$((running + 1))
done
wait

all_passed=0
all_failed=0
for suite in "$@"; do
	read -r passed failed <"$logs/$suite.count" || failed=1 # it was ended before it could count
	all_passed=$((all_passed + ${passed:-0}))
	all_failed=$((all_failed + failed))
done
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
