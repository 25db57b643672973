#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hangrate lint on every variant of every scenario: what hangs through fork is named, every cure is silent.
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TESTS_OWN-}" ] || exec tests/own.sh tests/lint/run.sh "$@"
exec env PYTHONDONTWRITEBYTECODE=1 python3 tests/lint/check.py
