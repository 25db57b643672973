#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the search finds a known race, and how surely it shows it from then on.

A campaign begins with nothing remembered. Its search ends with its first hang, crash or failure. The
rate is that of the trials after it.
"""
import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

BAD = ("deadlock", "timeout", "fail", "crash")


def campaign(o, argv, inject, folder, seed):
    """For each arm (trials, bad); the indices of the bad injected trials; seconds until the first;
    seconds in all; the note of the injected cell."""
    db = os.path.join(folder, "run.db")
    begun = time.time()
    r = subprocess.run([o.hangrate, "run", "-q", "--db", db, "-n", str(o.trials), "--seed", str(seed), "--timeout", "2s",
                        "--fail-on", "hang,crash,fail", "--budget", o.budget, "--inject", inject, "--", *argv],
                       env={**os.environ, "XDG_CACHE_HOME": folder}, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    took = time.time() - begun
    if r.returncode not in (0, 1):
        return None, r.stderr.strip().splitlines()[-1:] or [f"status {r.returncode}"]
    q = sqlite3.connect(db)
    arms = {arm: (n, bad, note) for arm, n, bad, note in q.execute(
        "SELECT arm, n_pass + n_deadlock + n_timeout + n_fail + n_crash,"
        " n_deadlock + n_timeout + n_fail + n_crash, receipt_note FROM cell WHERE NOT canary")}
    bad = sorted(q.execute("SELECT idx, at_ms FROM trial JOIN cell ON cell.id = cell_id WHERE arm = 'injected'"
                           f" AND verdict IN {BAD}").fetchall())
    q.close()
    os.unlink(db)
    return (arms, bad, bad[0][1] / 1000 - begun if bad else None, took), None


def row(o, name, argv, inject):
    firsts, seconds, after, bare, null, best = [], [], [0, 0], [0, 0], [0, 0], []
    for seed in range(1, o.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            result, wrong = campaign(o, argv, inject, folder, seed)
        if wrong:
            return f"| {name} | `{inject}` | not measured: {wrong[0]} |"
        arms, bad, first_s, _ = result
        for sums, arm in ((bare, "bare"), (null, "null")):
            sums[0] += arms.get(arm, (0, 0))[1]
            sums[1] += arms.get(arm, (0, 0))[0]
        firsts.append(bad[0][0] + 1 if bad else float("inf"))
        seconds.append(first_s if bad else float("inf"))
        if bad:
            after[0] += len(bad) - 1
            after[1] += arms["injected"][0] - bad[0][0] - 1
        best.append(arms["injected"][2] or "")
    first, second = statistics.median(firsts), statistics.median(seconds)
    found = sum(f != float("inf") for f in firsts)
    rate = f"{after[0]}/{after[1]} ({100 * after[0] / after[1]:.0f} %)" if after[1] else "-"
    if o.notes:
        for note in best:
            print("   ", note, file=sys.stderr)
    return (f"| {name} | {bare[0]}/{bare[1]} | {found} of {o.seeds} | {first if found * 2 > o.seeds else '-':}"
            f" | {f'{second:.1f} s' if found * 2 > o.seeds else '-'} | {rate} |")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--inject", default="auto")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--trials", type=int, default=100, help="of each arm of one campaign (100)")
    p.add_argument("--budget", default="60s", help="of one campaign (60s)")
    p.add_argument("--notes", action="store_true", help="on standard error: what each campaign says of its search")
    p.add_argument("program", nargs="+", help="paths; NAME=COMMAND for one with arguments")
    o = p.parse_args()
    print("| program | bare | found | first at trial | after | then |\n| --- | --- | --- | --- | --- | --- |", flush=True)
    for program in o.program:
        name, _, command = program.rpartition("=")
        argv = command.split()
        if os.access(argv[0], os.X_OK):
            print(row(o, name or os.path.basename(argv[0]), argv, o.inject), flush=True)


if __name__ == "__main__":
    main()
