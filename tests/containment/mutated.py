#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages a real record in many ways, and gives each copy to every command that reads one.

A third of the copies each has bytes of the file changed, is cut short, or has values of the tables
replaced by what nobody would write there. A command may refuse it or read it. It must not die by a
signal, report a fault of its own memory (AddressSanitizer, UBSan), or take longer than SECONDS. The last line is
"N passed, N failed".
"""
import argparse
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SECONDS = 60
ODD = [0, -1, 1, 2**31, 2**32, 2**62, 2**63 - 1, -2**63, 1e308, float("inf"), None, "", "x" * 5000, "%s%n",
       "\x1b[31m", "[", '{"threads":[]}', b"\xff\x00\xfe", "../../x"]
FAULTS = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error", b"Assertion")


def change_bytes(path, r):
    data = bytearray(path.read_bytes())
    for _ in range(r.choice([1, 3, 30])):
        # The first page holds header and schema: few copies would get farther.
        data[r.randrange(r.choice([0, 4096]), len(data))] = r.randrange(256)
    path.write_bytes(data)


def cut(path, r):
    data = path.read_bytes()
    path.write_bytes(data[: r.randrange(len(data))])


def change_values(path, r):
    db = sqlite3.connect(path)
    db.execute("PRAGMA ignore_check_constraints = 1")
    tables = [t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for _ in range(r.choice([1, 2, 5])):
        table = r.choice(tables)
        columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
        try:
            db.execute(f"UPDATE {table} SET {r.choice(columns)} = ? WHERE rowid % ? = 0",
                       (r.choice(ODD), r.choice([1, 2, 3])))
        except sqlite3.Error:
            pass # a key, or a constraint: another one will do
    db.commit()
    db.close()


WAYS = [change_bytes, cut, change_values]


def commands(o, db, directory):
    formats = ["--html", "--md", "--md-full", "--json", "--junit", "--csv"]
    yield [o.hangrate, "report", db]
    yield [o.hangrate, "report", "--by", "libc", db]
    yield [o.hangrate, "report", db, *[w for f in formats for w in (f, directory / f"out{f}")]]
    yield [o.hangrate, "check", db, "--baseline", o.record]
    yield [o.hangrate, "check", o.record, "--baseline", db]
    yield [o.hangrate, "merge", directory / "merged.db", db, o.record]
    yield [o.hangrate, "repro", db]
    yield [o.hangrate, "run", "-q", "-n", "1", "--db", db, "--", "true"]


def fault(command, directory):
    """What is wrong with how it ended; None: nothing."""
    try:
        p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, cwd=directory)
    except subprocess.TimeoutExpired:
        return f"runs for longer than {SECONDS} s"
    if p.returncode < 0:
        return f"killed by signal {-p.returncode}"
    return next((f"{f.decode()}: {p.stderr.decode(errors='replace')[:600]}" for f in FAULTS if f in p.stderr), None)


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--hangrate", required=True, type=lambda p: pathlib.Path(p).resolve())
    a.add_argument("--record", required=True, type=lambda p: pathlib.Path(p).resolve())
    a.add_argument("-n", type=int, default=500)
    a.add_argument("--seed", type=int, default=None)
    o = a.parse_args()
    seed = o.seed if o.seed is not None else random.SystemRandom().randrange(1 << 32)
    failed = 0
    print(f"# seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hangrate-mutated-") as name:
        directory = pathlib.Path(name)
        for i in range(o.n):
            r = random.Random(seed * 1000003 + i)
            way, bad = r.choice(WAYS), 0
            for which in range(8):
                for left in directory.iterdir():
                    left.unlink()
                db = directory / "run.db"
                shutil.copy(o.record, db)
                way(db, random.Random(seed * 1000003 + i))
                command = list(commands(o, db, directory))[which]
                if what := fault(command, directory):
                    bad = 1
                    print(f"# record {i}, {way.__name__}: {command[1]}: {what}", flush=True)
            failed += bad
    print(f"{o.n - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
