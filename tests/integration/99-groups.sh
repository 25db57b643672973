#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where memory groups of version 1 can be written to, the kernel may signal an eventfd: a wait for one is proven as
# long as nobody has asked for that since the campaign began, and not once somebody has.
. "$(dirname "$0")/common.sh"

mkdir "$SCRATCH/memory"
if ! mount -t cgroup -o memory tests "$SCRATCH/memory" 2>/dev/null; then
	echo "ok 99-groups # SKIP no memory groups of version 1 can be mounted"
	exit
fi
run -n 3 -j 1 -- "$TARGETS/planted_eventfd"
check "nobody has asked: proven" verdict deadlock 3
hangrate guard -- "$TARGETS/planted_eventfd"
check "guard: nobody has asked: ended" test "$status" = 124

exec {listens}< <(exec "$TARGETS/outsider" "$SCRATCH/outsider")
outsider=$!
read -r -u "$listens" _
run -n 3 -j 1 -- "$TARGETS/healthy_outside_root" 100 "$SCRATCH/outsider" memory_group
check "a program has asked: passes" verdict pass 3
# The target closes what it asked with: only a watch can know.
hangrate guard -- "$TARGETS/healthy_outside_root" 500 "$SCRATCH/outsider" memory_group
check "guard: a program has asked: untouched" test "$status" = 0
python3 -c 'import os, sys
e = os.eventfd(0, 0); os.set_inheritable(e, True); os.execvp(sys.argv[1], sys.argv[1:])' \
	"$TARGETS/limit" 100 "$HANGRATE" guard --max-time 2s -- sh -c "exec '$TARGETS/planted_eventfd'" >/dev/null 2>"$SCRATCH/err"
check "guard: an eventfd from before: no proof" grep -q '^hangrate guard: late: ' "$SCRATCH/err"
kill "$outsider"
umount "$SCRATCH/memory"
finish
