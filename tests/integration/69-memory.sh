#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Little memory means no names, but an answer: libdw would end the process where malloc() fails.
. "$(dirname "$0")/common.sh"

if grep -q fsanitize "$BUILD/flags"; then
	echo "ok 69-memory # SKIP a sanitizer needs the whole address space"
	exit
fi
# Only root learns from /proc that nobody has an io_uring that does not show; others ask the program itself.
stacks=()
[ "$(id -u)" = 0 ] || stacks=(--stacks)
# Whether an alarm is set cannot be read from outside. Where SIGALRM is ignored it does not matter.
env --ignore-signal=ALRM "$TARGETS/planted_lock_order" >/dev/null &
target=$!
until "$HANGRATE" why "${stacks[@]}" "$target" >"$SCRATCH/out" 2>&1; [ "$?" = 1 ]; do sleep 0.01; done
answers=
for kilobytes in $(seq 14000 1500 50000); do
	answers+=$(
		ulimit -v "$kilobytes"
		"$HANGRATE" why "${stacks[@]}" "$target" >"$SCRATCH/out" 2>"$SCRATCH/err"
		echo "$? $(grep -c '^stuck: two threads' "$SCRATCH/out"),"
	)
done
kill "$target"
check "why: stuck with any limit" is "${answers//1 1,/}" ""

for kilobytes in 20000 24000 28000; do
	ulimit -Sv "$kilobytes"
	run -q -n 2 -j 1 -- "$TARGETS/planted_lock_order"
	ulimit -Sv unlimited
	check "run with $kilobytes kB: status 1" status_is 1
	check "run with $kilobytes kB: deadlock" verdict deadlock 2
done
finish
