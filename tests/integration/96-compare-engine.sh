#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# compare.sh with the engine that answers here: a real image of a real libc, from Debian's packages.
. "$(dirname "$0")/common.sh"

work=$SCRATCH/work
mkdir -p "$work/specimen"
ln -s "$(realpath "$BUILD")/glibc" "$work/specimen/glibc"
if readelf -lW "$HANGRATE" | grep -q INTERP; then
	echo "ok 96-compare-engine: a real container # SKIP this runner is not static, as with sanitizers"
	exit
fi
if ! docker version >/dev/null 2>&1; then
	echo "ok 96-compare-engine: a real container # SKIP no docker engine answers"
	exit
fi
if ! docker/base.sh glibc-2.36 "$work" >/dev/null 2>"$SCRATCH/err"; then
	echo "ok 96-compare-engine: a real container # SKIP $(tail -n 1 "$SCRATCH/err")"
	exit
fi
LIBCS=glibc-2.36 SCENARIOS="libc-mutex/fork libc-mutex/vfork" TRIALS=4 JOBS=2 limit 100 \
	docker/compare.sh "$work" "$HANGRATE" "$SCRATCH/made" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
status=$?
check "a real container: status 0" is "$status" 0
check "the hazard hangs in it" grep -q '^"libc-mutex","fork","",.*,4,0,4,' "$SCRATCH/made/compare.csv"
check "the cure doesn't" grep -q '^"libc-mutex","vfork","",.*,4,4,0,' "$SCRATCH/made/compare.csv"
check "it says which Debian the libc is of" grep -q "glibc-2.36: Debian bookworm" "$SCRATCH/made/compare.md"
finish
