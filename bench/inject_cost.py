#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What injection costs a program to which nothing is done: wall time, paired, in turning order.

Calls: hangrate's filter asks for one call that the program never makes; beside it the least filter
that the kernel knows (one instruction, "allow"), which is the floor. Preload: loaded, nothing armed.
Each figure is the median of the rounds' ratios to the bare run of the same round.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CALLS = (  # a name, a command, what must exist
    ("dd, 1-byte reads and writes", "dd if=/dev/zero of=/dev/null bs=1 count=1000000 status=none", "dd"),
    ("find -ls", "find /usr/lib /usr/include -ls", "find"),
    ("du", "du -s /usr/lib /usr/share", "du"),
    ("tar", "tar cf - /usr/include /usr/lib/gcc | cat", "tar"),
    ("grep -r", "grep -rc seccomp /usr/include", "grep"),
    ("git status", "git -C {repo} status --porcelain; git -C {repo} grep -c static", "git"),
    ("make", "make -s -r -B -C {tree}", "make"),
)
PRELOAD = (
    ("pigz -p 4, 64 MB", "pigz -p 4 -c {data}", "pigz"),
    ("xz -T2, 64 MB", "xz -0 -T2 -c {data}", "xz"),
)


def wall(command, env=None):
    begin = time.monotonic()
    r = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    if r.returncode not in (0, 1):
        sys.exit(f"{command}: status {r.returncode}")
    return time.monotonic() - begin


def show(name, seconds, ratios):
    said = f"{name:30}{statistics.median(seconds):8.3f} s"
    for way, all_ in ratios.items():
        r = sorted(all_)
        said += (f"   {way} {100 * (statistics.median(r) - 1):+6.1f} %"
                 f" ({100 * (r[len(r) // 4] - 1):+.1f}..{100 * (r[-1 - len(r) // 4] - 1):+.1f})")
    print(said, flush=True)


def pair(one, other, i):
    """wall times of two commands, in turning order"""
    if i % 2:
        return one(), other()
    b, a = other(), one()
    return a, b


def by_hangrate(o, program, seed, folder):
    """Wall time with the filter over that without: both are trials of one campaign."""
    out = f"{folder}/json"
    r = subprocess.run([o.hangrate, "run", "-q", "-n", "1", "-j", "1", "--db", "none", "--json", out,
                        "--seed", str(seed), "--inject", "syscall:acct:delay_enter=1us", "--", *program],
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if r.returncode not in (0, 1):
        sys.exit(f"hangrate: status {r.returncode}: {r.stderr}")
    with open(out) as f:
        arm = {c["arm"]: c for c in json.load(f)["cells"] if not c["canary"]}
    if not arm["injected"]["receipt"]["trials"] or arm["injected"]["receipt"]["passed"]:
        sys.exit("hangrate: the filter was not there, or the program makes that call")
    return arm["injected"]["pass_ms"]["min"] / arm["bare"]["pass_ms"]["min"]


def calls(o, name, program, folder):
    seconds, ratios = [], {"least filter": [], "hangrate's": []}
    for i in range(o.rounds + 1):
        bare, least = pair(lambda: wall([o.filtered, "none", *program]),
                           lambda: wall([o.filtered, "least", *program]), i)
        ours = by_hangrate(o, program, i, folder)
        if i:  # the first round fills the caches
            seconds.append(bare)
            ratios["least filter"].append(least / bare)
            ratios["hangrate's"].append(ours)
    show(name, seconds, ratios)


def preload(o, name, program):
    env = {**os.environ, "LD_PRELOAD": os.path.abspath(o.preload), "HANGRATE_FUNCS": ""}
    seconds, ratios = [], {"preload": []}
    for i in range(o.rounds + 1):
        bare, loaded = pair(lambda: wall(program), lambda: wall(program, env), i)
        if i:
            seconds.append(bare)
            ratios["preload"].append(loaded / bare)
    show(name, seconds, ratios)


def make_tree(folder):
    """Something small to make: 60 objects, a shell and a compiler each."""
    os.mkdir(folder)
    with open(f"{folder}/Makefile", "w") as f:
        f.write("all: " + " ".join(f"{i}.o" for i in range(60)) + "\n%.o: a.c\n\tcc -c a.c -o $@\n")
    with open(f"{folder}/a.c", "w") as f:
        f.write("int a(int x) { return x + 1; }\n")
    return folder


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--filtered", required=True, help="bench/filtered.c, built")
    p.add_argument("--preload", required=True)
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("what", nargs="?", choices=["calls", "preload", "both"], default="both")
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        with open(data, "wb") as f:  # half of it can be compressed
            for _ in range(64):
                f.write(os.urandom(1 << 19) + b"text " * ((1 << 19) // 5))
        names = {"data": data, "repo": os.getcwd(), "tree": make_tree(f"{folder}/tree")}
        if o.what != "preload":
            print("wall time of a bare run; calls that are not asked for (quartiles)")
            for name, text, needs in CALLS:
                if not shutil.which(needs):
                    print(f"{name}: no {needs} here")
                    continue
                calls(o, name, ["sh", "-c", text.format(**names)], folder)
        if o.what != "calls":
            print("wall time of a bare run; preload with nothing armed (quartiles)")
            for name, text, needs in PRELOAD:
                if not shutil.which(needs):
                    print(f"{name}: no {needs} here")
                    continue
                preload(o, name, text.format(**names).split())


if __name__ == "__main__":
    main()
