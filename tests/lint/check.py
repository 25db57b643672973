# SPDX-License-Identifier: GPL-3.0-or-later
"""What `hangrate lint` says of all scenarios, on each libc they are built for.

Buggy: what is expected to deadlock on this libc, where the scenario says that a forked child does it. A cure: what is expected to
complete on every libc, and is no plain fork() (that is only tolerated by this libc, or by none). What
skips here, for want of a file say, is neither.
"""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
HANGRATE = os.environ.get("HANGRATE", f"{BUILD}/hangrate")
FORKS = ("fork", "_Fork", "raw")
SANITIZED = bool(os.environ.get("SAN")) or "asan" in BUILD
EXIT_SKIP = 77  # lib/protocol.h
# The fork itself is the program's only mistake here, and the runner is its last thread: the child of
# clone() must be looked at while its parent lives.
TRIES = 3

failed = 0
tested = {"bug": 0, "cure": 0}


def tell(ok, name, why=""):
    global failed
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {name}")
    if not ok:
        print(f"# {why}")


def lint(timeout, *command):
    r = subprocess.run([HANGRATE, "lint", "--timeout", timeout, "--", *command],
                       capture_output=True, text=True)
    return r.returncode, r.stdout, r.stderr


def variants():
    """libc, path, variant, kind"""
    for path in sorted(glob.glob(f"{BUILD}/*/scenarios/*")):
        libc = path.split("/")[-3]
        if libc == "go" or not os.access(path, os.X_OK) or "." in os.path.basename(path):
            continue
        d = json.loads(subprocess.run([path, "--describe"], capture_output=True, check=True).stdout)
        if d["libc"].split()[0] not in ("glibc", "musl"):
            continue
        listed = {(s["name"], v["name"]): v["expect"] for s in LISTED if s["libc"] == d["libc"]
                  for v in s["variants"]}
        for v in d["variants"]:
            everywhere = {e["what"] for e in v["expect"]}
            if not d["after_fork"]:  # a deadlock of what is correct by POSIX
                kind = "cure" if everywhere == {"completes"} else None
            elif listed.get((d["name"], v["name"])) == "deadlocks":
                kind = "bug"
            elif v["name"] not in FORKS and everywhere == {"completes"}:
                kind = "cure"
            else:
                kind = None
            if kind:
                yield libc, path, v["name"], kind


def why_skipped(path, variant, err):
    """What the scenario said when it skipped, None when it did not."""
    said = re.search(r"^\S+: skipped: (.*)$", err, re.M)
    if said and subprocess.run([path, "--run", variant], capture_output=True, timeout=20).returncode == EXIT_SKIP:
        return said[1]
    return None


def check(row):
    """kind, name, what was skipped and why (or None), whether it is as it should be, what was seen"""
    libc, path, variant, kind = row
    for i in range(TRIES if kind == "bug" else 1):
        # A bug hangs, so each try takes that long; a busy machine needs longer to come to its fork.
        status, out, err = lint(f"{4 ** i}s" if kind == "bug" else "20s", path, "--run", variant)
        named = re.search(r"^1\. the child (takes|calls) \S+", out, re.M)
        if kind == "bug" and status == 1 and named:
            break
    ok = (status == 1 and named) if kind == "bug" else (status == 0 and not out)
    what = "names what is wrong in" if kind == "bug" else "is silent on"
    return (kind, f"{what} {libc} {os.path.basename(path)}/{variant}", why_skipped(path, variant, err), bool(ok),
            f"status {status}: {out[:300]} {err[:200]}")


def openmp_loaded_later(folder):
    """A library that brings OpenMP along, loaded out of everybody's sight, works under the preload."""
    source = os.path.join(folder, "omp.c")
    library = os.path.join(folder, "libomp-user.so")
    with open(source, "w") as f:
        f.write("int sum(void) { int n = 0;\n#pragma omp parallel num_threads(2) reduction(+ : n)\n"
                "n += 1;\nreturn n; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-fopenmp", source, "-o", library], check=True)
    code = f"import ctypes, sys; sys.exit(ctypes.CDLL({library!r}).sum() != 2)"
    status, out, err = lint("20s", sys.executable, "-c", code)
    tell(status == 0 and not out, "OpenMP in a library that is loaded later", f"{status} {out} {err}")
    env = {**os.environ, "LD_PRELOAD": f"{BUILD}/glibc/libhangrate-preload.so"}
    status = subprocess.run([sys.executable, "-c", code], env=env).returncode
    tell(status == 0, "OpenMP in a library that is loaded later, nothing watched", f"status {status}")


LISTED = json.loads(subprocess.run([HANGRATE, "list", "--json", "--scenarios", BUILD],
                                   capture_output=True, check=True).stdout)["scenarios"]
rows = list(variants())
# A sanitizer's malloc is in the scenario itself, where the preload does not see it.
if SANITIZED:
    rows = [r for r in rows if r[0] != "glibc"]
with concurrent.futures.ThreadPoolExecutor(3 * os.cpu_count()) as pool:
    for kind, name, skipped, ok, seen in pool.map(check, rows):
        if skipped:
            print(f"skipped {name}: {skipped}")
            continue
        tested[kind] += 1
        tell(ok, name, seen)
tell(min(tested.values()) >= 40, "there are scenarios", f"{tested}")
if not SANITIZED:
    status, out, err = lint("20s", "python3", "-c", 'import subprocess; subprocess.run(["true"])')
    tell(status == 0 and not out and "nothing was forked" in err, "is silent on subprocess.run() of Python", f"{status} {out} {err}")
    if shutil.which("cc"):
        with tempfile.TemporaryDirectory() as scratch:
            openmp_loaded_later(scratch)
sys.exit(failed > 0)
