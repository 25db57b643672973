#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""P(hang) of scenarios by --spawn exec and by --spawn zygote, side by side.

Both run in turns, so that a noisy machine hits both alike. Each variant counts over the levels of its
knobs. A row is different where the two-sided Fisher test says so with the error alpha divided by the
number of rows.
"""
import argparse
import csv
import io
import math
import subprocess
import sys


def log_choose(n, k):
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def fisher(k1, n1, k2, n2):
    """Two-sided: all tables that are no likelier than this one."""
    k = k1 + k2
    total = log_choose(n1 + n2, k)
    p = [math.exp(log_choose(n1, i) + log_choose(n2, k - i) - total)
         for i in range(max(0, k - n2), min(k, n1) + 1)]
    seen = p[k1 - max(0, k - n2)]
    return min(1.0, sum(x for x in p if x <= seen * (1 + 1e-7)))


def run(o, spawn, n, seed):
    r = subprocess.run([o.hangrate, "run", "-q", "--db", "none", "--spawn", spawn, "-n", str(n), "-j",
                        str(o.jobs), "--seed", str(seed), "--timeout", o.timeout, "--csv", "-", *o.scenarios],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if r.returncode not in (0, 1, 3):
        sys.exit(f"spawn-agree: status {r.returncode}: {r.stderr[-400:]}")
    sys.stderr.write(r.stderr)
    return list(csv.DictReader(io.StringIO(r.stdout)))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--trials", type=int, default=200, help="a level, in each of the two")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--timeout", default="2s")
    p.add_argument("--alpha", type=float, default=0.01)
    p.add_argument("scenarios", nargs="*")
    o = p.parse_args()
    count = {}
    for i in range(o.rounds):
        for spawn in ("exec", "zygote"):
            for row in run(o, spawn, o.trials // o.rounds, 1 + i):
                if row["target"] == "canary" or ("spawn=zygote" in row["inject"]) != (spawn == "zygote"):
                    continue
                key = (row["target"], row["variant"], row["libc"])
                hangs, n = int(row["deadlock"]) + int(row["timeout"]), int(row["trials"])
                cell = count.setdefault(key, {"exec": [0, 0], "zygote": [0, 0]})[spawn]
                cell[0] += hangs
                cell[1] += n
    rows = {k: c for k, c in count.items() if c["exec"][1] and c["zygote"][1]}
    differ = 0
    print("| scenario | libc | exec | zygote | p |\n| --- | --- | ---: | ---: | ---: |")
    for (name, variant, libc), c in sorted(rows.items()):
        value = fisher(*c["exec"], *c["zygote"])
        bad = value < o.alpha / len(rows)
        differ += bad
        if 0 < c["exec"][0] + c["zygote"][0] < c["exec"][1] + c["zygote"][1] or bad:
            print(f"| {name}/{variant} | {libc} | {c['exec'][0]} of {c['exec'][1]} | "
                  f"{c['zygote'][0]} of {c['zygote'][1]} | {value:.2g}{' differs' if bad else ''} |")
    scenarios = len({k[0] for k in rows})
    same = sum(1 for c in rows.values() if c["exec"][0] == c["exec"][1] and c["zygote"][0] == c["zygote"][1])
    none = sum(1 for c in rows.values() if c["exec"][0] == 0 and c["zygote"][0] == 0)
    print(f"\n{scenarios} scenarios, {len(rows)} variants: {same} hang in every trial by both, {none} in none, "
          f"{differ} differ (Fisher, {o.alpha:g} over all rows)")
    sys.exit(1 if differ or not rows else 0)


if __name__ == "__main__":
    main()
