#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the search finds a known race, and how surely it shows it from then on.

A campaign begins with nothing remembered. Its search ends with its first hang, crash or failure. The
rate is that of the trials after it. With --into the table replaces the one in that page.
"""
import argparse
import concurrent.futures
import math
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import search_peers as peers

BAD = ("deadlock", "timeout", "fail", "crash")
HEAD = ("program", "bare", "found", "first at trial", "after", "then (95 % interval)", "best rule of a seed")
PEER_HEAD = ("Helgrind", "TSan", "stress", "Maple", "PERIOD, GoKer")
MARKS = "<!-- search-table -->", "<!-- /search-table -->"


def campaign(o, argv, inject, folder, seed):
    """For each arm (trials, bad); the indices of the bad injected trials; seconds until the first;
    the note of the injected cell."""
    db = os.path.join(folder, "run.db")
    begun = time.time()
    r = subprocess.run([o.hangrate, "run", "-q", "--db", db, "-n", str(o.trials), "--seed", str(seed), "--timeout", "2s",
                        "--fail-on", "hang,crash,fail", "--budget", o.budget, "--inject", inject, "--", *argv],
                       env={**os.environ, "XDG_CACHE_HOME": folder}, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    if r.returncode not in (0, 1):
        return None, (r.stderr.strip().splitlines()[-1:] or [f"status {r.returncode}"])[0]
    q = sqlite3.connect(db)
    arms = {arm: (n, bad, note) for arm, n, bad, note in q.execute(
        "SELECT arm, n_pass + n_deadlock + n_timeout + n_fail + n_crash,"
        " n_deadlock + n_timeout + n_fail + n_crash, receipt_note FROM cell WHERE NOT canary")}
    bad = sorted(q.execute("SELECT idx, at_ms FROM trial JOIN cell ON cell.id = cell_id WHERE arm = 'injected'"
                           f" AND verdict IN {BAD}").fetchall())
    q.close()
    os.unlink(db)
    return (arms, bad, bad[0][1] / 1000 - begun if bad else None), None


def at_most(k, n, p):
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def bisected(is_below):
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def share(k, n):
    """k/n with its interval by Clopper and Pearson."""
    if not n:
        return "-"
    low = bisected(lambda p: 1 - at_most(k - 1, n, p) < 0.025) if k else 0
    high = bisected(lambda p: at_most(k, n, p) > 0.025) if k < n else 1
    return f"{k}/{n} {100 * k / n:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def best_of(notes):
    """The rule that the notes of the campaigns praise most."""
    found = [m.groups() for m in (re.search(r"was '([^']*)': (\d+) of (\d+)", n) for n in notes) if m]
    if not found:
        return "-"
    rule, good, tries = max(found, key=lambda f: int(f[1]) * int(f[1]) / int(f[2]))
    rule = re.sub(r"(func|syscall):", "", re.sub(r"(seed|steps)=\d+,?", "", rule)).rstrip(":,")
    return f"`{rule}` {good}/{tries}"


def middle(values, form):
    m = statistics.median(values)
    return "-" if m == math.inf else form(m)


def row(o, name, argv):
    firsts, seconds, after, bare, notes = [], [], [0, 0], [0, 0], []
    for seed in range(1, o.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            result, wrong = campaign(o, argv, o.inject, folder, seed)
        if wrong:
            return [name, "not measured: " + wrong.replace("|", "/")] + ["-"] * (len(HEAD) - 2)
        arms, bad, first_s = result
        bare[0] += arms.get("bare", (0, 0))[1]
        bare[1] += arms.get("bare", (0, 0))[0]
        firsts.append(bad[0][0] + 1 if bad else math.inf)
        seconds.append(first_s if bad else math.inf)
        if bad:
            after[0] += len(bad) - 1
            after[1] += arms["injected"][0] - bad[0][0] - 1
        notes.append(arms["injected"][2] or "")
    if o.notes:
        print("".join(f"    {note}\n" for note in notes), file=sys.stderr, end="", flush=True)
    found = sum(f != math.inf for f in firsts)
    return [name, f"{bare[0]}/{bare[1]}", f"{found} of {o.seeds}", middle(firsts, lambda m: f"{m:g}"),
            middle(seconds, lambda m: f"{m:.1f} s"), share(*after), best_of(notes)]


def peers_of(o, name, argv):
    source = os.path.join(o.goker or "", name.removeprefix("goker-") + ".go")
    is_go = name.startswith("goker-")
    return ["-" if is_go else peers.helgrind(argv), "-" if is_go else peers.tsan(argv, o.tsan), peers.stress(argv, o.stress),
            "-" if is_go else peers.maple(name, o.sctbench),
            peers.goker(source) if is_go else peers.period(name, o.period)]


def cells_of(o, program):
    """None: it could not be built."""
    name, _, command = program.rpartition("=")
    argv = command.split()
    name = name or os.path.basename(argv[0])
    if not os.access(argv[0], os.X_OK):
        return None
    return row(o, name, argv) + (peers_of(o, name, argv) if o.peers else [])


def line(cells):
    return "| " + " | ".join(cells) + " |"


def replace_table(path, lines):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    begin, end = text.index(MARKS[0]) + len(MARKS[0]), text.index(MARKS[1])
    with open(path, "w", encoding="utf-8") as f:
        f.write(text[:begin] + "\n" + "\n".join(lines) + "\n" + text[end:])


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--inject", default="auto")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--trials", type=int, default=100, help="of each arm of one campaign (100)")
    p.add_argument("--budget", default="60s", help="of one campaign (60s)")
    p.add_argument("--at-once", type=int, default=1, metavar="N", help="programs at the same time (1)")
    p.add_argument("--notes", action="store_true", help="on standard error: what each campaign says of its search")
    p.add_argument("--peers", action="store_true", help="what others say of the programs, too")
    p.add_argument("--tsan", metavar="DIR", help="with the same programs built with -fsanitize=thread")
    p.add_argument("--stress", metavar="FILE", help="golang.org/x/tools/cmd/stress")
    p.add_argument("--sctbench", metavar="DIR")
    p.add_argument("--period", metavar="DIR")
    p.add_argument("--goker", metavar="DIR", help="with the sources of its kernels")
    p.add_argument("--into", metavar="FILE", help="a page with the marks of this table")
    p.add_argument("program", nargs="+", help="paths; NAME=COMMAND for one with arguments")
    o = p.parse_args()
    head = HEAD + (PEER_HEAD if o.peers else ())
    lines = []

    def tell(text):
        lines.append(text)
        print(text, flush=True)

    tell(f"{o.seeds} seeds, {o.trials} trials of each arm or {o.budget}, {time.strftime('%F')}.\n")
    tell(line(head))
    tell(line(["---"] * len(head)))
    with concurrent.futures.ThreadPoolExecutor(o.at_once) as pool:
        for cells in pool.map(lambda program: cells_of(o, program), o.program):
            if cells:
                tell(line(cells))
                if o.into:
                    replace_table(o.into, lines)


if __name__ == "__main__":
    main()
