# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
# The Makefile: what is built anew, what is taken away, where it is built.

# make itself runs the tests: what it hands to its children is none of these makes' business.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES WERROR
quick=obj/runner/base/scan.o

build() { # B GOAL ARG...
	local b=$1 goal=$2
	shift 2
	make B="$b" "$b/$goal" "$@"
}

make_deps_first() {
	local first
	first=$(make -n -j8 deps stress B="$work/deps" 2>/dev/null | head -n 1)
	[ "$first" = ./make/deps.sh ] || { echo "first: $first"; return 1; }
}
make_rebuilds() {
	local b=$work/flags
	build "$b" $quick CFLAGS=-O0 | grep -q '^CC ' || { echo "not built"; return 1; }
	! build "$b" $quick CFLAGS=-O0 | grep '^CC ' || { echo "built twice"; return 1; }
	build "$b" $quick CFLAGS=-O1 | grep -q '^CC ' || { echo "not built for other CFLAGS"; return 1; }
	build "$b" $quick CFLAGS=-O1 SAN=undefined | grep -q '^CC ' || { echo "not built for SAN"; return 1; }
	build "$b" $quick CFLAGS=-O1 CC='gcc -pipe' | grep -q '^CC ' || { echo "not built for CC"; return 1; }
	build "$b" $quick CFLAGS=-O1 CPPFLAGS=-DX | grep -q '^CC ' || { echo "not built for CPPFLAGS"; return 1; }
}
make_verbose() {
	build "$work/v" $quick V=1 WERROR=1 | grep -q 'gcc .*-Werror.* -c runner/base/scan.c' &&
		! build "$work/w" $quick V=1 | grep -e -Werror
}
make_prunes() {
	local b=$work/prune
	mkdir -p "$b/glibc/scenarios"
	touch "$b/glibc/scenarios/renamed" "$b/glibc/scenarios/mutex-held"
	make B="$b" prune && [ ! -e "$b/glibc/scenarios/renamed" ] && [ -e "$b/glibc/scenarios/mutex-held" ]
}
make_folder_with_space() {
	local link
	make B="$work/a b" "$(make/link.sh "$work/a b")/$quick" >/dev/null
	link=$(make/link.sh "$work/a b")
	rm -f "$link"
	[ -f "$work/a b/$quick" ]
}
# What an archive has: all but what was built
sources() {
	git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . \( -path ./build -o -path ./out \) -prune -o -type f -print0
}
make_in_path_with_space() {
	local copy="$work/c d"
	mkdir "$copy"
	sources |
		while IFS= read -r -d '' f; do [ ! -f "$f" ] || printf '%s\0' "$f"; done |
		tar --null --files-from=- -cf - | tar -xf - -C "$copy"
	make -C "$copy" build/$quick build/glibc/targets/trivial build/obj/runner/store/schema.o &&
		[ -f "$copy/build/$quick" ]
}

run_case "make: deps come first" make_deps_first
run_case "make: other flags compile anew, the same ones do not" make_rebuilds
run_case "make: V=1 shows commands, WERROR=1 makes warnings errors" make_verbose
run_case "make: what has no source is taken away" make_prunes
run_case "make: B may hold a space" make_folder_with_space
run_case "make: the source's path may hold a space" make_in_path_with_space

deps_say() { # ID ID_LIKE STATUS PATTERN: what make/deps.sh says there, and how it ends
	local out status=0
	printf 'ID=%s\nID_LIKE="%s"\n' "$1" "$2" >"$work/os-release"
	out=$(OS_RELEASE=$work/os-release DEPS_DRY_RUN=1 make/deps.sh 2>&1) || status=$?
	echo "$1: status $status: $out"
	[ "$status" = "$3" ] && grep -qE "$4" <<<"$out"
}
deps_elsewhere() {
	deps_say fedora '' 1 '^dnf install .*elfutils-devel' && deps_say manjaro arch 1 '^pacman .*jansson' &&
		deps_say alpine '' 1 '^apk add .*musl-dev' && deps_say alpine '' 1 'no package here: libfiu-dev' &&
		deps_say void '' 1 'libjansson-dev'
}
deps_like_debian() {
	command -v dpkg-query >/dev/null || return 0
	deps_say ubuntu debian 0 '^deps: (all|missing) '
}
run_case "deps: elsewhere the packages are named" deps_elsewhere
run_case "deps: Ubuntu is like Debian" deps_like_debian
