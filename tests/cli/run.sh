#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the golden cases of the command line.
#
#	tests/cli/run.sh [NAME...]		NAME: tests/cli/NAME.case; default: all
#
# Prints TAP lines: "ok NAME", "not ok NAME", and "# ..." for what is wrong.
#
# A case is a small file of sections, each beginning with a line "== WORD":
#	== run		shell commands (bash, set -u), run in an empty directory. $HANGRATE is the
#			built program, $HR_TOP the source tree, $HR_BUILD the build directory
#	== exit		the wanted exit status (default 0)
#	== stdout	what standard output must be, line for line. A line "~REGEX" (extended, whole
#			line) stands for one line, "..." for any number of lines
#	== stderr	the same for standard error
#	== needs	commands that must exist, or root; else the case is skipped, and says so. A script that
#			ends with 77 is skipped as well: the last line of its standard error says why
# Without a section stdout or stderr that stream must be empty. Lines before the first section are
# comments. Each case gets 60 s.
set -euo pipefail

cd "$(dirname "$0")/../.."
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/cli/run.sh "$@"
export LC_ALL=C.UTF-8
unset COLUMNS NO_COLOR CLICOLOR_FORCE

work=$(mktemp -d "${TMPDIR:-/tmp}/hangrate-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
# By way of links, for what is printed quotes a path that holds a space.
hangrate=$(realpath "${HANGRATE:-${BUILD:-build}/hangrate}")
ln -s "$PWD" "$work/top"
ln -s "$(realpath "${BUILD:-build}")" "$work/build"
ln -s "$(dirname "$hangrate")" "$work/bin"
HR_TOP=$work/top HR_BUILD=$work/build HANGRATE=$work/bin/$(basename "$hangrate")
export HR_TOP HR_BUILD HANGRATE

# section FILE WORD: its lines; fails when there is no such section.
section() {
	awk -v want="== $2" '
		/^== / { on = ($0 == want); found = found || on; next }
		on { print }
		END { exit !found }' "$1"
}

# matches WANTED GOT: whether the lines of the one describe the other.
matches() {
	awk '
		FNR == NR { want[++w] = $0; next }
		{ got[++g] = $0 }
		function fits(p, s) { return substr(p, 1, 1) == "~" ? s ~ ("^(" substr(p, 2) ")$") : p == s }
		# i-th pattern against the j-th line on
		function rest(i, j) {
			for (; i <= w; i++) {
				if (want[i] == "...") {
					for (; j <= g + 1; j++)
						if (rest(i + 1, j)) return 1
					return 0
				}
				if (j > g || !fits(want[i], got[j])) return 0
				j++
			}
			return j == g + 1
		}
		END { exit !rest(1, 1) }' "$1" "$2"
}

# run_case FILE: 0 passed, 1 failed, 77 skipped; says why on standard output.
run_case() {
	local file=$1 dir=$work/case word status=0 want bad=0 need
	rm -rf "$dir" && mkdir "$dir"
	for need in $(section "$file" needs || true); do
		if [ "$need" = root ]; then
			[ "$(id -u)" = 0 ] || { echo "needs root"; return 77; }
		else
			command -v "$need" >/dev/null || { echo "needs $need"; return 77; }
		fi
	done
	section "$file" run >"$work/script" || { echo "no section 'run'"; return 1; }
	(cd "$dir" && exec "$HR_BUILD/glibc/targets/limit" 60 bash -u "$work/script") \
		>"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
	[ "$status" != 77 ] || { tail -n 1 "$work/stderr"; return 77; }
	want=$(section "$file" exit || echo 0)
	if [ "$status" != "$want" ]; then
		echo "exit status $status, not $want"
		bad=1
	fi
	for word in stdout stderr; do
		section "$file" "$word" >"$work/want" || : >"$work/want"
		# awk takes an empty first file for no file
		[ -s "$work/want" ] || { [ -s "$work/$word" ] || continue; echo $'\001' >"$work/want"; }
		matches "$work/want" "$work/$word" && continue
		echo "$word is not as wanted (- wanted, + got):"
		diff -u "$work/want" "$work/$word" | tail -n +3 | head -60 || true
		bad=1
	done
	if [ $bad = 1 ] && [ -s "$work/stderr" ]; then
		sed 's/^/stderr: /' "$work/stderr" | head -20
	fi
	return $bad
}

[ $# -gt 0 ] || set -- tests/cli/*.case
passed=0 failed=0 skipped=0
for f; do
	[ -e "$f" ] || f=tests/cli/${f%.case}.case
	[ -r "$f" ] || { echo "cli: '$f': no such case" >&2; exit 2; }
	status=0
	run_case "$f" >"$work/why" || status=$?
	name=$(basename "$f" .case)
	case $status in
	0) passed=$((passed + 1)); echo "ok $name" ;;
	77) skipped=$((skipped + 1)); echo "# skipped $name: $(cat "$work/why")" ;;
	*) failed=$((failed + 1)); echo "not ok $name"; sed 's/^/# /' "$work/why" ;;
	esac
done
echo "# $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
