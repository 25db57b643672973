#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lock orders that deadlock are predicted from a run in which nothing happened, and then made to
# happen; of healthy programs nothing is predicted. On both libcs, in C and C++.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

HANGRATE=${HANGRATE:-$PWD/../../build/hangrate}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_CACHE_HOME="$dir/cache"
failed=0

tap() { # STATUS NAME
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		failed=1
	fi
}

gcc -g -O1 -pthread order.c -o "$dir/glibc" || exit 1
programs=(glibc)
if command -v musl-gcc >/dev/null; then
	musl-gcc -g -O1 order.c -o "$dir/musl" || exit 1
	programs+=(musl)
fi
g++ -std=c++17 -g -O0 -pthread order.cc -o "$dir/cpp-O0" || exit 1
g++ -std=c++17 -g -O2 -pthread order.cc -o "$dir/cpp-O2" || exit 1

planted() { # PROGRAM MODE WHERE
	local out status=0
	out=$("$HANGRATE" lint --confirm 10 -- "$dir/$1" "$2" 2>&1)
	grep -q '^1\. confirmed: ' <<<"$out" || status=1
	grep -q 'confirmed: deadlock in trial' <<<"$out" || status=1
	grep -qE "$3" <<<"$out" || status=1
	# shellcheck disable=SC2001 # every line
	[ $status = 0 ] || sed 's/^/# /' <<<"$out"
	tap $status "$1 $2: predicted and confirmed"
}

healthy() { # PROGRAM MODE
	local out status=0
	out=$("$HANGRATE" lint -- "$dir/$1" "$2" 2>&1) || status=1
	grep -q '^1\.' <<<"$out" && status=1
	# shellcheck disable=SC2001 # every line
	[ $status = 0 ] || sed 's/^/# /' <<<"$out"
	tap $status "$1 $2: nothing is predicted"
}

for program in "${programs[@]}"; do
	planted "$program" mutex 'holds mutex a, taken in take_two \(.*order\.c:[0-9]+\)'
	planted "$program" three '3 threads'
	planted "$program" rwlock 'holds read-write lock r for reading'
	planted "$program" semaphore 'wants semaphore one in semaphores'
	planted "$program" try_first 'wants mutex a in try_first'
	for mode in ok_gate ok_joined ok_order ok_try ok_timed ok_recursive ok_readers ok_counting \
		ok_handed ok_spin; do
		healthy "$program" "$mode"
	done
done
for program in cpp-O0 cpp-O2; do
	planted "$program" mutex 'wants mutex [AB] in Bank::(transfer|audit) \(.*order\.cc'
	healthy "$program" ok_scoped
done

# What was found is a rule, which the record keeps and repro repeats.
"$HANGRATE" run -q --inject order -n 6 --db "$dir/db" -- "$dir/glibc" mutex >/dev/null 2>&1
"$HANGRATE" repro "$dir/db" lock-cycle >"$dir/repro"
grep -q -- '--inject order:at=main+0x' "$dir/repro"
tap $? 'repro names the places where the threads are held'
"$HANGRATE" repro "$dir/db" lock-cycle --run >"$dir/again" 2>&1
[ $? = 1 ] && grep -qE 'lock|deadlock' "$dir/again"
tap $? 'repro --run hangs again'
"$HANGRATE" lint --json -- "$dir/glibc" three >"$dir/json" 2>/dev/null
python3 <"$dir/json" -c 'import json,sys; o=json.load(sys.stdin)["lock_orders"]; sys.exit(not(len(o)==1 and len(o[0]["threads"])==3 and o[0]["state"]=="predicted"))'
tap $? 'JSON has the three threads'
exit $failed
