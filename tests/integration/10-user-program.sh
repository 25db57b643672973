#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that has never heard of us.
. "$(dirname "$0")/common.sh"

run -n 100 -- sleep 0.01
check "a program that ends passes, status 0" status_is 0
check "a program that ends passes, all of 100" verdict pass 100

# shellcheck disable=SC2016 # the shell under test expands
run -n 2 -j 2 --timeout 300ms -- sh -c 'kill -STOP $$'
check "a program that stops itself hangs, status 1" status_is 1
check "a program that stops itself hangs by timeout" verdict timeout 2

run -n 5 -- "$SCRATCH/no-such-program"
check "a program that does not exist: status 3" status_is 3
check "a program that does not exist: one line that names it" one_line no-such-program

: >"$SCRATCH/not-executable"
run -n 5 -- "$SCRATCH/not-executable"
check "a file that can't be executed: status 3" status_is 3
check "a file that can't be executed: one line that names it" one_line not-executable

run -n 20 -- sh -c '[ ! -t 0 ] && ! read -r x && ! env | grep -q HANGRATE_'
check "a program has an empty standard input and no variable of ours" verdict pass 20

run -n 10 -- sh -c 'exit 7'
check "no trial passed, so nothing was measured: status 3" status_is 3
check "a failure is counted apart" verdict fail 10

finish
