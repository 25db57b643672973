#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instrument alone must hang nobody: every engine loaded, every delay zero, a correct program.

A row is one engine, or all of them together, on one libc. The null arm counts, and so do the other
trials in which nothing could be slept; what a trap does to the same program is shown beside it.
The last row is what stock fiu-run does to such a program, with one point at probability 0.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

POINTS = "point:busy:delay_enter=0"
PRELOAD = ",".join(f"func:{f}" for f in (
    "malloc", "free", "write", "close", "fork", "pthread_mutex_lock", "pthread_mutex_unlock",
    "pthread_create")) + ":delay_enter=0,delay_exit=0"
SYSCALLS = "%memory,%file,%process,syscall:write,syscall:close,syscall:futex:delay_enter=0"
ROWS = {
    "points": [POINTS],
    "preload": [PRELOAD],
    "syscalls": [SYSCALLS],
    "trap": ["trap"],
    "all together": [POINTS, PRELOAD, SYSCALLS, "trap"],
}


STOCK = ["fiu-run", "-x", "-c", "enable_random name=posix/io/rw/write,probability=0"]


def run_stock(o):
    """Not through --inject, and on glibc only: fiu-run comes as a command that runs another one."""
    if not shutil.which(STOCK[0]):
        print("fiu-run: not installed (fiu-utils)")
        return
    begin = time.monotonic()
    rows = []
    for command in ([o.stock], STOCK + [o.stock]):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "json")
            subprocess.run([o.hangrate, "run", "-q", "--db", "none", "-n", str(o.stock_trials), "--timeout", "2s",
                            "--seed", str(o.seed), "--json", out, "--"] + command,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with open(out) as f:
                c = [c for c in json.load(f)["cells"] if not c["canary"]][0]
        rows.append((c["deadlock"] + c["timeout"], c["trials"]))
    (k, n), (hung, trials) = rows
    print(f"{'stock fiu-run':14}{'glibc':13}{k:>4}/{n:<6}{f'{hung}/{trials}':>11}{'-':>13}{'-':>8}{'-':>11}{'':>10}"
          f"{time.monotonic() - begin:>6.0f} s", flush=True)


def run(o, rules, n):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "json")
        command = [o.hangrate, "run", "-q", "--db", "none", "--scenarios", o.scenarios, "-n", str(n),
                   "--seed", str(o.seed), "--json", out]
        r = subprocess.run(command + [a for rule in rules for a in ("--inject", rule)],
                           env={**os.environ, "XDG_CACHE_HOME": folder}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if r.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)}: status {r.returncode}: {r.stderr}")
        with open(out) as f:
            return [c for c in json.load(f)["cells"] if not c["canary"]]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--scenarios", required=True)
    p.add_argument("--trials", type=int, default=3000, help="with nothing slept, a row (3000)")
    p.add_argument("--stock", help="a correct program for fiu-run to hang; none: no such row")
    p.add_argument("--stock-trials", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("rows", nargs="*", help="all, if none is named: " + ", ".join(ROWS))
    o = p.parse_args()
    hung = False
    print(f"{'engine':14}{'libc':13}{'bare':>9}{'zero delay':>13}{'upper bound':>13}"
          f"{'loaded':>8}{'passages':>11}{'trap set':>10}{'took':>8}")
    for name in o.rows or ROWS:
        rules = ROWS[name]
        traps = "trap" in rules
        begin = time.monotonic()
        cells = run(o, rules, o.trials if traps else (o.trials + 1) // 2)
        took = (time.monotonic() - begin) / len({c["libc"] for c in cells})
        for libc in sorted({c["libc"] for c in cells}):
            def total(arms, *keys):
                return sum(sum(c[k] for k in keys) for c in cells
                           if c["libc"] == libc and c["arm"] in arms)

            zero = ("null",) if traps else ("null", "injected")
            k, n = total(zero, "deadlock", "timeout", "fail", "crash"), total(zero, "trials")
            receipts = [c["receipt"] for c in cells if c["libc"] == libc and c["arm"] in zero]
            loaded = sum(r["trials"] for r in receipts)
            bad = total(("bare", "null", "injected"), "deadlock", "timeout", "fail", "crash", "broken")
            hung |= bool(bad) or loaded != n or n < o.trials
            bound = f"{100 * (1 - 0.05 ** (1 / n)):.3f} %" if not k else "-"
            slept = (f"{total(('injected',), 'deadlock', 'timeout')}/{total(('injected',), 'trials')}"
                     if traps else "")
            print(f"{name:14}{libc:13}{total(('bare',), 'deadlock', 'timeout'):>4}/"
                  f"{total(('bare',), 'trials'):<6}{f'{k}/{n}':>11}{bound:>13}{loaded:>8}"
                  f"{sum(r['passed'] for r in receipts):>11}{slept:>10}{took:>6.0f} s", flush=True)
    if o.stock:
        run_stock(o)
    sys.exit("an arm in which nothing was slept hung, failed or was not loaded" if hung else 0)


if __name__ == "__main__":
    main()
