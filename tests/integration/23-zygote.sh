#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --spawn zygote: a trial that was forked is what an executed one would be, is proven, captured and
# cleared away as one, and what cannot be forked is refused by one line.
. "$(dirname "$0")/common.sh"

TARGET_DIR=$(dirname "$TARGETS")
# zygotes VERDICT: trials of that verdict in cells that zygotes ran
zygotes() {
	query "$SCRATCH/run.db" "SELECT total(n_$1) FROM cell WHERE inject LIKE '%spawn=zygote%'" | sed 's/\.0$//'
}

for libc in glibc musl; do
	dir="$TARGET_DIR/../$libc/targets"
	[ -d "$dir" ] || continue
	KEPT=kept run --spawn zygote -n 20 -- "$dir/is_itself"
	check "$libc: a forked program is what an executed one is: status" status_is 0
	check "$libc: a forked program is what an executed one is" is "$(zygotes pass)" 20
	check "$libc: two of its trials were executed, to be compared" is "$(sum pass)" 22
	for planted in planted_self_lock planted_crossed_pipes planted_orphaned_mutex; do
		run --spawn zygote -n 3 --timeout 10s -- "$dir/$planted"
		check "$libc: $planted is proven" is "$(zygotes deadlock)" 3
	done
done

# It is loaded once for many trials; two are executed.
CONSTRUCTED="$SCRATCH/constructed" FORKED="$SCRATCH/forked" run --spawn zygote -n 30 -j 1 -- "$TARGETS/before_main"
check "each trial is a fork" is "$(wc -c <"$SCRATCH/forked")" 30
check "the zygote outlives its trials" test "$(wc -c <"$SCRATCH/constructed")" -lt 16
rm -f "$SCRATCH/forked"

# What it leaves is cleared away, also where it has a session of its own.
run --spawn zygote -n 3 -- "$TARGETS/bad_escape" 5
check "what escapes: pass" is "$(zygotes pass)" 3
check "what escapes: nothing left behind" nothing_left "$TARGETS/bad_escape"
run --spawn zygote -n 4 --timeout 1s -- sh -c 'sleep 45679 & exec sleep 45679'
check "what is late is ended" is "$(zygotes timeout)" 4
check "what is late: nothing left behind" nothing_left "sleep 45679"
run --spawn zygote -n 4 -- sh -c 'kill -SEGV $$'
check "a crash is a crash" is "$(zygotes crash)" 4
run --spawn zygote -n 2 --show-output -- sh -c 'echo out; echo err >&2; exit 3'
check "output: both are captured" grep -q "out" "$SCRATCH/out"
check "output: the status" is "$(zygotes fail)" 2

# A trial may end its own zygote: the next one gets another.
# shellcheck disable=SC2016 # the shell of the trial expands it
run --spawn zygote -n 6 -j 1 -- sh -c 'for p in $(cat /proc/$PPID/task/$PPID/children); do [ $p = $$ ] || kill -9 $p; done; exit 0'
check "a trial that kills its zygote: pass" is "$(zygotes pass)" 6

# What a fork would share, or would not copy.
for what in thread child descriptor shared timer locked end; do
	BEFORE=$what FORKED="$SCRATCH/forked" run --spawn zygote -n 2 --timeout 2s -- "$TARGETS/before_main"
	check "$what before main(): status 3" status_is 3
	check "$what before main(): no trial" is "$(zygotes pass)" 0
	check "$what before main(): not forked" test ! -e "$SCRATCH/forked"
	check "$what before main(): why" grep -qE "^run: 'before_main[^']*': --spawn zygote: the program .*main\(\); use --spawn exec$" "$SCRATCH/err"
done
BEFORE=child run --spawn zygote -n 2 --timeout 2s -- "$TARGETS/before_main"
check "a child of a constructor: nothing left behind" nothing_left "$TARGETS/before_main"
run --spawn zygote -n 2 -- "$HANGRATE" --version
check "a static program is refused" status_is 3
check "a static program: why" one_line "^run: --spawn zygote: '.*' is static.*; use --spawn exec"

# Whoever kills the runner: nothing stays.
"$HANGRATE" run --db none -q --spawn zygote -n 1000000 -- "$TARGETS/trivial" >/dev/null 2>&1 &
runner=$!
while ! pgrep -f "^$TARGETS/trivial" >/dev/null; do read -rt 0.05 <> <(:) || :; done
kill -KILL "$runner"
wait "$runner" 2>/dev/null
for _ in $(seq 100); do
	nothing_left "$TARGETS/trivial" && break
	read -rt 0.05 <> <(:) || :
done
check "a killed runner: no zygote stays" nothing_left "$TARGETS/trivial"
finish
