#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The delay points: stock libfiu hangs a correct program that forks, ours does not, and says what it did.
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/points/run.sh "$@"
exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests python3 tests/points/check.py
