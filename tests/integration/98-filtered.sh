#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# As in a container: /proc/timer_list is hidden, and a seccomp filter lies over everybody. What has no other
# filter than the runner is asked for its timers, unless the filter answers such a call with a death.
. "$(dirname "$0")/common.sh"

# as_in_container OPTION ARG...: hangrate run
as_in_container() {
	local option=$1
	shift
	rm -f "$SCRATCH"/run.db*
	if [ "$(id -u)" = 0 ]; then
		# shellcheck disable=SC2016 # the inner shell expands it
		set -- unshare -m sh -c 'mount --bind /dev/null /proc/timer_list && exec "$@"' - \
			"$TARGETS/no_seccomp" "$option" "$HANGRATE" run --db "$SCRATCH/run.db" "$@"
	else
		set -- "$TARGETS/no_seccomp" "$option" "$HANGRATE" run --db "$SCRATCH/run.db" "$@"
	fi
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

if [ "$(id -u)" = 0 ] && ! unshare -m mount --bind /dev/null /proc/timer_list 2>/dev/null; then
	echo "ok 98-filtered # SKIP nothing can be mounted"
	exit
fi
as_in_container -u -n 2 -j 1 --timeout 20s -- "$TARGETS/planted_lock_order"
check "a filter for all: deadlock" verdict deadlock 2
check "a filter for all: status 1" status_is 1
as_in_container -u -n 2 -j 1 --timeout 300ms -- "$TARGETS/no_seccomp" "$TARGETS/planted_lock_order"
check "one more of its own: not proven" verdict timeout 2
as_in_container -k -n 2 -j 1 --timeout 300ms -- "$TARGETS/planted_lock_order"
check "a filter that kills: nobody is killed by it" verdict timeout 2
finish
