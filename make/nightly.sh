#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One night: runs the scenarios, compares with the nights before in the same database, writes the
# reports. HANGRATE DB OUT BUDGET JOBS NIGHTS KEEP_DAYS [RUN-ARGUMENTS...]
# Exit status: 0 nothing got worse, 1 something did or an expectation was not met, 3 it can't be told.
set -euo pipefail

hangrate=$1 db=$2 out=$3 budget=$4 jobs=$5 nights=$6 keep=$7
shift 7
mkdir -p "$out" "$(dirname "$db")"
first=
[ -s "$db" ] || first=yes
# A seed of its own for each night, printed by the run and kept in the record.
seed=${SEED:-$(od -An -N7 -tu8 /dev/urandom | tr -d ' ')}

status=0
"$hangrate" run --budget "$budget" --jobs "$jobs" --seed "$seed" --db "$db" "$@" || status=$?
[ "$status" -le 1 ] || [ "$status" -eq 3 ] || exit "$status"

checked=0
if [ -n "$first" ]; then
	echo "nightly: first night of '$db': nothing to compare with yet" | tee "$out/check.txt"
else
	"$hangrate" check "$db" --baseline "$db" --nights "$nights" --confirm --prune "$keep" \
		${ALLOW_CHANGED:+--allow-changed} | tee "$out/check.txt" || checked=$?
fi
"$hangrate" report "$db" --html "$out/nightly.html" --md "$out/nightly.md" \
	--json "$out/nightly.json" --junit "$out/nightly.xml" || status=3
if [ "$checked" -gt "$status" ]; then
	status=$checked
fi
exit "$status"
