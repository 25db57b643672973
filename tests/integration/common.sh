# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What the integration tests share: a scratch directory, TAP lines, the runner under a time limit.
# Every test begins with:  . "$(dirname "$0")/common.sh"   and ends with:  finish

set -uo pipefail
TARGETS="$(realpath "$BUILD")/glibc/targets"
export TARGETS
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
failures=0
checks=0

# check NAME COMMAND...: one test, which passes if the command succeeds
check() {
	local name=$1
	shift
	checks=$((checks + 1))
	if "$@"; then
		echo "ok $(basename "$0" .sh): $name"
	else
		failures=$((failures + 1))
		echo "not ok $(basename "$0" .sh): $name"
		echo "# failed: $*"
		echo "# status ${status:-none}; standard error:"
		sed 's/^/#   /' "$SCRATCH/err" 2>/dev/null | head -n 12
	fi
}

finish() {
	[ "$checks" -gt 0 ] || echo "not ok $(basename "$0" .sh): has a test"
	[ "$checks" -gt 0 ] && [ "$failures" -eq 0 ]
	exit
}

# limit SECONDS COMMAND...: without an alarm, by which a proof elsewhere would be a conditional one
limit() {
	"$TARGETS/limit" "$@"
}

# hangrate ARG...: sets $status; $SCRATCH/out and /err. A runner that hangs itself ends with 143.
hangrate() {
	limit 100 "$HANGRATE" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	status=$?
}

# run ARG...: hangrate run with a record of its own in $SCRATCH/run.db
run() {
	rm -f "$SCRATCH"/run.db*
	hangrate run --db "$SCRATCH/run.db" "$@"
}

# query DB SQL: the first column of the first row
query() {
	python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$@" 2>/dev/null
}

# sum VERDICT [DB]: the trials of that verdict, or all "trials", without the canaries
sum() {
	local column=n_$1
	[ "$1" != trials ] ||
		column=n_pass+n_deadlock+n_timeout+n_recovered+n_fail+n_crash+n_broken
	query "${2:-$SCRATCH/run.db}" "SELECT total($column) FROM cell WHERE NOT canary" |
		sed 's/\.0$//'
}

is() { # GOT WANTED
	[ "$1" = "$2" ] || { echo "# got '$1', wanted '$2'"; return 1; }
}

status_is() {
	is "$status" "$1"
}

# verdict VERDICT N: all of the N trials have it
verdict() {
	is "$(sum trials)" "$2" && is "$(sum "$1")" "$2"
}

# One line for people on standard error, and nothing else.
one_line() {
	is "$(wc -l <"$SCRATCH/err")" 1 && grep -qE "${1:-.}" "$SCRATCH/err"
}

# nothing_left PATH: no process runs that program any more (zombies have no command line)
nothing_left() {
	! pgrep -f "^$1( |\$)" >/dev/null
}
