#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real interpreters and runtimes, stuck: does `hangrate why` tell it in the words of the program?
# A test is one file tests/languages/LANGUAGE/NAME.EXT; its lines "# why: REGEX" (or "// why: REGEX") are
# what the output must have, "why-not:" what it must not. One that hangs in several ways has lines
# "# case NAME: REGEX" instead, and is started once for each NAME, with NAME as its argument. Prints TAP. What
# is not installed is skipped, and said.
#
# usage: run.sh [LANGUAGE...]: only these.
# $PYTHONS: more interpreters to try the Python programs with (the system's is always tried).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/languages/run.sh "$@"

BUILD=${BUILD:-build}
HANGRATE=${HANGRATE:-$(realpath "$BUILD")/hangrate}
limit=$(realpath "$BUILD")/glibc/targets/limit # unlike timeout(1) without an alarm
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
only=("$@")

# wanted LANGUAGE
wanted() {
	[ "${#only[@]}" = 0 ] || [[ " ${only[*]} " == *" $1 "* ]]
}

# matches FILE [NAME]: the output in $tmp/why has all that the program's head wants (of the case NAME), and
# nothing else that it names.
matches() {
	local line what=why
	[ -z "${2:-}" ] || what="case $2"
	while IFS= read -r line; do
		grep -qE -- "$line" "$tmp/why" || { echo "no /$line/" >"$tmp/missing"; return 1; }
	done < <(sed -nE "s,^(#|//) $what: ,,p" "$1")
	while IFS= read -r line; do
		! grep -qE -- "$line" "$tmp/why" || { echo "has /$line/" >"$tmp/missing"; return 1; }
	done < <(sed -nE 's,^(#|//) why-not: ,,p' "$1")
}

# try NAME FILE COMMAND...: each case of the program, or the program as it is.
try() {
	local name=$1 file=$2 c cases
	shift 2
	mapfile -t cases < <(sed -nE 's,^(#|//) case ([a-z_]+): .*,\2,p' "$file" | sort -u)
	for c in "${cases[@]}"; do
		try_one "$name: $c" "$file" "$c" "$@" "$c"
	done
	[ "${#cases[@]}" -gt 0 ] || try_one "$name" "$file" '' "$@"
}

# Only root learns from /proc that nobody has an io_uring that does not show; others ask the program itself.
why=()
[ "$(id -u)" = 0 ] || why=(--stacks)

# try_one NAME FILE CASE COMMAND...: asked again until it is stuck as far as it gets, for 20 s.
try_one() {
	local name=$1 file=$2 case=$3 pid k
	shift 3
	# Whether an alarm is set cannot be read from outside. Where SIGALRM is ignored it does not matter.
	setsid env --ignore-signal=ALRM "$@" </dev/null >"$tmp/out" 2>&1 &
	pid=$!
	for ((k = 0; k < 100; k++)); do
		"$limit" 20 "$HANGRATE" why "${why[@]}" "$pid" >"$tmp/why" 2>&1
		matches "$file" "$case" && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.2
	done
	if matches "$file" "$case"; then
		echo "ok $name"
	else
		failed=1
		echo "not ok $name"
		sed 's/^/# /' "$tmp/missing" "$tmp/why" "$tmp/out" | head -n 40
	fi
	kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

each() { # FOLDER COMMAND...: every program in it
	local folder=$1 f name
	shift
	wanted "$folder" || return 0
	for f in tests/languages/"$folder"/*.*; do
		name=$folder/$(basename "$f")
		try "$name (${*##*/})" "$f" "$@" "$f"
	done
}

if ! wanted python; then
	:
elif [ -x /usr/bin/python3 ]; then
	each python /usr/bin/python3
else
	echo "# skipped python: no /usr/bin/python3"
fi
for p in ${PYTHONS:-}; do
	each python "$p"
done

each shell bash
for language in ruby:ruby tcl:tclsh perl:perl php:php; do
	if command -v "${language#*:}" >/dev/null; then
		each "${language%:*}" "${language#*:}"
	else
		echo "# skipped ${language%:*}: no ${language#*:} in PATH"
	fi
done

# compiled LANGUAGE COMMAND...: every program of that folder, which the command builds from the file as its last
# argument, with -o before it.
compiled() {
	local folder=$1 f name
	shift
	wanted "$folder" || return 0
	if ! command -v "$1" >/dev/null; then
		echo "# skipped $folder: no $1 in PATH"
		return
	fi
	for f in tests/languages/"$folder"/*.*; do
		name=$(basename "$f")
		if "$@" -o "$tmp/${name%.*}" "$f" 2>"$tmp/built"; then
			try "$folder/$name" "$f" "$tmp/${name%.*}"
		else
			failed=1
			echo "not ok $folder/$name: cannot be built"
			sed 's/^/# /' "$tmp/built" | head -n 10
		fi
	done
}

compiled c gcc -g -O1 -pthread
compiled cxx g++ -std=c++20 -g -O1 -pthread
compiled rust rustc -g -O -A warnings

if ! wanted java; then
	:
elif command -v javac >/dev/null && command -v java >/dev/null; then
	for f in tests/languages/java/*.java; do
		name=$(basename "$f" .java)
		javac -d "$tmp" "$f" && try "java/$name.java" "$f" java -cp "$tmp" "$name"
	done
else
	echo "# skipped java: no javac or java in PATH"
fi

# --- Go: each program built as it is, and stripped ---
if ! wanted go; then
	:
elif command -v go >/dev/null; then
	for f in tests/languages/go/*.go; do
		name=$(basename "$f" .go)
		for flags in '' '-s -w'; do
			if env CGO_ENABLED=0 GOTOOLCHAIN=local go build -ldflags="$flags" -o "$tmp/$name" "$f" 2>"$tmp/built"; then
				try "go/$name.go${flags:+ (stripped)}" "$f" "$tmp/$name"
			else
				failed=1
				echo "not ok go/$name.go: cannot be built"
				sed 's/^/# /' "$tmp/built"
			fi
		done
	done
else
	echo "# skipped go: no go in PATH"
fi
exit $failed
