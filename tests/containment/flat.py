#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one campaign of many trials and looks at the runner meanwhile: its memory, its descriptors and the
write-ahead log of its record must not grow after the first tenth. The last line is "N passed, N failed".
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SLACK = {"kB resident": 2048, "descriptors": 4, "kB of WAL": 8192, "zombies": 0}
POLL_SECONDS = 0.2


def look(pid, wal):
    """A picture of the runner; None when it has ended."""
    proc = pathlib.Path(f"/proc/{pid}")
    try:
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        children = (proc / f"task/{pid}/children").read_text().split()
        states = [pathlib.Path(f"/proc/{c}/stat").read_text().rsplit(")", 1)[1].split()[0] for c in children]
        return {
            "kB resident": int(status["VmRSS"].split()[0]),
            "descriptors": len(os.listdir(proc / "fd")),
            "kB of WAL": wal.stat().st_size // 1024 if wal.exists() else 0,
            "zombies": states.count("Z"),
        }
    except (OSError, KeyError, IndexError):
        return None


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--hangrate", required=True)
    a.add_argument("--target", required=True, help="tests/targets/bad_sometimes, built")
    a.add_argument("-n", type=int, default=200000)
    o = a.parse_args()
    with tempfile.TemporaryDirectory(prefix="hangrate-flat-") as directory:
        db = pathlib.Path(directory) / "run.db"
        runner = subprocess.Popen([o.hangrate, "run", "-q", "-n", str(o.n), "-j", "2", "--db", db, "--json",
                                   f"{directory}/json", "--", o.target], stdin=subprocess.DEVNULL)
        begun, seen = time.monotonic(), []
        while runner.poll() is None:
            if picture := look(runner.pid, pathlib.Path(f"{db}-wal")):
                seen.append(picture)
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - begun
        size = db.stat().st_size // 1024
    early, late = seen[1:max(2, len(seen) // 10)], seen[len(seen) // 10:]
    failed = 0
    for what, slack in SLACK.items():
        most, later = (max((p[what] for p in part), default=0) for part in (early, late))
        good = later <= most + slack
        failed += not good
        print(f"{'ok' if good else 'not ok'} {what}: at most {most} in the first tenth, {later} later")
    print(f"# {o.n} trials in {seconds:.0f} s, {len(seen)} looks, status {runner.returncode}, record {size} kB")
    print(f"{len(SLACK) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
