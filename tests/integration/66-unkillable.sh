#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A trial that the user may not kill, for its program is setuid root: named, and never a pass.
# shellcheck disable=SC2016,SC2317 # the programs expand it; functions are called by check
. "$(dirname "$0")/common.sh"

if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	echo "ok 66-unkillable # SKIP needs root to make a setuid program, and setpriv"
	exit
fi
chmod 755 "$SCRATCH"
mkdir "$SCRATCH/db"
chown 12345 "$SCRATCH/db"
cp "$TARGETS/bad_become_root" "$SCRATCH/as-root"
chmod 4755 "$SCRATCH/as-root"
cp "$HANGRATE" "$SCRATCH/hangrate"

# as_user ARG...: hangrate run by a user of no rights
as_user() {
	rm -f "$SCRATCH"/db/*
	limit 100 setpriv --reuid 12345 --regid 12345 --clear-groups \
		"$SCRATCH/hangrate" run --db "$SCRATCH/db/run.db" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}
counted() {
	is "$(sum "$1" "$SCRATCH/db/run.db")" "$2"
}

as_user -n 1 --timeout 200ms -- "$SCRATCH/as-root" 1500
check "ends after its deadline: no pass" counted pass 0
check "ends after its deadline: timeout" counted timeout 1
as_user -n 1 --timeout 200ms -- "$SCRATCH/as-root" 54321000
check "never ends: broken" counted broken 1
check "never ends: status 3" status_is 3
check "never ends: named" grep -q "cannot be killed: process [0-9]* 'as-root'" "$SCRATCH/err"
pkill -KILL -f "^$SCRATCH/as-root"
as_user -n 1 --timeout 10s -- sh -c \
	"$SCRATCH/as-root 54321000 & until grep -q '^Uid:.0' /proc/\$!/status; do :; done"
check "a child that stays: broken" counted broken 1
check "a child that stays: named" grep -q "cannot be killed: process [0-9]* 'as-root'" "$SCRATCH/err"
pkill -KILL -f "^$SCRATCH/as-root"

# A process of another user that may not be read, and that a descriptor could be sent to.
python3 - "$SCRATCH/named" "$SCRATCH/go-on" <<'END' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.mkfifo(sys.argv[2])
while True:
    open(sys.argv[2]).read() # it has to run while the trial does
END
stranger=$!
until [ -p "$SCRATCH/go-on" ]; do sleep 0.01; done
as_user -n 2 -j 1 -- sh -c "sleep 0.1"
check "strangers may not be read: status 0" status_is 0
check "strangers may not be read: pass" counted pass 2
kill "$stranger"
finish
