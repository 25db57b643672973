#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An alarm ends any wait. `why` stops nobody to ask: it calls such a
# process stuck only where /proc/timer_list rules an alarm out: not where the list is hidden, as in a container,
# and not by a copy; but by the host's own, mounted somewhere else. A trial is asked, and needs no list.
. "$(dirname "$0")/common.sh"

cp /proc/timer_list "$SCRATCH/copy" 2>/dev/null
: >"$SCRATCH/mounted"
if ! grep -q "hrtimer_wakeup" "$SCRATCH/copy" 2>/dev/null || grep -q it_real_fn "$SCRATCH/copy" ||
	! unshare -m mount --bind /proc/timer_list "$SCRATCH/mounted" 2>/dev/null; then
	echo "ok 97-timer-list: a wait for a signal # SKIP no timer_list, an alarm is set, or nothing can be mounted"
	exit
fi

# hidden COMMAND...: with timer_list hidden
hidden() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -c 'mount --bind /proc/timer_list "$1" && mount --bind /dev/null /proc/timer_list && shift && exec "$@"' \
		- "$SCRATCH/mounted" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

"$TARGETS/planted_lock_order" >/dev/null &
stuck=$!
disown "$stuck"
for ((i = 0; i < 500; i++)); do
	"$HANGRATE" why "$stuck" >/dev/null 2>&1
	[ $? = 1 ] && break
done
hidden "$HANGRATE" why "$stuck"
check "why, hidden: not proven" status_is 0
check "why, hidden: says what could end it" grep -q "unless an alarm" "$SCRATCH/out"
hidden "$HANGRATE" why --stacks "$stuck"
check "why --stacks, hidden: asked, so stuck" status_is 1
hidden env HANGRATE_TIMER_LIST="$SCRATCH/copy" "$HANGRATE" why "$stuck"
check "why: a copy proves nothing" status_is 0
hidden env HANGRATE_TIMER_LIST="$SCRATCH/mounted" "$HANGRATE" why "$stuck"
check "why: the host's own, mounted elsewhere: stuck" status_is 1
kill -KILL "$stuck"
hidden "$HANGRATE" run --db "$SCRATCH/run.db" -n 2 --timeout 300ms -- "$TARGETS/bad_pause"
check "run, hidden: the trial is asked" verdict deadlock 2
check "the cause is the wait" grep -q "waits for a signal (awaited in" "$SCRATCH/out"
finish
