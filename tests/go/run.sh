#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Go room: the package's own tests, what every executable answers, each cure once, an arm that
# was moved, a build with nothing to do, and a build without Go. Skips itself where there is no Go.
# shellcheck disable=SC2317 # functions are called through check()
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/go/run.sh "$@"

BUILD=${BUILD:-build}
limit=$(realpath "$BUILD")/glibc/targets/limit # unlike timeout(1) without an alarm
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
	[ -x "$exe" ] || continue # what a build with coverage notes down
	name=${exe##*/}
	n=$((n + 1))
	check "$name describes itself" described "$exe"
	cures=$(completing "$exe")
	check "$name has cures" test -n "$cures"
	for cure in $cures; do
		check "$name/$cure completes" "$limit" 60 "$exe" --run "$cure"
	done
	check "$name is broken, not failed, when misused" broken_when_misused "$exe" "${cures%%[[:space:]]*}"
done
check "every scenario was built" test "$n" -eq "${#sources[@]}"

# --- a stuck child, explained ---
explained() { # SCENARIO VARIANT PATTERN...: what `why` says of the tree, line after line
	local exe=$arm/scenarios/$1 variant=$2 pid proven=1
	shift 2
	for _ in $(seq 20); do # a child may come through, or poll
		setsid "$exe" --run "$variant" &
		pid=$!
		for _ in $(seq 60); do # no fixed time: the proof says when the child is stuck
			"$HANGRATE" why "$pid" >"$tmp/why" 2>&1
			grep -qE '^(stuck|asleep|not proven: )' "$tmp/why" && proven=0 && break 2 # not proven: unless an alarm runs out
			kill -0 "$pid" 2>/dev/null || break
		done
		kill -9 -- -"$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	kill -9 -- -"$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	cat "$tmp/why"
	[ "$proven" -eq 0 ] && python3 - "$tmp/why" "$@" <<-'END'
		import re, sys
		text = open(sys.argv[1]).read()
		for pattern in sys.argv[2:]:
		    found = re.search(pattern, text)
		    assert found, pattern
		    text = text[found.end():]
	END
}

HANGRATE=${HANGRATE:-$(realpath "$BUILD")/hangrate}
check "why shows the published stack of a parked M, and its parent that waits" \
	explained go-shared-host warm-goroutine 'parked M \(runtime.notesleep\)' 'stayed in the parent at fork' \
	'typical fix: run no Go code between' 'waits for the end of its child' 'runtime\.futexsleep' 'runtime\.notesleep' \
	'runtime\.stoplockedm' 'runtime\.schedule'
check "why shows a stuck saver's collection" \
	explained go-watchdog notify-sigterm '(stopped world|worker of the Go garbage|lock of the Go|parked M|processor)' \
	'typical fix: run no Go code' \
	'runtime\.futex' 'runtime\.(notesleep|lock2)'
check "why shows a printing child" \
	explained go-rawfork-println busy 'a child of [0-9]*' 'stayed in the parent' 'runtime\.futex' \
	'runtime\.(notesleep|lock2)'
check "why shows a prefork worker" \
	explained go-shared-prefork implicit 'parked M \(runtime.notesleep\)' \
	'runtime\.stoplockedm' 'runtime\.schedule'
check "why tells an unfinished start of the runtime" \
	explained go-shared-host trivial 'start of the Go runtime to finish' 'pthread_cond_wait' \
	'_cgo_wait_runtime_init_done'

# --- what times out: proven it can't be, told it can ---
told() { # SCENARIO VARIANT KNOBS PATTERN...: the first line of `why`, and the cause that `run` keeps
	local exe=$arm/scenarios/$1 name=$1/$2 variant=$2 knobs=$3 pid seen=1
	shift 3
	for _ in 1 2 3 4 5; do # it may come to another place, where it is proven
		HANGRATE_KNOBS=$knobs setsid "$exe" --run "$variant" >"$tmp/out" &
		pid=$!
		for _ in $(seq 100); do # until it has come to where it stays
			"$HANGRATE" why "$pid" >"$tmp/why" 2>&1
			sed -n 1p "$tmp/why" >"$tmp/line"
			one_line "$tmp/line" "$@" 2>/dev/null && seen=0 && break
			kill -0 "$pid" 2>/dev/null || break
		done
		kill -9 -- -"$pid"
		wait "$pid" 2>/dev/null
		[ "$seen" -ne 0 ] || break
	done
	cat "$tmp/why"
	[ "$seen" -eq 0 ] || return 1
	"$HANGRATE" run --scenarios "$BUILD" --db none -q -n 3 --seed 1 --html "$tmp/run.html" --json "$tmp/run.json" \
		"$name" >"$tmp/run.txt"
	python3 - "$tmp/run.json" "$@" <<-'END' || return 1
		import json, re, sys
		cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["timeout"] and not c["canary"]]
		assert cells, "nothing timed out"
		for c in cells:
		    causes = [k for k in c["causes"] if k["class"] == "unproven"]
		    assert sum(k["count"] for k in causes) == c["timeout"], c["causes"]
		    assert any(re.search(".*".join(sys.argv[2:]), k["summary"]) for k in causes), causes
		    assert all(k["detail"]["proven"] is False and k["detail"]["threads"] for k in causes)
	END
	grep -q 'x not proven, most likely' "$tmp/run.txt" &&
		grep -q 'not proven, most likely' "$tmp/run.html"
}

