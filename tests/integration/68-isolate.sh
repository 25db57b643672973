#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --isolate: what the trial sees, what it cannot reach, and what stays of it.
# shellcheck disable=SC2016,SC2317 # the programs expand it; functions are called by check
. "$(dirname "$0")/common.sh"

# Where it is refused: one line that says why, and nothing else.
rm -f "$SCRATCH"/run.db*
"$TARGETS/no_seccomp" -n "$HANGRATE" run --db "$SCRATCH/run.db" --isolate -n 1 -- true >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
status=$?
check "refused: status 3" status_is 3
check "refused: why, and what to add" one_line "isolate: a seccomp filter forbids new namespaces.*--cap-add SYS_ADMIN.*not permitted"
check "refused: no report" test ! -s "$SCRATCH/out"

run -n 1 --isolate -- true
if ! unshare --user --map-root-user --pid --fork --mount-proc true 2>/dev/null &&
	! unshare --pid --fork --mount-proc true 2>/dev/null; then
	echo "ok 68-isolate # SKIP no pid namespace can be had here"
	exit
fi
check "a program passes" verdict pass 1

# Nobody but its init is there, and /proc is that of the namespace.
run -n 2 --isolate -- sh -c '[ $$ = 2 ] && [ $PPID = 1 ] && [ "$(cut -d" " -f1 /proc/self/stat)" -lt 9 ] && [ -d /proc/1 ]'
check "the program is number 2, and /proc agrees" verdict pass 2
run -n 1 --isolate -- sh -c '[ "$(cat /proc/1/comm)" = hangrate-init ] && [ "$(ls -d /proc/[0-9]* | wc -l)" -le 6 ]'
check "its init is number 1, and there is nobody else" verdict pass 1
run -n 1 --isolate -- sh -c 'kill -TERM $$; exit 1'
check "the program has its default signals" verdict crash 1

# Only where the shell is number 2: nothing outside can be reached then.
run -n 2 --isolate -- sh -c '[ $$ = 2 ] || exit 1; sleep 45678 & (kill -9 -1); exit 1'
check "kill -9 -1 reaches the trial alone: crash" verdict crash 2
check "kill -9 -1: nothing left behind" nothing_left "sleep 45678"
run -n 2 --isolate -- "$TARGETS/bad_escape" 5
check "what escapes elsewhere: pass" verdict pass 2
check "what escapes elsewhere: nothing left behind" nothing_left "$TARGETS/bad_escape"
run -n 2 --isolate --timeout 10s -- "$TARGETS/planted_waitpid"
check "a wait for a child by its number is proven" verdict deadlock 2

# Files, shared memory, System V objects.
name=hangrate-it-$$
echo before >"$SCRATCH/kept"
run -n 1 --isolate -- sh -c "cat $SCRATCH/kept && echo >/tmp/$name && echo >/dev/shm/$name && ipcmk -M 64 >/dev/null"
check "files of before are there" verdict pass 1
# Best effort (runner/trial/isolate.c): not every kernel lets a user mount an overlay.
if [ "$(id -u)" = 0 ] || unshare --user --map-root-user --mount sh -c 'mount -t tmpfs t /dev/shm && cd /dev/shm && mkdir u w &&
	mount -t overlay t -o lowerdir=/tmp,upperdir=/dev/shm/u,workdir=/dev/shm/w /tmp' 2>/dev/null; then
	check "nothing stays in /tmp" test ! -e "/tmp/$name"
else
	echo "ok 68-isolate: nothing stays in /tmp # SKIP this user may not mount an overlay on /tmp"
	rm -f "/tmp/$name"
fi
check "nothing stays in /dev/shm" test ! -e "/dev/shm/$name"
finish
