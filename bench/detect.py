#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time from the last progress of a planted target to the proof, beside processes that keep every
processor busy: quantiles over all trials of all targets."""
import argparse
import os
import subprocess
import sys


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--detect", required=True)
    p.add_argument("--trials", type=int, default=6, help="of each target")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--oversubscribe", type=int, default=4, help="busy processes a CPU meanwhile")
    p.add_argument("targets", nargs="+")
    o = p.parse_args()
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
               for _ in range(o.oversubscribe * os.cpu_count())]
    try:
        r = subprocess.run([o.detect, str(o.trials), str(o.jobs), *o.targets],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    finally:
        for b in burners:
            b.kill()
            b.wait()
    rows = sorted((float(ms), name) for ms, name in (line.split() for line in r.stdout.splitlines()))
    if r.returncode != 0 or len(rows) != o.trials * len(o.targets):
        sys.exit(f"detect: status {r.returncode}, {len(rows)} of {o.trials * len(o.targets)} trials proven")
    ms = [row[0] for row in rows]
    print(f"{o.oversubscribe} busy processes a CPU, {o.jobs} jobs: n {len(ms)}, "
          f"p50 {quantile(ms, .5):.1f} ms, p90 {quantile(ms, .9):.1f} ms, "
          f"p99 {quantile(ms, .99):.1f} ms, longest {ms[-1]:.1f} ms ({os.path.basename(rows[-1][1])})")


if __name__ == "__main__":
    main()
