#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throughput of `hangrate run` on a program that does nothing, beside other ways to run it often.

Every contestant runs in every round, in turning order, so that a noisy machine hits all alike; the
ratio to the bare posix_spawn+wait loop is taken within a round, and its median is what counts.
"""
import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time


def contestants(o, target):
    """name -> (share of the trials that it gets, command of n trials)"""
    t = shlex.quote(target)
    c = {
        "bare posix_spawn loop": (1.0, lambda n: [o.spawn_loop, str(n), str(o.jobs), target]),
        "hangrate run": (1.0, lambda n: [o.hangrate, "run", "-n", str(n), "-j", str(o.jobs),
                                         "--db", o.db, "--", target]),
        "hangrate run, zygote": (1.0, lambda n: [o.hangrate, "run", "--spawn", "zygote", "-n", str(n),
                                                 "-j", str(o.jobs), "--db", o.db, "--", target]),
        # JOBS loops at once, so that all have the same number of trials under way.
        "timeout in shell loops": (0.5, lambda n: ["sh", "-c", (
            f"for j in $(seq {o.jobs}); do (i=0; while [ $i -lt {n // o.jobs} ]; do "
            f"timeout 10 {t} || exit 1; i=$((i+1)); done) & p=\"$p $!\"; done; "
            "for q in $p; do wait $q || exit 1; done")]),
    }
    if o.zygote:
        return {k: v for k, v in c.items() if not k.startswith("timeout")}
    # moreutils has another program of that name.
    parallel = shutil.which("parallel")
    if parallel and b"GNU" in subprocess.run([parallel, "--version"], capture_output=True).stdout:
        c["GNU parallel + timeout"] = (0.1, lambda n: ["sh", "-c", (
            f"seq {n} | {parallel} -j{o.jobs} -N0 --halt now,fail=1 timeout 10 {t}")])
    return c


def measure(command, n):
    begin = time.monotonic()
    r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
    took = time.monotonic() - begin
    if r.returncode != 0:
        sys.exit(f"bench: {shlex.join(command)}: status {r.returncode}: "
                 f"{r.stderr.decode(errors='replace')[-400:]}")
    return n / took


def bench(o, target):
    c = contestants(o, target)
    names = list(c)
    rates = {name: [] for name in names}
    for i in range(o.rounds + 1):
        for name in names[i % len(names):] + names[:i % len(names)]:
            share, command = c[name]
            n = max(o.jobs, int(o.trials * share) // o.jobs * o.jobs)
            rate = measure(command(n), n)
            if i > 0:  # the first round warms the caches
                rates[name].append(rate)
    bare = rates[names[0]]
    rows = []
    for name in names:
        ratios = [r / b for r, b in zip(rates[name], bare)]
        rows.append({"name": name, "trials_per_s": statistics.median(rates[name]),
                     "ratio": statistics.median(ratios), "ratio_min": min(ratios),
                     "ratio_max": max(ratios)})
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--spawn-loop", required=True)
    p.add_argument("--trials", type=int, default=2000)
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--db", default="none")
    p.add_argument("--json")
    p.add_argument("--min-ratio", type=float, default=0.0, help="fail below it")
    p.add_argument("--zygote", action="store_true", help="--min-ratio is that of --spawn zygote")
    p.add_argument("targets", nargs="+")
    o = p.parse_args()
    results = {}
    worst = 1e9
    for target in o.targets:
        rows = results[target] = bench(o, target)
        print(f"{target}: {o.rounds} rounds of {o.trials} trials, {o.jobs} at once")
        print(f"  {'':24} {'trials/s':>9}  {'ratio':>6}  (lowest..highest round)")
        for r in rows:
            print(f"  {r['name']:24} {r['trials_per_s']:9.0f}  {r['ratio']:6.3f}  "
                  f"({r['ratio_min']:.3f}..{r['ratio_max']:.3f})")
        worst = min(worst, rows[2 if o.zygote else 1]["ratio"])
    if o.json:
        with open(o.json, "w") as f:
            json.dump({"schema": 1, "rounds": o.rounds, "trials": o.trials, "jobs": o.jobs,
                       "targets": results}, f, indent=1)
    if worst < o.min_ratio:
        sys.exit(f"bench: {worst:.3f} of the bare loop, less than {o.min_ratio}")


if __name__ == "__main__":
    main()
