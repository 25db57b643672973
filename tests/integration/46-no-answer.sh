#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file of /proc may not answer: the memory of its process is locked by who waits himself. Then `why` ends all the
# same, and names process and file. A FIFO that nobody opens stands for such a file here.
. "$(dirname "$0")/common.sh"

mkfifo "$SCRATCH/silent"
if ! unshare -m mount --bind "$SCRATCH/silent" /proc/self/maps 2>/dev/null; then
	echo "ok 46-no-answer # SKIP nothing can be mounted"
	exit
fi

# why_with_silent FILE PID: why PID, where that file of it does not answer
why_with_silent() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -c 'mount --bind "$1" "/proc/$3/$2" && exec "$HANGRATE" why "$3"' - "$SCRATCH/silent" "$1" "$2" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

"$TARGETS/planted_lock_order" >/dev/null &
stuck=$!
disown "$stuck"
for file in maps cmdline; do
	why_with_silent $file "$stuck"
	check "why ends although $file does not answer" status_is 3
	check "it names process and file: $file" grep -q "^why: '/proc/$stuck/$file': .*process $stuck " "$SCRATCH/err"
done
kill -KILL "$stuck"
finish
