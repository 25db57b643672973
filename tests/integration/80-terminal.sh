#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The bar is for terminals only, uncoloured where NO_COLOR is set; Ctrl-C once and twice.
. "$(dirname "$0")/common.sh"

hang=$TARGETS/planted_self_pipe
bar='[#.]{16} +[0-9]+%'

# on_terminal COLUMNS [REGEX KEYS]... -- RUN-ARGUMENTS...: sets $status; $SCRATCH/shown
on_terminal() {
	local before=()
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	shift
	rm -f "$SCRATCH"/run.db*
	env -u NO_COLOR ${no_color:+NO_COLOR=1} python3 "$(dirname "$0")/terminal.py" "$SCRATCH/shown" \
		"${before[@]}" -- "$HANGRATE" run --db "$SCRATCH/run.db" "$@" 2>"$SCRATCH/err"
	# shellcheck disable=SC2034 # common.sh reads it
	status=$?
}

# shellcheck disable=SC2317 # check runs it
shown() {
	grep -qE "$1" "$SCRATCH/shown"
}

# shellcheck disable=SC2317 # check runs it
not_shown() {
	! shown "$1"
}

stop() {
	query "$SCRATCH/run.db" "SELECT stop FROM campaign"
}

colour=$'\e\\[[0-9;]*m'

no_color='' on_terminal 120 -- --budget 2s -j 1 -- "$hang"
check "terminal: a bar" shown "$bar, [0-9]+ s left; [0-9]+ trials, [0-9]+/s"
check "terminal: P(hang) with an interval" shown 'P\(hang\) 100 % \['
check "terminal: the cause" shown 'deadlock, 0 timeout, pipe [0-9]+'
check "terminal: in colour" shown "$colour"
check "terminal: the bar is cleared at the end" shown $'\r\e\\[K.*1 of 1 hang'

no_color=1 on_terminal 120 -- --budget 2s -j 1 -- "$hang"
check "NO_COLOR: a bar" shown "$bar"
check "NO_COLOR: no colour" not_shown "$colour"

TERM=dumb no_color='' on_terminal 120 -- --budget 2s -j 1 -- "$hang"
check "TERM=dumb: no bar" not_shown "$bar"
check "TERM=dumb: no escape sequence" not_shown $'\e'
check "TERM=dumb: the report" shown '1 of 1 hang'

no_color='' on_terminal 120 -- --quiet --budget 2s -j 1 -- "$hang"
check "--quiet: no bar" not_shown "$bar"

run --budget 2s -j 1 -- "$hang"
check "no terminal: nothing in 2 s" is "$(wc -c <"$SCRATCH/err")" 0

# Trials that end by themselves are waited for, then what there is is written.
no_color='' on_terminal 120 "$bar" ^C -- -n 1000000 -j 2 -- true
check "Ctrl-C: status 130" status_is 130
check "Ctrl-C: says what it does" shown 'finishing the running trials'
check "Ctrl-C: the report" shown 'interrupted: not all of the plan was run'
check "Ctrl-C: recorded" is "$(stop)" interrupted
check "Ctrl-C: with its trials" test "$(sum pass)" -gt 0

# These would stay for an hour. 3607: nobody else's.
no_color='' on_terminal 120 "$bar" ^C 'finishing the running' ^C -- --timeout 3600s -n 100 -j 2 -- sleep 3607
check "Ctrl-C twice: status 130, now" status_is 130
check "Ctrl-C twice: recorded" is "$(stop)" interrupted
check "Ctrl-C twice: a trial that we ended counts for nothing" is "$(sum trials)" 0
check "Ctrl-C twice: nothing left behind" nothing_left 'sleep 3607'
finish
