#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who is asked for its stacks notices nothing of it, whatever it is doing at that moment.
# shellcheck disable=SC2317 # called by check
. "$(dirname "$0")/common.sh"

# survives PROGRAM...: it ends with status 0 although `why --stacks` stops it again and again
survives() {
	local pid
	"$@" >/dev/null 2>&1 </dev/null &
	pid=$!
	for _ in $(seq 60); do
		"$HANGRATE" why --stacks "$pid" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	done
	wait "$pid"
	is $? 0
}

check "it executes a program" survives "$TARGETS/bad_exec_chain" 5000
check "it sleeps as long as it wanted" survives python3 -c '
import time
begun = time.monotonic()
for _ in range(20):
    before = time.monotonic()
    time.sleep(0.1)
    assert time.monotonic() - before >= 0.1'
check "it gets signals" survives python3 -c '
import os, signal
got = 0
def count(*_):
    global got
    got += 1
signal.signal(signal.SIGUSR1, count)
for _ in range(20000):
    os.kill(os.getpid(), signal.SIGUSR1)
assert got == 20000'
check "it talks to a child" survives sh -c 'for i in 1 2 3 4 5 6; do yes | head -c 3000000 | cat | wc -c | grep -qx 3000000 || exit 1; done'
finish
