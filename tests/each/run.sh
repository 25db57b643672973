#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hangrate run --each with real test runners: each has one test that passes and one that hangs. A runner
# that is not installed is skipped, with its name. Prints TAP lines.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/each/run.sh "$@"

HANGRATE=${HANGRATE:-$(realpath "${BUILD:-build}")/hangrate}
limit=$(realpath "${BUILD:-build}")/glibc/targets/limit # unlike timeout(1) without an alarm
work=$(mktemp -d "${TMPDIR:-/tmp}/hangrate-each.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# runner NAME FINE HANGS COMMAND...: FINE never hung, HANGS always did
runner() {
	local name=$1 fine=$2 hangs=$3
	shift 3
	"$limit" 120 "$HANGRATE" run --each -q -n 2 --timeout 20s --db none --json cells -- "$@" >out 2>err </dev/null
	if [ $? = 1 ] && python3 - "$fine" "$hangs" <<-'EOF'; then
		import json, sys
		cells = {c["target"]: c for c in json.load(open("cells"))["cells"] if not c.get("canary")}
		fine, hangs = cells[sys.argv[1]], cells[sys.argv[2]]
		sys.exit(not (fine["pass"] == 2 and hangs["deadlock"] + hangs["timeout"] == 2))
	EOF
		echo "ok each: $name"
	else
		failures=$((failures + 1))
		echo "not ok each: $name"
		cat err out | head -n 20 | sed 's/^/# /'
	fi
}

skip() {
	echo "# skipped $1: not installed"
}

python=
for p in python3 /usr/bin/python3; do
	[ -n "$python" ] || ! "$p" -c 'import pytest' 2>/dev/null || python=$p
done
if [ -n "$python" ]; then
	cat >test_a.py <<-'EOF'
		import threading
		def test_fine(): pass
		def test_again():
		    lock = threading.Lock()
		    lock.acquire()
		    lock.acquire()
	EOF
	runner pytest test_a.py::test_fine test_a.py::test_again "$python" -m pytest -q -p no:cacheprovider test_a.py
else
	skip pytest
fi

cat >again.c <<'EOF'
#include <pthread.h>
int main(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	return pthread_mutex_lock(&m) || pthread_mutex_lock(&m);
}
EOF
if command -v ctest >/dev/null; then
	cc -g again.c -o again -pthread
	printf 'add_test(fine "/bin/true")\nadd_test(a.gain "%s/again")\n' "$work" >CTestTestfile.cmake
	runner ctest fine a.gain ctest
else
	skip ctest
fi

cat >g.cc <<'EOF'
#include <gtest/gtest.h>
#include <pthread.h>
TEST(Lock, Fine) {}
TEST(Lock, Again)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&m);
	pthread_mutex_lock(&m);
}
EOF
if command -v g++ >/dev/null && g++ -g g.cc -o g -lgtest -lgtest_main -pthread 2>/dev/null; then
	runner gtest Lock.Fine Lock.Again ./g
else
	skip gtest
fi

# No runner: refused before anything is run.
"$HANGRATE" run --each --db none -- sh -c 'touch was-run' >out 2>err
if [ $? = 2 ] && grep -q "no test runner" err && [ ! -e was-run ]; then
	echo "ok each: a program that is no test runner"
else
	failures=$((failures + 1))
	echo "not ok each: a program that is no test runner"
fi
[ "$failures" -eq 0 ]
