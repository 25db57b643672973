#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Go room: the package's own tests, what every executable answers, each cure once, an arm that
# was moved, a build with nothing to do, and a build without Go. Skips itself where there is no Go.
# shellcheck disable=SC2317 # functions are called through check()
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
sources=(scenarios/go/*/main.go scenarios/go-*.c)

report() { # STATUS NAME: a TAP line, and on failure what was said
	if [ "$1" -eq 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		sed 's/^/# /' "$tmp/said" 2>/dev/null
		failed=1
	fi
}

check() { # NAME COMMAND...
	local name=$1
	shift
	"$@" >"$tmp/said" 2>&1
	report $? "$name"
}

# --- a build without Go: in a folder of its own, with a PATH that has all but go ---
without_go() {
	mkdir -p "$tmp/bin"
	for tool in /usr/bin/* /bin/*; do
		case ${tool##*/} in go | gofmt) ;; *) ln -sf "$tool" "$tmp/bin/" ;; esac
	done
	PATH=$tmp/bin make -s B="$tmp/none" go-not-built &&
		grep -q $'^go-rawfork-println\tno go in PATH$' "$tmp/none/NOT_BUILT" &&
		[ "$(wc -l <"$tmp/none/NOT_BUILT")" -eq "${#sources[@]}" ] &&
		! PATH=$tmp/bin make -n B="$tmp/none" scenarios | grep -E '(^| )go build|go-1\.'
}
check "without Go the build names what it left out" without_go

if ! command -v go >/dev/null; then
	echo "# no go in PATH: the rest is left out"
	exit $failed
fi
arm=$BUILD/go-$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//; s/[ -].*//')

check "go vet" env -C scenarios/go GOTOOLCHAIN=local CGO_ENABLED=1 go vet ./...
check "go test" env -C scenarios/go GOTOOLCHAIN=local go test ./...

no_release() {
	! make/go.sh 9.9 && ! make/go.sh
}
check "an unknown release is refused" no_release

nothing_to_do() {
	! make -n B="$BUILD" scenarios | grep -E 'scenarios/go|go build'
}
check "nothing is built twice" nothing_to_do

# --- every executable ---
described() { # EXE: valid JSON, its own name, and the arm
	"$1" --describe | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["schema"] == 1 and d["name"] == sys.argv[1] and d["libc"].startswith("go 1."), d
assert d["variants"] and all(e["why"] for v in d["variants"] for e in v["expect"]), d
' "${1##*/}"
}

broken_when_misused() { # EXE: a wrong variant or environment is no verdict about the subject
	"$1" --run no-such-variant
	[ $? -eq 99 ] || return 1
	"$1"
	[ $? -eq 99 ] || return 1
	HANGRATE_KNOBS="no=number" "$1" --run "$2"
	[ $? -eq 99 ]
}

completing() { # EXE: the variants that complete
	"$1" --describe | python3 -c '
import json, sys
for v in json.load(sys.stdin)["variants"]:
	if v["expect"][0]["what"] == "completes":
		print(v["name"])'
}

n=0
for exe in "$arm"/scenarios/go-*; do
	name=${exe##*/}
	n=$((n + 1))
	check "$name describes itself" described "$exe"
	cures=$(completing "$exe")
	check "$name has cures" test -n "$cures"
	for cure in $cures; do
		check "$name/$cure completes" timeout 60 "$exe" --run "$cure"
	done
	check "$name is broken, not failed, when misused" broken_when_misused "$exe" "${cures%%[[:space:]]*}"
done
check "every scenario was built" test "$n" -eq "${#sources[@]}"

moved() { # the library and the service are found beside the executable
	cp -r "$arm" "$tmp/elsewhere" &&
		(cd / && timeout 60 "$tmp/elsewhere/scenarios/go-shared-host" --run lazy-dlopen &&
			timeout 60 "$tmp/elsewhere/scenarios/go-shared-host" --run service) &&
		ldd "$tmp/elsewhere/linked/go-shared-prefork" | grep "$tmp/elsewhere/.*lib/libhangrate-go.so"
}
check "an arm that was moved works" moved

exit $failed
