#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare-go.py SUMMARY.json COMMAND: the summary of a run over several Go releases as a table.

One row a cell, one column a release: P(hang), its interval, hangs/trials; and in words whether the
releases differ. Two releases are said to differ when their intervals do not overlap, which is
stricter than a test at the same confidence. All figures are the summary's own.
"""
import datetime
import json
import os
import sys


def version_key(libc):
    return [int(p) if p.isdigit() else 0 for p in libc.split()[-1].split(".")]


def hangs(cell):
    return cell["deadlock"] + cell["timeout"]


def percent(p):
    return f"{100 * p:.3g}"


def show(cell):
    if cell["trials"] == 0:
        return "no trial"
    text = (f"{percent(cell['p_hang'])} % [{percent(cell['ci_low'])}, {percent(cell['ci_high'])}] "
            f"{hangs(cell)}/{cell['trials']}")
    others = [f"{cell[v]} {v}" for v in ("recovered", "fail", "crash", "broken") if cell[v]]
    return text + ("; " + ", ".join(others) if others else "")


def how(cells):
    """What the hangs of a row are."""
    proven = sum(c["deadlock"] for c in cells)
    timeouts = sum(c["timeout"] for c in cells)
    recovered = sum(c["recovered"] for c in cells)
    parts = [f"{n} {w}" for n, w in ((proven, "proven"), (timeouts, "not proven"), (recovered, "recovered")) if n]
    return ", ".join(parts) if parts else "none"


def differences(cells):
    """In words; cells are in the order of their releases."""
    cells = [c for c in cells if c["trials"]]
    if len(cells) < 2:
        return "nothing to compare"
    low = max(cells, key=lambda c: c["ci_low"])
    high = min(cells, key=lambda c: c["ci_high"])
    if low["ci_low"] > high["ci_high"]:
        return (f"differs: {low['libc']} hangs more often than {high['libc']} "
                f"({hangs(low)}/{low['trials']} against {hangs(high)}/{high['trials']})")
    total = sum(c["trials"] for c in cells)
    if not any(hangs(c) for c in cells):
        return f"no release hangs (0/{total})"
    if all(hangs(c) == c["trials"] for c in cells):
        return f"every release hangs every time ({total}/{total})"
    if all(hangs(c) for c in cells):
        return "every release hangs; no difference shown"
    return "no difference shown"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        summary = json.load(f)
    rows = {}
    for c in summary["cells"]:
        if c["libc"].startswith("go "):
            rows.setdefault((c["target"], c["variant"], c["inject"]), {})[c["libc"]] = c
    if not rows:
        sys.exit("compare-go: no cell of a Go release in the summary")
    releases = sorted({libc for row in rows.values() for libc in row}, key=version_key)
    confidence = {c["confidence"] for row in rows.values() for c in row.values()}
    print(f"Measured on {datetime.date.today().isoformat()}, Linux {os.uname().release} {os.uname().machine}, "
          f"{os.cpu_count()} CPUs; confidence {', '.join(f'{c:g}' for c in sorted(confidence))}. Repeat it with\n")
    print(f"    {sys.argv[2]}\n")
    print("A field is P(hang) [interval] hangs/trials.\n")
    print("| scenario | " + " | ".join(releases) + " | hangs are | differences |")
    print("| --- |" + " --- |" * (len(releases) + 2))
    for (target, variant, inject), row in rows.items():
        cells = [row[r] for r in releases if r in row]
        name = f"{target}/{variant}" + (f" {inject}" if inject else "")
        fields = [show(row[r]) if r in row else "not built" for r in releases]
        print("| " + " | ".join([name, *fields, how(cells), differences(cells)]) + " |")


if __name__ == "__main__":
    main()
