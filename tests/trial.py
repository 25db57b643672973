# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one trial of a scenario executable as the runner would, for the tests of lib/ and scenarios/.

A trial has its own session and is killed as a whole. What it did to the page of counters is read back.
A test is a function that returns None or what is wrong; report() prints TAP.
"""
import json
import os
import signal
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

BUILD = os.environ.get("BUILD", "build")
RECEIPT = struct.Struct("=IIQQQQ")
MAGIC = 0x48525231
POINTS = 1
HUNG = "hung"
# How long a trial may be about its work. Long enough for a busy machine under a sanitizer: a trial
# that is still there is only called hung if it is also at rest.
PATIENCE_S = 60
LOOK_S = 1


class Trial:
    """status: exit status, or HUNG. said: its output. loaded, armed, passed, fired, delay_ns."""


CLONES = {"x86_64": (56, 58, 435), "aarch64": (220, 435)}.get(os.uname().machine, ())


def waits_for_vfork_child(task):
    """State D is also that of a wait for a disk, which ends by itself."""
    with open(f"{task}/syscall") as f:
        return f.read().split()[0] in map(str, CLONES)


def at_rest(session):
    """All threads of the session sleep, none was switched to between two looks. The parent of a
    vfork() child sleeps in state D."""

    def look():
        seen = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(pid)) != session:
                    continue
                for tid in os.listdir(f"/proc/{pid}/task"):
                    task = f"/proc/{pid}/task/{tid}"
                    with open(f"{task}/status") as f:
                        lines = dict(l.rstrip("\n").split(":\t", 1) for l in f if ":\t" in l)
                    state = lines["State"][0]
                    if state != "Z":
                        asleep = state == "S" or (state == "D" and waits_for_vfork_child(task))
                        seen[tid] = (asleep, lines["voluntary_ctxt_switches"])
            except (OSError, ProcessLookupError, KeyError):
                return None
        return seen

    first = look()
    time.sleep(0.3)
    return bool(first) and all(asleep for asleep, _ in first.values()) and first == look()


def run(path, variant, env=None, wrap=(), until_rest=None):
    """One trial. until_rest(process): called when it is at rest, before it is killed."""
    trial = Trial()
    receipt = os.memfd_create("receipt", 0)
    os.write(receipt, RECEIPT.pack(MAGIC, 0, 0, 0, 0, 0).ljust(4096, b"\0"))
    full = dict(os.environ, HANGRATE_RECEIPT=str(receipt), ASAN_OPTIONS="detect_leaks=0")
    full.update(env or {})
    process = subprocess.Popen([*wrap, path, "--run", variant], env=full, pass_fds=[receipt],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    trial.status = None
    while trial.status is None:
        try:
            trial.status = process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            if at_rest(process.pid):
                trial.status = HUNG
                if until_rest:
                    until_rest(process)
            elif time.monotonic() > deadline:
                trial.status = "never came to rest"
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    trial.said = process.communicate()[0].decode()
    fields = RECEIPT.unpack(os.pread(receipt, RECEIPT.size, 0))
    _, trial.loaded, trial.armed, trial.passed, trial.fired, trial.delay_ns = fields
    os.close(receipt)
    return trial


def describe(path):
    return json.loads(subprocess.run([path, "--describe"], check=True, timeout=PATIENCE_S,
                                     stdout=subprocess.PIPE).stdout)


def report(tests, jobs=4):
    """tests: (name, function) pairs. Prints TAP as they end and leaves with the status."""
    failed = not tests

    def one(test):
        try:
            return test[0], test[1]()
        except Exception as e:  # a test that can't run has failed
            return test[0], f"{type(e).__name__}: {e}"

    with ThreadPoolExecutor(jobs) as pool:
        for name, wrong in pool.map(one, tests):
            print(f"not ok {name}\n# {wrong}" if wrong else f"ok {name}", flush=True)
            failed = failed or bool(wrong)
    sys.exit(1 if failed else 0)
