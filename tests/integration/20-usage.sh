#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a user can get wrong: one clear line each, and nothing is lost.
. "$(dirname "$0")/common.sh"

# wrong NAME STATUS|STATUS PATTERN ARG...
wrong() {
	local name=$1 want=$2 pattern=$3
	shift 3
	hangrate "$@"
	check "$name: status $want" grep -qxE "$want" <<<"$status"
	check "$name: one line" one_line "$pattern"
	check "$name: nothing on standard output" is "$(wc -c <"$SCRATCH/out")" 0
}

wrong "bad option" 2 no-such-option run --no-such-option -- true
wrong "unknown command" 2 no-such-command no-such-command
wrong "bad number" 2 many run -n many -- true
wrong "bad duration" 2 soon run --timeout soon -- true
wrong "bad shard" 2 '4/3' run --shard 4/3 -- true
wrong "bad injection" 2 'delay_sideways' run --inject 'x:delay_sideways=1ms' -- true
wrong "no program behind --" 2 . run --
wrong "unknown scenario" 2 no-such-scenario run no-such-scenario

mkdir "$SCRATCH/empty"
wrong "no scenario found" "2|3" "$SCRATCH/empty" run --scenarios "$SCRATCH/empty"

wrong "database in a directory that does not exist" "2|3" /nowhere/x.db run --db /nowhere/x.db -- true
wrong "database is a directory" "2|3" "$SCRATCH/empty" run --db "$SCRATCH/empty" -- true
echo "this is a text and no database, whatever its name says" >"$SCRATCH/text.db"
cp "$SCRATCH/text.db" "$SCRATCH/text.before"
wrong "database is another file" "2|3" text.db run --db "$SCRATCH/text.db" -- true
check "a file that is no database is left as it was" cmp -s "$SCRATCH/text.db" "$SCRATCH/text.before"
wrong "report of a file that does not exist" "2|3" none.db report "$SCRATCH/none.db"
check "report does not make the file that it did not find" test ! -e "$SCRATCH/none.db"
# Here the trials have run, and their table is what is left of them.
hangrate run --db none --json /nowhere/s.json -n 1 -- true
check "summary can't be written: status 3" status_is 3
check "summary can't be written: one line" one_line /nowhere/s.json

"$HANGRATE" run -q --db none -n 1 -- true >/dev/full 2>"$SCRATCH/err"
status=$?
check "standard output is full: status 3" status_is 3
check "standard output is full: says so" one_line 'standard output: No space left'
(ulimit -n 14 && "$HANGRATE" run -q --db none -n 1 --timeout 2s -- true) >/dev/null 2>"$SCRATCH/err"
check "few descriptors: named" grep -q 'canary: .*only 14 files may be open' "$SCRATCH/err"

hangrate
check "no command: status 2" status_is 2
hangrate --help
check "help: status 0 and on standard output" test "$status" = 0 -a -s "$SCRATCH/out"
finish
