#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the runner at random moments and looks what is left: no process, and a sound record.

A quarter of the runs each is plain, with `--inject trap`, and with 16 trials at once, of a target that
tries to get away; the last quarter notes when each trial ended, and the record must have all but those
of the last second. Everything runs from a directory of its own, so whatever is left is found by its
executable, whatever session, parent or name it has. The last line is "N passed, N failed".
"""
import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

FAULTS_SHOWN = 3
WAYS = {"plain": [], "trap": ["--inject", "trap"], "j16": ["-j", "16"], "noting": []}
LOST_MAX_NS = 1_000_000_000
VERDICTS = ("pass", "deadlock", "timeout", "recovered", "fail", "crash", "broken")


def left(directory):
    """Processes whose executable lies in the directory; zombies have none."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
            if exe.startswith(directory + "/"):
                found.append(f"{pid} {exe} {open(f'/proc/{pid}/comm').read().strip()}")
        except OSError:
            pass
    return found


def record_fault(db):
    if not os.path.exists(db):
        return None
    try:
        c = sqlite3.connect(db)
        answer = c.execute("PRAGMA integrity_check").fetchone()[0]
        return None if answer == "ok" else answer
    except sqlite3.DatabaseError as e:
        return str(e)


def recorded(db):
    """Trials that the record tells of, without the canary's."""
    if not os.path.exists(db):
        return 0
    counts = " + ".join(f"n_{v}" for v in VERDICTS)
    try:
        return sqlite3.connect(db).execute(f"SELECT total({counts}) FROM cell WHERE NOT canary").fetchone()[0]
    except sqlite3.DatabaseError:  # killed before the tables were there
        return 0


def lost(db, notes, killed_ns):
    """How many trials had ended by a second before the end, and are not in the record."""
    if not os.path.exists(notes):
        return 0
    with open(notes, encoding="ascii") as f:
        ended = sum(int(line) < killed_ns - LOST_MAX_NS for line in f)
    return max(0, ended - int(recorded(db)))


def once(o, directory, number, number_of_signal):
    way = list(WAYS)[number % len(WAYS)]
    target = [f"{directory}/escape", random.choice(["0", "5", "200", "stuck"])]
    db, notes = f"{directory}/run.db", f"{directory}/run.notes"
    faults = []
    if way == "noting":
        target = ["sh", "-c", "date +%s%N >>run.notes"]
    for f in os.listdir(directory):
        if f.startswith("run."):
            os.unlink(f"{directory}/{f}")
    command = [f"{directory}/hangrate", "run", "-n", "1000000", "--timeout", "2s", "--db", db,
               *WAYS[way], "--", *target]
    runner = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd=directory)
    moment = random.uniform(0, o.within)
    time.sleep(moment)
    killed_ns = time.time_ns()
    runner.send_signal(number_of_signal)
    runner.wait()
    end = time.monotonic() + o.grace
    while (rest := left(directory)) and time.monotonic() < end:
        time.sleep(0.02)
    faults += [f"left: {p}" for p in rest]
    if fault := record_fault(db):
        faults.append(f"record: {fault}")
    if n := lost(db, notes, killed_ns):
        faults.append(f"record: {n} trials are lost that had ended more than a second before")
    if number % 10 == 0 and os.path.exists(db):
        report = subprocess.run([f"{directory}/hangrate", "report", db], capture_output=True)
        if b"corrupted" in report.stderr:
            faults.append(report.stderr.decode())
    for p in rest:
        os.kill(int(p.split()[0]), signal.SIGKILL)
    if len(faults) > FAULTS_SHOWN:
        faults[FAULTS_SHOWN:] = [f"and {len(faults) - FAULTS_SHOWN} more"]
    for fault in faults:
        print(f"# {way} {' '.join(target[1:])} after {moment:.3f} s: {fault}", flush=True)
    return not faults


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--hangrate", required=True)
    a.add_argument("--escape", required=True, help="tests/targets/bad_escape, built")
    a.add_argument("-n", type=int, default=9)
    a.add_argument("--within", type=float, default=1.0, help="seconds within which it is killed")
    a.add_argument("--grace", type=float, default=1.0, help="seconds that what is left may take")
    a.add_argument("--signal", default="KILL")
    a.add_argument("--seed", type=int, default=None)
    o = a.parse_args()
    seed = o.seed if o.seed is not None else random.SystemRandom().randrange(1 << 32)
    random.seed(seed)
    passed = 0
    directory = os.path.realpath(tempfile.mkdtemp(prefix="hangrate-kill-"))
    try:
        shutil.copy(o.hangrate, f"{directory}/hangrate")
        shutil.copy(o.escape, f"{directory}/escape")
        for i in range(o.n):
            passed += once(o, directory, i, signal.Signals[f"SIG{o.signal}"])
    finally:
        shutil.rmtree(directory)
    print(f"# seed {seed}, SIG{o.signal}: {o.n} runs")
    print(f"{passed} passed, {o.n - passed} failed")
    sys.exit(passed != o.n)


if __name__ == "__main__":
    main()
