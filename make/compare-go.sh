#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# compare-go.sh RELEASE...: builds the Go scenarios with each release and runs them in one plan, in
# which the releases take turns, so that noise of the machine falls on all alike.
#
# TRIALS, SEED, JOBS, SCENARIOS (patterns) and RUNFLAGS come from the environment. Writes the record
# out/compare-go.db, its summary .json, and from that the table out/compare-go.md, which is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

B=${B:-build}
TRIALS=${TRIALS:-40}
SEED=${SEED:-1}
read -ra patterns <<<"${SCENARIOS:-go-rawfork-* go-shared-*}"
read -ra flags <<<"${RUNFLAGS:-}"
read -ra releases <<<"$*"
[ "${#releases[@]}" -gt 0 ] || { echo "compare-go: no Go release named; say GO=\"1.21.13 1.26.8\"" >&2; exit 2; }

arms=$B/compare-go
rm -rf "$arms" out/compare-go.db*
mkdir -p "$arms" out
for release in "${releases[@]}"; do
	tool=$(make/go.sh "$release")
	version=$(env "${tool% *}" "${tool##* }" env GOVERSION | sed 's/^go//; s/[ -].*//')
	echo "compare-go: building with Go $version" >&2
	make -s go B="$B" GO_ARM="$B/go-arms/go-$version" GO_TOOL="$tool" GO_VERSION="$version"
	ln -s "../go-arms/go-$version" "$arms/go-$version"
done

command=("$B/hangrate" run --scenarios "$arms" -n "$TRIALS" --seed "$SEED" --db out/compare-go.db --json out/compare-go.json)
[ -z "${JOBS:-}" ] || command+=(-j "$JOBS")
command+=("${flags[@]}" "${patterns[@]}")
# 1 means that an expectation was not met: a finding. More means that the figures can't be believed.
status=0
"${command[@]}" >out/compare-go.txt || status=$?
[ "$status" -le 1 ] || { echo "compare-go: hangrate ended with $status" >&2; exit "$status"; }
make/compare-go.py out/compare-go.json \
	"make compare-go GO=\"${releases[*]}\" TRIALS=$TRIALS SEED=$SEED${JOBS:+ JOBS=$JOBS}${SCENARIOS:+ SCENARIOS=\"$SCENARIOS\"}${RUNFLAGS:+ RUNFLAGS=\"$RUNFLAGS\"}" \
	>out/compare-go.md
cat out/compare-go.md
