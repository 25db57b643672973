#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads `hangrate list --json` and prints SCENARIO/VARIANT of each fix of the catalogue: what completes
wherever it exists, and stands beside a hazard. The matrix of libc functions is not part of it."""
import json
import sys

expected = {}
for scenario in json.load(sys.stdin)["scenarios"]:
    for variant in scenario["variants"]:
        expected.setdefault((scenario["name"], variant["name"]), set()).add(variant["expect"])
for (name, variant), words in sorted(expected.items()):
    if words == {"completes"} and not name.startswith("libc-"):
        print(f"{name}/{variant}")