one_line() { # FILE PATTERN...
	python3 -c '
import re, sys
text = open(sys.argv[1]).read()
assert text.startswith("not proven, most likely: ") and re.search(".*".join(sys.argv[2:]), text), text' "$@"
}
check "a full pipe that times out is named, and who should read it" \
	told go-exec-pipes one-after-the-other volume=1048576 'in main\.talk' 'writes to a full pipe' \
	'65536 of 65536' 'which go-exec-pipes .* should read' 'polls .*pipe'
check "a collector that polls is named, and its parent that waits" \
	told go-rawfork-gc rawfork '' 'go-rawfork-gc .*waits for a safe point of every processor' \
	'stayed in the parent at fork' 'waits for the end of its child'
check "the queues of a socket that times out are counted" \
	told go-tcp-sendq never-read buffer=16384 'tcp 127.0.0.1:' 'Send-Q [0-9]* Recv-Q [0-9]*, other end' 'sum [0-9]* bytes'

accounted() { # what the sender says that it wrote is what stands in the queues
	local pid written sum
	HANGRATE_KNOBS=buffer=16384 setsid "$arm/scenarios/go-tcp-sendq" --run never-read >"$tmp/out" &
	pid=$!
	for _ in $(seq 100); do
		"$HANGRATE" why "$pid" >"$tmp/why" 2>&1
		written=$(sed -n '$s/^written \([0-9]*\) = .*/\1/p' "$tmp/out")
		sum=$(sed -n '1s/.* sum \([0-9]*\) bytes.*/\1/p' "$tmp/why")
		[ -n "$written" ] && [ "$written" = "$sum" ] && break
	done
	kill -9 -- -"$pid"
	wait "$pid" 2>/dev/null
	echo "written ${written:-?}, in the queues ${sum:-?}"
	[ -n "$written" ] && [ "$written" = "$sum" ]
}
check "written = Send-Q + Recv-Q, by the sender's count and by the kernel's" accounted

# The prefork server is proven stuck, the collector that polls is not; now and then the fork comes while some
# thread holds a lock of the runtime, which is proven.
verdicts() {
	"$HANGRATE" run --scenarios "$BUILD" --db none -q -n 3 --seed 1 --json "$tmp/run.json" \
		go-shared-prefork/implicit go-rawfork-gc/rawfork
	python3 - "$tmp/run.json" <<-'END'
		import json, sys
		cells = {c["target"]: c for c in json.load(open(sys.argv[1]))["cells"]}
		assert cells["go-shared-prefork"]["deadlock"] == 3
		assert cells["go-rawfork-gc"]["timeout"] > 0
		assert cells["go-rawfork-gc"]["timeout"] + cells["go-rawfork-gc"]["deadlock"] == 3
	END
}
check "verdicts of a stuck and of a polling child" verdicts

moved() { # the library and the service are found beside the executable
	cp -r "$arm" "$tmp/elsewhere" &&
		(cd / && "$limit" 60 "$tmp/elsewhere/scenarios/go-shared-host" --run lazy-dlopen &&
			"$limit" 60 "$tmp/elsewhere/scenarios/go-shared-host" --run service) &&
		ldd "$tmp/elsewhere/linked/go-shared-prefork" | grep "$tmp/elsewhere/.*lib/libhangrate-go.so"
}
check "an arm that was moved works" moved

exit $failed
