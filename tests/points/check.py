# SPDX-License-Identifier: GPL-3.0-or-later
"""What lib/points.c promises, on the program of door.c and a real scenario."""
import os
import shutil
import subprocess
import sys

import trial

# Stock libfiu: bounded, ends at the first hang. It hung in 12 of 12 trials when this was written,
# under fiu-run in 22 of 40 and in 0 of 40 without it.
STOCK_TRIALS = 60
DOOR_TRIALS = 25
NULL = "busy,f,0,0,0.5,1,1"
SHORT = "busy,u,0,20000,0.2,1,1"

libcs = [l for l in ("glibc", "musl") if os.path.exists(f"{trial.BUILD}/{l}/tests/door")]
sanitized = os.environ.get("SAN") or "asan" in trial.BUILD


def door(libc):
    return f"{trial.BUILD}/{libc}/tests/door"


def hangs_once(libc, variant, wrap=()):
    for seed in range(STOCK_TRIALS):
        if trial.run(door(libc), variant, {"HANGRATE_SEED": str(seed)}, wrap).status == trial.HUNG:
            return None
    return f"no hang in {STOCK_TRIALS} trials: then the door is not needed"


def never_hangs(libc, variant, points):
    env = {"HANGRATE_POINTS": points} if points else {}
    for seed in range(DOOR_TRIALS):
        t = trial.run(door(libc), variant, {"HANGRATE_SEED": str(seed), **env})
        if t.status != 0:
            return f"seed {seed}: {t.status} {t.said}"
        if points and (t.loaded != trial.POINTS or t.armed != 1 or not t.passed):
            return f"loaded {t.loaded}, armed {t.armed}, passed {t.passed}"
    return None


def held(libc, points, variant="fork"):
    return trial.run(f"{trial.BUILD}/{libc}/scenarios/mutex-held", variant, {"HANGRATE_POINTS": points})


def receipt_of_null(libc):
    t = held(libc, "holding-registry,f,0,0,1,1,1", "atfork")
    if (t.status, t.loaded, t.armed, t.fired, t.delay_ns) != (0, trial.POINTS, 1, 0, 0) or not t.passed:
        return str(vars(t))
    return None


def receipt_of_delay(libc):
    t = held(libc, "holding-registry,f,1000000,0,1,1,1", "atfork")
    if t.status != 0 or t.fired < 1 or t.fired > t.passed or t.delay_ns != t.fired * 1000000:
        return str(vars(t))
    return None


def receipt_of_one_passage(libc):
    t = held(libc, "holding-registry,f,1000000,0,1,1,0", "atfork")
    if t.status != 0 or t.fired != 1:
        return str(vars(t))
    return None


def receipt_of_bare(libc):
    t = trial.run(f"{trial.BUILD}/{libc}/scenarios/mutex-held", "atfork")
    if (t.status, t.loaded, t.armed, t.passed) != (0, 0, 0, 0):
        return str(vars(t))
    return None


def unknown_point(libc):
    t = held(libc, "no-such-point,f,1,0,1,1,1", "atfork")
    return None if (t.status, t.loaded, t.armed) == (0, trial.POINTS, 0) else str(vars(t))


def child_passes(libc, how, want):
    """In a child by fork() the door is open again, behind the libc's back it stays shut."""
    t = trial.run(door(libc), f"quiet-{how}", {"HANGRATE_POINTS": NULL})
    return None if (t.status, t.passed) == (0, want) else str(vars(t))


def no_passage_waits_for_a_fork(libc):
    t = trial.run(door(libc), "during-fork", {"HANGRATE_POINTS": NULL})
    return None if (t.status, t.passed) == (0, 100) else str(vars(t))


def same_seed_same_delays(libc):
    """Whether a passage is delayed, and for how long: parent and child, from the seed alone."""
    def one(seed):
        t = trial.run(door(libc), "quiet-fork",
                      {"HANGRATE_SEED": str(seed), "HANGRATE_POINTS": "busy,u,0,1000,0.5,1,1"})
        return t.status, t.fired, t.delay_ns

    twice = [[one(seed) for seed in range(6)] for _ in range(2)]
    if twice[0] != twice[1] or len(set(twice[0])) < 2 or any(t[0] for t in twice[0]):
        return str(twice)
    return None


def bad_text(libc):
    for text in ("x", "a,f,0,0,2,1,1", "a,z,0,0,1,1,1", "a,u,5,1,1,1,1", "a,f,0,0,1,0,1",
                 "a,f,0,0,1,1,1;a,f,0,0,1,1,1", "*,f,-1,0,1,1,1"):
        t = held(libc, text)
        if t.status != 99 or t.loaded or "points: " not in t.said:
            return f"'{text}': {vars(t)}"
    return None


def null_arms_find_their_program():
    r = subprocess.run([sys.executable, "bench/inject_null.py", "--hangrate", f"{trial.BUILD}/hangrate",
                        "--scenarios", f"{trial.BUILD}/forksafe", "--trials", "10", "points"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r.stdout if r.returncode else None


tests = []
for libc in libcs:
    for variant in ("fork", "raw", "_Fork", "vfork", "handlers", "signal"):
        for points in (NULL, SHORT):
            # A handler that forks 200 times is slow; a sanitizer's own fork handlers are not meant
            # for it, or for vfork() with threads.
            if sanitized and libc == "glibc" and variant in ("signal", "vfork"):
                continue
            tests.append((f"{libc} door/{variant} never hangs under {points}",
                          lambda l=libc, v=variant, p=points: never_hangs(l, v, p)))
    tests.append((f"{libc} without libfiu never hangs", lambda l=libc: never_hangs(l, "calls", None)))
    tests.append((f"{libc} stock libfiu hangs", lambda l=libc: hangs_once(l, "stock")))
    for how, want in (("fork", 50), ("raw", 0), ("_Fork", 0)):
        tests.append((f"{libc} a child by {how} passes {want} times",
                      lambda l=libc, h=how, w=want: child_passes(l, h, w)))
    for test in (no_passage_waits_for_a_fork, same_seed_same_delays, receipt_of_null, receipt_of_delay, receipt_of_one_passage, receipt_of_bare,
                 unknown_point, bad_text):
        tests.append((f"{libc} {test.__name__}", lambda l=libc, t=test: t(l)))
if not sanitized:
    tests.append(("the null arms find their program", null_arms_find_their_program))
if "glibc" in libcs and not sanitized:
    if shutil.which("fiu-run"):
        rule = ("fiu-run", "-x", "-c", "enable_random name=posix/io/rw/read,probability=0")
        tests.append(("fiu-run -x with one point at probability 0 hangs",
                      lambda: hangs_once("glibc", "calls", rule)))
    else:
        tests.append(("fiu-run", lambda: "not installed (fiu-utils)"))
trial.report(tests)
