#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The scenarios: every fix ends every time, every buggy variant hangs once, on each libc.
cd "$(dirname "$0")/../.." && exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests python3 tests/scenarios/check.py
