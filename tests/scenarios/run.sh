#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The scenarios: every fix ends every time, every buggy variant hangs once, on each libc; and what is
# found in the hang names the scenario.
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/scenarios/run.sh "$@"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests
python3 tests/scenarios/check.py
first=$?
python3 tests/scenarios/causes.py
second=$?
[ $first -eq 0 ] && [ $second -eq 0 ]
