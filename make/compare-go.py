#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare-go.py SUMMARY.json COMMAND: the summary of a run over several Go releases as a table.

One row a cell, one column a release: P(hang), its interval, hangs/trials; and in words whether the
releases differ: the extreme ones are tested by Fisher's exact test at ALPHA, after Bonferroni's
correction for all pairs of the table. All other figures are the summary's own.
"""
import datetime
import json
import math
import os
import re
import sys

ALPHA = 0.05


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


def fisher(k1, n1, k2, n2):
    """Two-sided p of Fisher's exact test: the tables that are no likelier than this one."""
    def likelihood(k):
        return math.comb(n1, k) * math.comb(n2, k1 + k2 - k)

    here = likelihood(k1)
    ks = range(max(0, k1 + k2 - n2), min(n1, k1 + k2) + 1)
    return sum(x for x in map(likelihood, ks) if x <= here) / math.comb(n1 + n2, k1 + k2)


def extremes(cells, share, of):
    """The two cells with the largest and the smallest share, and the p that they are alike."""
    cells = [c for c in cells if of(c)]
    if len(cells) < 2:
        return None
    most = max(cells, key=lambda c: share(c) / of(c))
    least = min(cells, key=lambda c: share(c) / of(c))
    return most, least, fisher(share(most), of(most), share(least), of(least))


def differences(cells, n_tests):
    """In words: in how often, or else in how; n_tests is how many the whole table makes at most."""
    cells = [c for c in cells if c["trials"]]
    if len(cells) < 2:
        return "nothing to compare"
    most, least, p = extremes(cells, hangs, lambda c: c["trials"])
    if p * n_tests < ALPHA:
        return (f"differs: {most['libc']} hangs more often than {least['libc']} ({hangs(most)}/{most['trials']} "
                f"against {hangs(least)}/{least['trials']}, p = {p * n_tests:.2g})")
    how_often = "no difference shown"
    total = sum(c["trials"] for c in cells)
    if not any(hangs(c) for c in cells):
        how_often = f"no release hangs (0/{total})"
    elif all(hangs(c) == c["trials"] for c in cells):
        how_often = f"every release hangs every time ({total}/{total})"
    elif all(hangs(c) for c in cells):
        how_often = "every release hangs; no difference in how often shown"
    kinds = extremes(cells, lambda c: c["deadlock"], hangs)
    if kinds and kinds[2] * n_tests < ALPHA:
        most, least, p = kinds
        how_often += (f"; differs in how: {most['deadlock']} of {hangs(most)} hangs are at rest and proven on "
                      f"{most['libc']}, {least['deadlock']} of {hangs(least)} on {least['libc']} (p = {p * n_tests:.2g})")
    return how_often


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
    n_tests = 2 * sum(len(row) * (len(row) - 1) // 2 for row in rows.values())
    kernel = re.match(r"[0-9.]*[0-9]", os.uname().release).group()
    print(f"Measured on {datetime.date.today().isoformat()}, Linux {kernel} {os.uname().machine}, "
          f"{os.cpu_count()} CPUs; confidence {', '.join(f'{c:g}' for c in sorted(confidence))}. Repeat it with\n")
    print(f"    {sys.argv[2]}\n")
    print(f"A field is P(hang) [interval] hangs/trials. A difference is said to be one by Fisher's test at {ALPHA:g} "
          f"over the {n_tests}\ntests that the table could make (Bonferroni): of how often, and of how many hangs are proven.\n")
    print("| scenario | " + " | ".join(releases) + " | hangs are | differences |")
    print("| --- |" + " --- |" * (len(releases) + 2))
    for (target, variant, inject), row in rows.items():
        cells = [row[r] for r in releases if r in row]
        name = f"{target}/{variant}" + (f" {inject}" if inject else "")
        fields = [show(row[r]) if r in row else "not built" for r in releases]
        print("| " + " | ".join([name, *fields, how(cells), differences(cells, n_tests)]) + " |")


if __name__ == "__main__":
    main()
