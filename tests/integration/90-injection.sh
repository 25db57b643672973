#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Injection as a user meets it: what is refused, what is left out, and what the receipts prove.
. "$(dirname "$0")/common.sh"

# refuses NAME RULE WORD: one line that quotes the word, status 2
refuses() {
	run -n 1 --inject "$2" -- true
	check "$1: status 2" status_is 2
	check "$1: one line" is "$(wc -l <"$SCRATCH/err")" 1
	check "$1: quotes the place" grep -qF -- "'$3'" "$SCRATCH/err"
}

refuses "no such option" func:malloc:delay_entr=1ms delay_entr
refuses "no delay" func:fork:delay_enter=1mss 1mss
refuses "no such call" syscall:wriite:delay_enter=1ms wriite
refuses "no such name" wriite:delay_enter=1ms wriite
refuses "no point in a program" point:nope:delay_enter=1ms nope
refuses "no delay after a call" syscall:write:delay_exit=1ms syscall:write:delay_exit=1ms
check "no delay after a call: says why" grep -q 'not supported for system calls' "$SCRATCH/err"

# receipt COLUMN ARM: of the record
receipt() {
	query "$SCRATCH/run.db" "SELECT receipt_$1 FROM cell WHERE NOT canary AND arm = '$2'"
}

reached() {
	check "$1: in every trial" is "$(receipt trials injected)" 5
	check "$1: passages" test "$(receipt passed injected)" -gt 5
	check "$1: delays" test "$(receipt fired injected)" -gt 5
	check "$1: none in the null arm" is "$(receipt fired null)" 0
}

static=$BUILD/musl/targets/inject_static
if [ -x "$static" ]; then
	run -n 5 --inject syscall:write:delay_enter=10us -- "$static" 2
	reached "a static musl program"
fi
for go in "$BUILD"/go-*/scenarios/go-exec-pipes; do
	[ -x "$go" ] || continue
	run -n 5 --inject syscall:write:delay_enter=10us -- "$go" --describe
	check "a Go program: in every trial" is "$(receipt trials injected)" 5
	check "a Go program: delays" test "$(receipt fired injected)" -ge 5
done

# Where seccomp() is forbidden the calls can't be held; functions can be delayed all the same.
rm -f "$SCRATCH"/run.db*
HANGRATE_REAL=$HANGRATE
HANGRATE=$TARGETS/no_seccomp
hangrate "$HANGRATE_REAL" run --db "$SCRATCH/run.db" -n 5 \
	--inject 'func:write:delay_enter=1us;syscall:getppid:delay_enter=1us' -- "$TARGETS/inject_forksafe" 1
HANGRATE=$HANGRATE_REAL
check "seccomp is forbidden: status 3, a rule was not applied" status_is 3
check "seccomp is forbidden: says so" is "$(receipt note injected)" \
	"syscalls: seccomp notification is refused here: Operation not permitted"
check "seccomp is forbidden: the rest runs" test "$(receipt fired injected)" -gt 0

# A lock that is held for nanoseconds with nothing called under it. The target itself fails (status 1)
# where it sees who watches.
held_word() {
	XDG_CACHE_HOME=$SCRATCH/cache-$1 run -n 60 --inject trap -- "$BUILD/$1/targets/inject_held_word"
	case $(receipt note injected) in
	*"lock words can't be watched here"*)
		echo "# skipped: a word held for nanoseconds, $1: $(receipt note injected)"
		return
		;;
	esac
	check "a word held for nanoseconds, $1: hangs in most trials" test \
		"$(query "$SCRATCH/run.db" "SELECT n_deadlock FROM cell WHERE NOT canary AND arm = 'injected'")" -ge 30
	check "a word held for nanoseconds, $1: never in the null arm" is \
		"$(query "$SCRATCH/run.db" "SELECT n_pass FROM cell WHERE NOT canary AND arm = 'null'")" 60
	check "a word held for nanoseconds, $1: its program sees nothing of it" is \
		"$(($(sum fail) + $(sum crash) + $(sum broken) + $(sum timeout)))" 0
	# That word is what the next campaign begins with.
	XDG_CACHE_HOME=$SCRATCH/cache-$1 run -n 60 --timeout 20s --inject trap \
		-- "$BUILD/$1/targets/inject_held_word" crowd
	check "a word held for nanoseconds, $1: nor do children of other threads" is "$(sum pass)" 180
	check "a word held for nanoseconds, $1: it was watched meanwhile" test "$(receipt fired injected)" -gt 0
}
held_word glibc
[ ! -x "$BUILD/musl/targets/inject_held_word" ] || held_word musl

rm -f "$SCRATCH"/run.db*
HANGRATE=$TARGETS/no_seccomp
XDG_CACHE_HOME=$SCRATCH/cache-refused hangrate -p "$HANGRATE_REAL" run --db "$SCRATCH/run.db" -n 10 \
	--inject trap -- "$TARGETS/inject_held_word"
HANGRATE=$HANGRATE_REAL
check "perf_event_open is forbidden: says so" is "$(receipt note injected)" \
	"trap: lock words can't be watched here: Operation not permitted"
check "perf_event_open is forbidden: the rest runs" is "$(sum pass)" "$(sum trials)"
finish
