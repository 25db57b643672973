#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""go-rates.py SUMMARY.json: rates that were published or measured by hand beside those of a run.

Reads what `make compare-go` leaves in out/compare-go.json. One row a claim and release: the hangs that
were claimed, those of the run, and whether the claimed rate lies in the run's 95 % interval; where it
does not, Fisher's p that both are the same. A claim about "the others" is one about each release between the oldest and the newest.
"""
import importlib.util
import json
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("compare_go", here / "compare-go.py")
compare_go = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compare_go)

# What the child does, the cell, and hangs/trials by release. One machine, a fresh process a trial, 2 s.
CLAIMS = [
    ("the published program, idle parent", "go-rawfork-println/idle",
     {"1.19": (2, 100), "1.21": (1, 100), "1.22": (1, 100), "1.23": (4, 100), "1.24": (5, 100), "1.25": (6, 100),
      "1.26": (0, 100)}),
    ("the same, 4 allocating goroutines", "go-rawfork-println/busy",
     {"1.19": (85, 100), "others": (32, 60), "1.26": (46, 60)}),
    ("a save that needs a collection", "go-rawfork-save/idle",
     {"1.19": (100, 100), "others": (40, 40), "1.26": (40, 40)}),
    ("runtime.GC() in the child", "go-rawfork-gc/rawfork",
     {"1.19": (100, 100), "others": (40, 40), "1.26": (40, 40)}),
    ("raw write and exit only", "go-rawfork-println/raw-child",
     {"1.19": (0, 4000), "others": (0, 200), "1.26": (0, 200)}),
    ("syscall.ForkExec", "go-rawfork-println/forkexec", {"1.19": (0, 100)}),
    ("re-exec of itself doing the dump", "go-rawfork-save/reexec", {"1.19": (0, 100)}),
    ("C host: x+1, fork at once", "go-shared-host/trivial", {"1.19": (94, 100)}),
    ("C host: allocate, fork at once", "go-shared-host/allocate", {"1.19": (100, 100)}),
    ("C host: goroutine, fork at once", "go-shared-host/goroutine", {"1.19": (100, 100)}),
    ("C host: x+1, called once, 20 ms", "go-shared-host/warm-trivial", {"1.19": (0, 100)}),
    ("C host: x+1, busy goroutines (here 4 forks a trial)", "go-shared-host/busy-trivial", {"1.19": (81, 100)}),
    ("C host: allocate, called once, 20 ms", "go-shared-host/warm-allocate", {"1.19": (100, 100)}),
    ("C host: goroutine, called once, 20 ms", "go-shared-host/warm-goroutine", {"1.19": (100, 100)}),
    ("C host: lazy dlopen in the child", "go-shared-host/lazy-dlopen", {"1.19": (0, 1400)}),
    ("C host: fork, then exec", "go-shared-host/fork-exec", {"1.19": (0, 400)}),
    ("C host: a Go service process", "go-shared-host/service", {"1.19": (0, 200)}),
    ("prefork host, library linked", "go-shared-prefork/implicit", {"1.19": (4, 4)}),
]
NEWEST = "1.26"


def claimed(claims, release):
    if release in claims:
        return claims[release]
    return None if release in ("1.19", NEWEST) else claims.get("others")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        summary = json.load(f)
    cells = {}
    for c in summary["cells"]:
        if c["libc"].startswith("go ") and c["arm"] != "null" and c["trials"]:
            key = (c["target"] + "/" + c["variant"], c["libc"])
            cells.setdefault(key, c)  # of several levels the first: the bare one
    rows = []
    for what, name, claims in CLAIMS:
        for (target, libc), c in cells.items():
            claim = claimed(claims, ".".join(libc.split()[-1].split(".")[:2]))
            if target == name and claim:
                rows.append((what, libc, claim, c))
    if not rows:
        sys.exit("go-rates: no cell in the summary that anything was claimed of")
    print("| child after a fork | release | claimed | measured, 95 % | within |\n| --- | --- | --- | --- | --- |")
    outside = 0
    for what, libc, (k, n), c in rows:
        within = c["ci_low"] <= k / n <= c["ci_high"]
        outside += not within
        p = compare_go.fisher(k, n, compare_go.hangs(c), c["trials"])
        print(f"| {what} | {libc} | {k}/{n} | {compare_go.show(c)} | {'yes' if within else f'no, p = {p:.2g}'} |")
    print(f"\n{len(rows) - outside} of {len(rows)} claimed rates lie within the interval that was measured.")


if __name__ == "__main__":
    main()
