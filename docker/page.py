#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what `make compare` measured into docs/fork-safety.md: page.py PAGE [CSV RECORD].

Between `<!-- measured: NAME -->` and `<!-- end -->` the page is made anew; the prose around stays.
NAME is `when`, `causes`, or a way of forking, for which it is the table. The summary, the C names of the
rows and their anchors are made from the tables of the page, so that they need no CSV."""
import csv
import datetime
import pathlib
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


def functions(stem):
    """The C names in the first words of a scenario's summary: "getpwnam()"; the file's name where there is none."""
    source = pathlib.Path("scenarios/libc", f"{stem}.c").read_text(encoding="utf-8")
    said = re.search(r'\.summary = "([^"]*)"', source)[1]
    called = re.search(r"^(?:\w+\([A-Z]*\)(?:, | and )?)+", said)
    return called[0].strip(", ") if called else stem.replace("-", " ")


def label(stem, names):
    same = [s for s in names if names[s] == names[stem]]
    return names[stem] if len(same) == 1 or stem in names[stem] and len(stem) == min(map(len, same)) else \
        f"{names[stem]}, {stem}"


def tables(page):
    """Way of forking -> column -> [(stem, hangs, wrong)], and each row's place in the page."""
    found = {}
    for way, body in re.findall(r"<!-- measured: (fork|_Fork|raw) -->\n(.*?)<!-- end -->", page, flags=re.S):
        lines = [[c.strip() for c in line.strip("|\n").split("|")] for line in body.splitlines()]
        for row in lines[2:]:
            stem = re.search(r"scenarios/libc/([\w-]+)\.c", row[0])
            for libc, text in zip(lines[0][1:], row[1:]):
                if text != "–":
                    hangs = int(re.match(r"\**(\d+)/", text)[1])
                    found.setdefault(way, {}).setdefault(libc, []).append(
                        (stem[1] if stem else row[0], hangs, "wrong" in text))
    return found


def name_rows(page):
    """Each row's first cell is the C name with a link to its file; the first table has the anchors."""
    stems = {p.stem for p in pathlib.Path("scenarios/libc").glob("*.c")}
    names = {s: functions(s) for s in sorted(stems)}
    anchored = set()

    def cell_of(match):
        link = re.search(r"scenarios/libc/([\w-]+)\.c", match[1])
        stem = link[1] if link else match[1].strip()
        if stem not in stems:
            return match[0]
        anchor = "" if stem in anchored else f'<a id="{stem}"></a>'
        anchored.add(stem)
        return f"| {anchor}[{label(stem, names)}](../scenarios/libc/{stem}.c) |"

    return re.sub(r"^\| ([^|\n]+) \|", cell_of, page, flags=re.M), names


def summary(page, names):
    """Which functions hang a child of fork() on every, some or no version of a libc, a line each."""
    lines = []
    for family in ("glibc", "musl"):
        columns = {c: rows for c, rows in tables(page)["fork"].items() if c.startswith(family)}
        hung, measured = {}, {}
        for column, rows in columns.items():
            for stem, hangs, wrong in rows:
                measured[stem] = measured.get(stem, 0) + 1
                hung.setdefault(stem, []).extend([column] if hangs or wrong else [])

        def listed(stems):
            return ", ".join(f"[{label(s, names)}](#{s})" for s in stems) or "none"

        first, last = list(columns)[0], list(columns)[-1].split()[-1]
        every = [s for s in hung if len(hung[s]) == measured[s]]
        some = [s for s in hung if 0 < len(hung[s]) < measured[s]]
        lines += [f"**{first} to {last}, a child of fork()**", "",
                  f"- hangs or goes wrong on every version: {listed(every)}",
                  f"- on some versions: {listed(some)}",
                  f"- never in these trials: {listed(s for s in hung if not hung[s])}", ""]
    return lines[:-1]


def fill(page, table_file, record):
    with open(table_file, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    if not rows:
        sys.exit("page: nothing was measured")
    libcs = sorted({r["libc"] for r in rows}, key=lambda s: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", s)])

    def part_of(match):
        part = match[1]
        body = {"when": lambda: when(record, rows), "causes": lambda: causes(rows)}.get(
            part, lambda: table(rows, libcs, part))()
        return f"<!-- measured: {part} -->\n" + "\n".join(body) + "\n<!-- end -->"

    page, n = re.subn(r"<!-- measured: (\S+) -->\n.*?<!-- end -->", part_of, page, flags=re.S)
    if not n:
        sys.exit("page: it has no place for what was measured")
    return page


def main():
    page_file = sys.argv[1]
    with open(page_file, encoding="utf-8") as f:
        page = f.read()
    if len(sys.argv) == 4:
        page = fill(page, sys.argv[2], sys.argv[3])
    page, names = name_rows(page)
    page = re.sub(r"(<!-- summary -->\n).*?(<!-- end -->)",
                  lambda m: m[1] + "\n".join(summary(page, names)) + "\n" + m[2], page, flags=re.S)
    with open(page_file, "w", encoding="utf-8") as f:
        f.write(page)


main()
