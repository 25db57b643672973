#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the trap springs, and how surely from then on, on races of one in a thousand runs.

A campaign begins with nothing remembered. Its learning ends with its first deadlock; one more
campaign on the same binary then begins with what the last one left.
"""
import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile

TARGETS = (("glibc", "inject_rare_mutex", "a mutex held for 1 us, 1000 times a second"),
           ("musl", "inject_rare_mutex", "a mutex held for 1 us, 1000 times a second"),
           ("musl", "inject_file_lock", "the lock of a FILE, of which nothing was marked"))


def campaign(o, target, folder, seed):
    """bare hangs, bare trials, null hangs, index of each injected deadlock, injected trials"""
    db = os.path.join(folder, "run.db")
    # The parent has a thread that lives on, so a stuck child is a verdict only at the deadline.
    r = subprocess.run([o.hangrate, "run", "-q", "--db", db, "-n", str(o.trials), "--seed", str(seed),
                        "--timeout", "1s", "--inject", "trap", "--", target], env={**os.environ, "XDG_CACHE_HOME": folder},
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if r.returncode not in (0, 1):
        sys.exit(f"{target}: status {r.returncode}: {r.stderr}")
    q = sqlite3.connect(db)
    n = {arm: (hangs, trials) for arm, hangs, trials in q.execute(
        "SELECT arm, n_deadlock + n_timeout, n_pass + n_deadlock + n_timeout + n_fail + n_crash"
        " FROM cell WHERE NOT canary")}
    hung = sorted(i for (i,) in q.execute(
        "SELECT idx FROM trial JOIN cell ON cell.id = cell_id"
        " WHERE arm = 'injected' AND verdict = 'deadlock'"))
    q.close()
    os.unlink(db)
    return n, hung


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--targets", required=True, help="where the targets were built")
    p.add_argument("--campaigns", type=int, default=20)
    p.add_argument("--trials", type=int, default=40, help="of one arm of one campaign (40)")
    o = p.parse_args()
    short = []
    for libc, name, what in TARGETS:
        target = f"{o.targets}/{libc}/targets/{name}"
        firsts, again, late, after, bare, null = [], [], 0, [0, 0], [0, 0], [0, 0]
        for seed in range(1, o.campaigns + 1):
            with tempfile.TemporaryDirectory() as folder:
                n, hung = campaign(o, target, folder, seed)
                for sums, arm in ((bare, "bare"), (null, "null")):
                    sums[0] += n[arm][0]
                    sums[1] += n[arm][1]
                if hung:
                    firsts.append(hung[0] + 1)
                    after[0] += len(hung) - 1
                    after[1] += n["injected"][1] - hung[0] - 1
                else:
                    late += 1
                    firsts.append(o.trials + 1)
                if seed == o.campaigns:
                    again = campaign(o, target, folder, seed + 1)[1]
        median = statistics.median(firsts)
        share = after[0] / after[1] if after[1] else 0
        print(f"{libc} {name}: {what}\n"
              f"  bare {bare[0]}/{bare[1]}, null {null[0]}/{null[1]}\n"
              f"  first deadlock at trial {median:g} in the median of {o.campaigns} campaigns"
              f" ({min(firsts)} to {max(firsts)}{f', never in {late}' if late else ''})\n"
              f"  afterwards {after[0]}/{after[1]} ({100 * share:.1f} %)\n"
              f"  the next campaign on this binary: first deadlock at trial"
              f" {again[0] + 1 if again else 'none'}, {len(again)}/{o.trials}", flush=True)
        if median > 10 or share < 0.9 or bare[0] > 0.01 * bare[1]:
            short.append(f"{libc} {name}")
    sys.exit(f"short of the target: {', '.join(short)}" if short else 0)


if __name__ == "__main__":
    main()
