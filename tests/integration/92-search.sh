#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The search for races: what holds threads finds the planted ones, and harms no program that is right. The rates
# are those of docs/search.md; the numbers of trials leave less than one chance in a million.
. "$(dirname "$0")/common.sh"
export XDG_CACHE_HOME=$SCRATCH/cache
mkdir "$XDG_CACHE_HOME"

# of VERDICT ARM: trials
of() {
	query "$SCRATCH/run.db" "SELECT n_$1 FROM cell WHERE NOT canary AND arm = '$2'"
}

fired() {
	query "$SCRATCH/run.db" "SELECT receipt_fired FROM cell WHERE NOT canary AND arm = 'injected'"
}

# harmless RULE TARGET: the program that is right ends every time
harmless() {
	run -q -n 10 --seed 11 --timeout 20s --fail-on hang,crash,fail --inject "$1" -- "$TARGETS/race_$2" ok
	check "$1, $2 ok: held something" test "$(fired)" -gt 0
	check "$1, $2 ok: every trial passes" is "$(of pass injected)" 10
	check "$1, $2 ok: nothing in the null arm" is "$(of pass null)" 10
}

harmless wake lost_wakeup
harmless wake lost_signal
harmless window fd_leak
harmless schedule stack
harmless schedule:p=0.5 lock_order

# finds RULE TARGET N [OPTION]: in N trials. A lost signal is proven only where nobody has an alarm set, so
# that one is enough. Where the program hangs in the null arm as well, --until-hang could end with that.
finds() {
	run -q -n "$3" --seed 3 --timeout 2s ${4:+"$4"} --fail-on hang,crash --inject "$1" -- "$TARGETS/race_$2"
	check "$1 finds $2" test "$(($(of deadlock injected) + $(of timeout injected) + $(of crash injected)))" -gt 0
}

finds wake lost_wakeup 15
finds wake lost_signal 15 --until-hang
finds window fd_leak 15
finds schedule stack 60
finds schedule lock_order 100

# The whole of it: search, remember, repeat.
run -q -n 60 --seed 5 --timeout 20s --inject auto -- "$TARGETS/race_lock_order"
note=$(query "$SCRATCH/run.db" "SELECT receipt_note FROM cell WHERE NOT canary AND arm = 'injected'")
check "auto finds race_lock_order" test "$(of deadlock injected)" -gt 0
check "auto: names what succeeded" grep -q "^auto: the best of [0-9]* candidates was '.*': [0-9]* of [0-9]* trials hung" \
	<<<"$note"
check "auto: says that nothing forks" grep -q "nothing forks, so the fork trap was not tried" <<<"$note"
check "auto: remembers it" grep -q . "$XDG_CACHE_HOME"/hangrate/auto-*
cause=$(query "$SCRATCH/run.db" "SELECT cause.id FROM cause JOIN cell ON cell.id = cell_id WHERE arm = 'injected'
	ORDER BY count DESC")
cp "$SCRATCH/run.db" "$SCRATCH/found.db"
hangrate repro "$SCRATCH/found.db" "$cause"
check "repro: the text that was found, not auto" grep -q -- "--inject" "$SCRATCH/out"
check "repro: no search" is "$(grep -c -- '--inject auto' "$SCRATCH/out")" 0
hangrate repro "$SCRATCH/found.db" "$cause" --run
check "repro --run: it hangs again" status_is 1

run -q -n 10 --seed 6 --inject auto -- "$TARGETS/trivial"
check "auto on a program that does nothing: every trial passes" is "$(of pass injected)" 10

finish
