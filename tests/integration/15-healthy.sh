#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that look stuck, but whose wait somebody ends in a way that is easily missed: each mode passes. `make
# audit` runs them longer. In one pid namespace, where no other process of the machine can be taken for a waker;
# not in one each, for the targets name their files by their pids.
. "$(dirname "$0")/common.sh"

if [ "${1:-}" != inside ]; then
	if ! unshare --pid --fork --mount-proc --kill-child true 2>/dev/null; then
		echo "ok 15-healthy: modes of healthy targets # SKIP no pid namespace may be made"
		exit
	fi
	unshare --pid --fork --mount-proc --kill-child bash "$0" inside
	exit
fi

# modes: "TARGET MODE" of each mode that a target's head comment lists
modes() {
	local source
	for source in tests/targets/healthy_*.c tests/targets/asked_*.c; do
		sed -n 's/^ \* modes: //p' "$source" | tr '|' '\n' | sed "s/^/$(basename "$source" .c) /"
	done
}

# try_mode TARGET MODE: its verdicts, as "TARGET MODE: N pass", in a file of its own
try_mode() {
	local db=$SCRATCH/$1-$2.db
	timeout --kill-after=5 60 "$HANGRATE" run -q -n 2 -j 2 \
		--timeout 20s --db "$db" -- "$TARGETS/$1" 60..120 "$2" >"$SCRATCH/$1-$2.out" 2>&1 </dev/null
	echo "$(sum pass "$db") of $(sum trials "$db")" >"$SCRATCH/$1-$2.passed"
}

names=$(modes)
check "there are modes" test "$(wc -l <<<"$names")" -ge 50
while read -r target mode; do
	try_mode "$target" "$mode" &
	while [ "$(jobs -rp | wc -l)" -ge 4 ]; do
		wait -n
	done
done <<<"$names"
wait
while read -r target mode; do
	cp "$SCRATCH/$target-$mode.out" "$SCRATCH/err"
	check "$target $mode passes" is "$(cat "$SCRATCH/$target-$mode.passed")" "2 of 2"
done <<<"$names"

finish
