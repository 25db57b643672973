#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does what `make compare` measured agree with what is known? facts-check.py CSV FACTS WHY.

Each row of FACTS says that a function never hangs ("0") or does ("hangs") on some libcs. A cell that
differs needs a row in WHY. Status 1: some cell differs and nobody says why; 3: nothing was compared."""
import csv
import fnmatch
import sys


def rows(path, width):
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f]
    found = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for row in found:
        if len(row) != width:
            sys.exit(f"facts-check: '{path}': not {width} fields: {row}")
    return found


def measured(path):
    with open(path, newline="", encoding="utf-8") as f:
        for r in csv.DictReader(f):
            if not r["inject"] and int(r["trials"]):
                key = (r["target"].removeprefix("libc-"), r["libc"], r["variant"])
                yield key, int(r["deadlock"]), int(r["timeout"]), int(r["trials"])


def main():
    facts, reasons = rows(sys.argv[2], 5), rows(sys.argv[3], 4)
    cells = list(measured(sys.argv[1]))
    agree = explained = differ = absent = 0
    for source, function, libc, way, expected in facts:
        of_fact = [c for c in cells if c[0][0] == function and c[0][2] == way and fnmatch.fnmatch(c[0][1], libc)]
        absent += not of_fact
        for key, deadlocks, timeouts, n in of_fact:
            if (deadlocks + timeouts > 0) == (expected == "hangs"):
                agree += 1
                continue
            why = next((r[3] for r in reasons if r[0] == function and r[2] == way and fnmatch.fnmatch(key[1], r[1])), None)
            explained, differ = explained + bool(why), differ + (not why)
            print(f"{function} {way}, {key[1]}: {source} says {expected}, measured {deadlocks + timeouts} of {n}"
                  f"{f' ({timeouts} not proven)' if timeouts else ''}: {why or 'NOT EXPLAINED'}")
    print(f"{agree} cells agree, {explained} differ and are explained, {differ} differ; {absent} facts have no cell here")
    if not agree + explained + differ:
        sys.exit(3)
    sys.exit(1 if differ else 0)


main()
