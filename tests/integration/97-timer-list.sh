#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A wait for a signal that nobody could take is proven only where /proc/timer_list rules out an alarm: not where
# it is hidden, as in a container, and not by a copy; but by the host's own, mounted somewhere else.
. "$(dirname "$0")/common.sh"

cp /proc/timer_list "$SCRATCH/copy" 2>/dev/null
: >"$SCRATCH/mounted"
if ! grep -q "hrtimer_wakeup" "$SCRATCH/copy" 2>/dev/null || grep -q it_real_fn "$SCRATCH/copy" ||
	! unshare -m mount --bind /proc/timer_list "$SCRATCH/mounted" 2>/dev/null; then
	echo "ok 97-timer-list: a wait for a signal # SKIP no timer_list, an alarm is set, or nothing can be mounted"
	exit
fi

# hidden [NAME=VALUE]: a run of the target with timer_list hidden
hidden() {
	rm -f "$SCRATCH"/run.db*
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -c 'mount --bind /proc/timer_list "$1" && mount --bind /dev/null /proc/timer_list && shift && exec "$@"' \
		- "$SCRATCH/mounted" env "$@" "$HANGRATE" run --db "$SCRATCH/run.db" -n 2 --timeout 300ms -- \
		"$TARGETS/bad_pause" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

hidden X=
check "hidden: not proven" verdict timeout 2
hidden HANGRATE_TIMER_LIST="$SCRATCH/copy"
check "a copy proves nothing" verdict timeout 2
hidden HANGRATE_TIMER_LIST="$SCRATCH/mounted"
check "the host's own, mounted elsewhere: proven" verdict deadlock 2
check "the cause is the wait" grep -q "waits for a signal (awaited in" "$SCRATCH/out"
finish
