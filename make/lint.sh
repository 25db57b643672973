#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of the house that a program can check. $1 holds the compiler flags of the whole tree.
# Every rule is a function that prints one line for each offence; nothing to check is an offence.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

read -r -a FLAGS <<<"$1"
CC=${CC:-gcc}
CLANG=${CLANG:-$(command -v clang clang-14 | head -n 1)}
FORMAT=${FORMAT:-$(command -v clang-format-14 clang-format | head -n 1)}
NPROC=$(nproc)
B=${BUILD:-build}

# Tracked and new files, but not those that git ignores or that are deleted.
files() {
	git ls-files -z --cached --others --exclude-standard -- "$@" |
		while IFS= read -r -d '' f; do [ -f "$f" ] && printf '%s\n' "$f"; done | sort -u
}

rule_format() {
	files '*.c' '*.h' | xargs -r -n 16 -P "$NPROC" "$FORMAT" --dry-run -Werror 2>&1 |
		sed -nE 's/^([^:]+:[0-9]+):[0-9]+: .*/\1: not as clang-format writes it/p' | sort -u
}

rule_shell() {
	files | while IFS= read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*.*) ;;
		*) head -c 64 "$f" | head -n 1 | grep -aqE '^#!.*\b(ba)?sh$' && echo "$f" ;;
		esac
	done | xargs -r shellcheck -f gcc -x --source-path=SCRIPTDIR
}

# LICENSES/ are the texts themselves. A file that can't hold a comment (expected output, a corpus,
# JSON) has its line in FILE.license beside it or in DIRECTORY/.license for all of a directory.
rule_spdx() {
	local f want where
	files | grep -vE '^LICENSES/|^tests/fuzz/corpus/|\.license$' | while IFS= read -r f; do
		case $f in
		lib/* | scenarios/*) want='MIT' ;;
		*) want='GPL-3.0-or-later' ;;
		esac
		where=$f
		[ -f "$f.license" ] && where=$f.license
		[ -f "$(dirname "$f")/.license" ] && where=$(dirname "$f")/.license
		head -n 6 "$where" | grep -aqE "SPDX-License-Identifier: $want( |\$)" ||
			echo "$f: no line 'SPDX-License-Identifier: $want'"
	done
}

# The rooms of make/rooms.tsv: who may include whom.
rule_rooms() {
	local room uses list
	grep -v '^#' make/rooms.tsv | while IFS=$'\t' read -r room uses; do
		list="$room ${uses#-}"
		[ "$room" = lib ] || [ "$room" = scenarios ] || list="$list runner/base runner/arch"
		files "$room/*.c" "$room/*.h" | grep -vE '^scenarios/go/' |
			xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include "' |
			awk -v room="$room" -v list="$list" '
				BEGIN { n = split(list, may, " "); for (i = 1; i <= n; i++) ok[may[i]] = 1 }
				{ split($0, part, "\""); dir = part[2] }
				!sub(/\/[^\/]*$/, "", dir) { next }
				!(part[2] in ok) && !own(dir) { print $0 " (not allowed in " room "/)" }
				function own(d) { for (m in ok) if (d == m || index(d, m "/") == 1) return 1; return 0 }'
	done
	files 'runner/*.c' 'runner/*.h' 'stats/*' | sed 's|/[^/]*$||' | sort -u | while IFS= read -r room; do
		grep -qE "^(${room}|${room%/*})	" make/rooms.tsv || [ "$room" = runner ] || [ "$room" = runner/base ] || [ "$room" = runner/arch ] ||
			echo "$room/: no row in make/rooms.tsv"
	done
}

# The same rooms, and cycles, by who calls whom in the object files of the build.
rule_symbols() {
	./make/symbols.py make/rooms.tsv make/cycles.tsv "$B/obj:." "$B/glibc/lib:lib" "$B/glibc/preload:lib:preload_" 2>&1
}

# Reads names; prints the first complaints of COMPILER FLAGS... about each.
compile_each() {
	# shellcheck disable=SC2016 # the inner shell expands
	xargs -r -P "$NPROC" -I{} sh -c '
		f=$1; shift
		out=$("$@" -fsyntax-only "$f" 2>&1) && exit
		printf "%s\n" "$out" | grep -m 3 -E "error|warning" || printf "%s: %s\n" "$f" "$out"
	' sh {} "$@"
}

# Alone means as the first include of a file, and twice.
rule_headers() {
	local compiler f
	for compiler in "$CC" "$CLANG"; do
		# A processor's header is for that processor; arch.h includes the one that is.
		files '*.h' | grep -vE '/arch/(x86_64|aarch64)\.h$' | while IFS= read -r f; do
			echo "$f" | compile_each "$compiler" "${FLAGS[@]}" -Wno-unused-function \
				-include "$f" -x c
		done
	done
}

rule_clang() {
	files '*.c' | grep -v '^lib/musl_shim.c$' |
		compile_each "$CLANG" "${FLAGS[@]}" -DHANGRATE_VERSION='"lint"' -DSCENARIO_NAME='"lint"'
}

rule_go() {
	local dir
	command -v go >/dev/null || return 0
	gofmt -l scenarios docker 2>/dev/null | sed 's/$/: not as gofmt writes it/'
	files '*/go.mod' | while IFS= read -r f; do
		dir=$(dirname "$f")
		(cd "$dir" && GOFLAGS=-mod=mod GOTOOLCHAIN=local go vet ./... 2>&1 | grep -v '^#' | sed "s|^|$dir: |")
	done
}

rule_length() {
	local f n
	files | grep -E '\.(c|h|py|sh|go|mk|sql|md)$|(^|/)Makefile$' | while IFS= read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le 500 ] || head -n 30 "$f" | grep -q '500 lines' ||
			echo "$f: $n lines, and no reason for it in its head ('over 500 lines: ...')"
	done
}

# A sentence that users see stands in one literal, so that it can be searched for. Markup may be broken.
rule_strings() {
	# shellcheck disable=SC2016 # awk expands
	files 'runner/*.c' 'lib/*.c' 'stats/*.c' 'reports/*.c' 'scenarios/*.c' | grep -vE '^reports/(html|svg)' |
		xargs -r awk '
			FNR > 1 && before ~ /[A-Za-z,;:] "$/ && before !~ /</ && /^[ \t]*"[A-Za-z0-9(%]/ {
				print FILENAME ":" FNR - 1 ": a sentence is broken in its middle" }
			{ before = $0 }'
}

failed=0
for rule in format shell spdx rooms symbols headers clang go length strings; do
	out=$("rule_$rule")
	if [ -n "$out" ]; then
		printf '%s\n' "$out" | sed "s/^/lint: $rule: /"
		failed=$((failed + $(printf '%s\n' "$out" | wc -l)))
	fi
done
n=$(files | wc -l)
[ "$n" -gt 0 ] || { echo "lint: no file found" >&2; exit 1; }
[ "$failed" -eq 0 ] || { echo "lint: $failed offences in $n files" >&2; exit 1; }
echo "lint: $n files, no offence"
