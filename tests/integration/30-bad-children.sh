#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Children that no runner likes: the right verdict, nothing left behind, and the runner goes on.
. "$(dirname "$0")/common.sh"

# bad NAME VERDICT STATUS [ARG...]: two trials at once, twice
bad() {
	local name=$1 want=$2 code=$3 program=$TARGETS/bad_$1 limit=20s
	shift 3
	[ "$want" != timeout ] || limit=400ms
	run -n 4 -j 2 --timeout "$limit" -- "$program" "$@"
	check "$name: $want" verdict "$want" 4
	check "$name: status $code" status_is "$code"
	check "$name: nothing left behind" nothing_left "$program"
}

# looks NAME WORD: what a timeout looked like
looks() {
	run -n 2 -j 2 --timeout 1200ms -- "$TARGETS/bad_$1"
	check "$1: looks like $2" is 2 "$(query "$SCRATCH/run.db" "SELECT count(*) FROM trial WHERE looks = '$2'")"
}

bad spin timeout 1
bad poll timeout 1
bad sleep timeout 1
bad ignore_signals timeout 1
bad stop timeout 1
bad double_fork pass 0
bad survivors pass 0
bad regroup timeout 1
bad close_fds pass 0 5
bad stdin pass 0
bad crash crash 3
bad kill_group crash 3
bad exit_99 fail 3
bad zombies pass 0
bad exec_chain pass 0
bad escape pass 0 20
bad fork_bomb pass 0
bad relay pass 0
looks spin spinning
looks poll polling
looks sleep sleeping

for what in threads descriptors; do
	run -n 2 -j 2 --timeout 30s -- "$TARGETS/bad_many" "$what"
	check "many $what: deadlock" verdict deadlock 2
	check "many $what: nothing left behind" nothing_left "$TARGETS/bad_many"
done
run -n 2 -j 1 --timeout 30s -- "$TARGETS/bad_flood"
check "flood: fails by itself" verdict fail 2
check "flood: 256 MB of output leave a small record" test "$(stat -c %s "$SCRATCH/run.db")" -lt 1000000
finish
