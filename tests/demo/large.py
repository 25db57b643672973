#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long `hangrate report` takes, and how much memory, on a record of 10 million trials in 500
cells with 14 nights of history: each format alone, then all of them at once. Exit status 1 when a
median is over a second or any run over 100 MB: large.py HANGRATE DB ROUNDS"""
import os
import statistics
import sys
import time

FORMATS = "text html md json junit csv openmetrics".split()
SECONDS, MEGABYTES = 1.0, 100


def run(argv):
    begin = time.monotonic()
    pid = os.fork()
    if not pid:
        os.execv(argv[0], argv)
    _, status, usage = os.wait4(pid, 0)
    took = time.monotonic() - begin
    if status:
        sys.exit(f"large: {' '.join(argv)}: status {status}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    hangrate, db, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    out = os.path.dirname(os.path.abspath(db))
    path = {f: os.path.join(out, f"large.{f}") for f in FORMATS}
    sets = [[f] for f in FORMATS] + [FORMATS]
    over = False
    print(f"{'format':12} {'median s':>9} {'worst s':>9} {'CPU s':>7} {'MB':>6} {'bytes':>9}")
    for formats in sets:
        argv = [hangrate, "report", db]
        for f in formats:
            argv += [f"--{f}", path[f]]
        runs = [run(argv) for _ in range(rounds)]
        median, worst = statistics.median(r[0] for r in runs), max(r[0] for r in runs)
        cpu, memory = statistics.median(r[1] for r in runs), max(r[2] for r in runs)
        name = formats[0] if len(formats) == 1 else "all of them"
        size = sum(os.path.getsize(path[f]) for f in formats)
        print(f"{name:12} {median:9.3f} {worst:9.3f} {cpu:7.3f} {memory:6.1f} {size:9}")
        over |= median > SECONDS or memory > MEGABYTES
    return over


sys.exit(main())
