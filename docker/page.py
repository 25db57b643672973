#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what `make compare` measured into docs/fork-safety.md: page.py CSV RECORD PAGE.

Between `<!-- measured: NAME -->` and `<!-- end -->` the page is made anew; the prose around stays.
NAME is `when`, `causes`, or a way of forking, for which it is the table."""
import csv
import datetime
import re
import sqlite3
import sys


def name(row):
    return row["target"].removeprefix("libc-")


def percent(p):
    return f"{100 * p:.0f}" if p >= 0.1 or p == 0 else f"{100 * p:.2g}"


def cell(row):
    if row is None:
        return "–"
    n = int(row["trials"])
    hangs = int(row["deadlock"]) + int(row["timeout"])
    wrong = int(row["fail"]) + int(row["crash"])
    low, high = float(row["ci_low"]), float(row["ci_high"])
    text = f"**{hangs}/{n}** {percent(low)}–{percent(high)} %" if hangs else f"0/{n} < {100 * high:.2g} %"
    if int(row["timeout"]):
        text += f", {row['timeout']} not proven"
    return text + (f", wrong {wrong}" if wrong else "")


def table(rows, libcs, way):
    of_way = [r for r in rows if r["variant"] == way and not r["inject"]]
    at = {(name(r), r["libc"]): r for r in of_way}
    lines = ["| child calls | " + " | ".join(libcs) + " |", "| --- " * (len(libcs) + 1) + "|"]
    for target in dict.fromkeys(name(r) for r in of_way):
        lines.append(f"| {target} | " + " | ".join(cell(at.get((target, c))) for c in libcs) + " |")
    return lines


def causes(rows):
    lines = []
    for target in dict.fromkeys(name(r) for r in rows):
        where = {}
        for r in rows:
            if name(r) == target and r["cause"] and int(r["deadlock"]):
                where.setdefault(r["cause"], {}).setdefault(r["libc"], []).append(r["variant"])
        if where:
            lines.append(f"- **{target}**")
        for cause, libcs in where.items():
            kind, _, what = cause.partition(": ")
            lines.append(f"  - `{what}` ({kind}): " +
                         "; ".join(f"{libc} {', '.join(ways)}" for libc, ways in libcs.items()))
    return lines


def when(record, rows):
    campaigns = sqlite3.connect(f"file:{record}?mode=ro", uri=True).execute(
        "SELECT started_ms, kernel, version, cpus, printf('%u', seed) FROM campaign").fetchall()
    date = datetime.datetime.fromtimestamp(min(c[0] for c in campaigns) / 1000, datetime.timezone.utc)
    total = sum(int(r["trials"]) for r in rows)
    most = max(int(r["trials"]) for r in rows)
    kernels, versions, seeds = ({str(c[i]) for c in campaigns} for i in (1, 2, 4))
    return [f"**Measured** {date:%Y-%m-%d}: {total} trials, {most} in most cells; "
            f"{', '.join(sorted(kernels))}, {max(c[3] for c in campaigns)} cores; hangrate "
            f"{', '.join(sorted(versions))}; seeds {', '.join(sorted(seeds))}."]


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    with open(sys.argv[3], encoding="utf-8") as f:
        page = f.read()
    if not rows:
        sys.exit("page: nothing was measured")
    libcs = sorted({r["libc"] for r in rows}, key=lambda s: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", s)])

    def fill(match):
        part = match[1]
        body = {"when": lambda: when(sys.argv[2], rows), "causes": lambda: causes(rows)}.get(
            part, lambda: table(rows, libcs, part))()
        return f"<!-- measured: {part} -->\n" + "\n".join(body) + "\n<!-- end -->"

    page, n = re.subn(r"<!-- measured: (\S+) -->\n.*?<!-- end -->", fill, page, flags=re.S)
    if not n:
        sys.exit(f"page: '{sys.argv[3]}' has no place for it")
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write(page)


main()
