#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The hostile set, one way to get away or to do harm at a time: the verdict that is documented, and nothing
# left. What a whole crowd of them does at once is bad_escape's, in 30-bad-children.
. "$(dirname "$0")/common.sh"

hostile=$TARGETS/bad_hostile

# way NAME VERDICT STATUS [OPTION...]
way() {
	local name=$1 want=$2 code=$3
	shift 3
	run -n 4 -j 2 --timeout 20s "$@" -- "$hostile" "$name"
	check "$name: $want" verdict "$want" 4
	check "$name: status $code" status_is "$code"
	check "$name: nothing left" nothing_left "$hostile"
}

for name in session daemon subreaper tracer stop-parent limits descriptors ignore-signals; do
	way "$name" pass 0
done
way kill-parent broken 3
if unshare --user --map-root-user --pid --fork --mount-proc true 2>/dev/null ||
	unshare --pid --fork --mount-proc true 2>/dev/null; then
	way kill-all crash 3 --isolate
	for name in session daemon subreaper tracer stop-parent; do
		way "$name" pass 0 --isolate
	done
else
	echo "ok 31-hostile: --isolate # SKIP no pid namespace can be had here"
fi

# A bomb without an end, inside a limit on the processes of a user of its own.
if [ "$(id -u)" = 0 ] && command -v setpriv prlimit >/dev/null; then
	chmod 755 "$SCRATCH"
	mkdir -m 777 "$SCRATCH/db"
	cp "$HANGRATE" "$hostile" "$SCRATCH"
	for name in bomb bomb-of-sessions; do
		rm -f "$SCRATCH"/db/*
		limit 100 setpriv --reuid 23456 --regid 23456 --clear-groups prlimit --nproc=150 \
			"$SCRATCH/hangrate" run -q -n 2 -j 1 --timeout 1s --db "$SCRATCH/db/run.db" -- "$SCRATCH/bad_hostile" "$name" \
			>"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
		status=$?
		check "$name: timeout" is "$(sum timeout "$SCRATCH/db/run.db")" 2
		check "$name: nothing left" nothing_left "$SCRATCH/bad_hostile"
	done
else
	echo "ok 31-hostile: a bomb # SKIP needs root, setpriv and prlimit"
fi

# No signal ends who waits for a file system that it serves itself. It goes with the connection.
mkdir "$SCRATCH/fuse"
if [ "$(id -u)" = 0 ] && [ -w /dev/fuse ]; then
	trap 'umount -f "$SCRATCH/fuse" 2>/dev/null; umount -l "$SCRATCH/fuse" 2>/dev/null; rm -rf "$SCRATCH"' EXIT
	run -n 1 -j 1 --timeout 300ms -- "$hostile" fuse "$SCRATCH/fuse"
	check "fuse: broken" verdict broken 1
	check "fuse: named" grep -q "cannot be killed: process [0-9]* 'bad_hostile'" "$SCRATCH/err"
	check "fuse: status 3" status_is 3
	umount -f "$SCRATCH/fuse"
	for ((i = 0; i < 400; i++)); do
		nothing_left "$hostile" && break
		sleep 0.05
	done
	check "fuse: it goes with the connection" nothing_left "$hostile"
else
	echo "ok 31-hostile: fuse # SKIP needs root and /dev/fuse"
fi
finish
