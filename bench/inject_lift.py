#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What delays at no named place (`--inject auto`) make of whatever hangs in 1 % of bare runs at most.

First all variants that may hang through fork run bare. Those that hang more often need no help; those
that never hung and are not known to (expected "may") are shown but count only if auto makes them.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

TARGETS = ("glibc/targets/inject_rare_mutex", "musl/targets/inject_rare_mutex",
           "musl/targets/inject_file_lock")


def run(o, n, rules, what):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "json")
        command = [o.hangrate, "run", "-q", "--db", "none", "--scenarios", o.build, "--json", out,
                   "-n", str(n), "--seed", str(o.seed)] + [a for r in rules for a in ("--inject", r)]
        r = subprocess.run(command + what, env={**os.environ, "XDG_CACHE_HOME": folder},
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not os.path.exists(out):
            sys.exit(f"{' '.join(command + what)}: status {r.returncode}: {r.stderr}")
        with open(out) as f:
            return [c for c in json.load(f)["cells"] if not c["canary"]]


def hangs(c):
    return c["deadlock"] + c["timeout"]


def candidates(o):
    """target/variant of all that may hang through fork and do so in 1 % of bare runs at most"""
    listed = json.loads(subprocess.run([o.hangrate, "list", "--json", "--scenarios", o.build],
                                       capture_output=True, check=True).stdout)["scenarios"]
    wanted = sorted({f"{s['name']}/{v['name']}" for s in listed for v in s["variants"]
                     if s["libc"].split()[0] in ("glibc", "musl") and v["name"] in ("fork", "exit")
                     and v["expect"] in ("deadlocks", "may")})
    # A rule that is never asked for: without one the levels of delay knobs would be run, too.
    cells = run(o, o.bare, ["syscall:acct:delay_enter=0"], wanted)
    bare = {}
    for c in cells:
        if c["arm"] == "bare":
            k = bare.setdefault((c["target"], c["variant"], c["libc"], c["expect"]), [0, 0])
            k[0] += hangs(c)
            k[1] += c["trials"]
    often = sum(k > 0.01 * n for k, n in bare.values())
    print(f"{len(bare)} variants and libcs may hang through fork; {often} do so in more than 1 % of "
          f"{o.bare} bare runs", flush=True)
    return [key for key, (k, n) in bare.items()
            if k <= 0.01 * n and key[3] in ("deadlocks", "may")]


def show(c, cells, name):
    bare = [b for b in cells if b["arm"] == "bare" and b["libc"] == c["libc"]
            and b["target"] == c["target"] and b["variant"] == c["variant"]
            and set(b["inject"].split()) <= set(c["inject"].split())][0]
    lift = c["lift"]
    said = "-" if not lift else "" if lift["value"] is None else f"{lift['value']:.3g} "
    if lift:
        said += (f"above {lift['low']:.3g}" if lift["high"] is None
                 else f"[{lift['low']:.3g}, {lift['high']:.3g}]")
    was, now = (f"{hangs(x)}/{x['trials']}" for x in (bare, c))
    print(f"{name:44}{c['libc']:12}{c['expect']:10}{was:>9}{now:>10}  {said:20}"
          f"{(c['receipt']['note'] or '')[:90]}", flush=True)
    rate = hangs(bare) / bare["trials"] if bare["trials"] else 0
    enough = hangs(c) and (not rate or hangs(c) / c["trials"] >= 10 * rate) and lift["low"] >= 10
    return None if rate > 0.01 else bool(enough)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--hangrate", required=True)
    p.add_argument("--build", required=True)
    p.add_argument("--trials", type=int, default=200, help="of each arm (200)")
    p.add_argument("--bare", type=int, default=100, help="to find out what hardly hangs (100)")
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    begin = time.monotonic()
    short = []
    todo = candidates(o)
    print(f"{'':44}{'libc':12}{'expected':10}{'bare':>9}{'injected':>10}  lift, 95 %")
    for target, variant in sorted({(t, v) for t, v, _, _ in todo}):
        cells = run(o, o.trials, ["auto"], [f"{target}/{variant}"])
        for c in cells:
            key = (c["target"], c["variant"], c["libc"], c["expect"])
            if c["arm"] != "injected" or key not in todo:
                continue
            level = " ".join(w for w in c["inject"].split() if "=" in w and ":" not in w)
            ok = show(c, cells, f"{target}/{variant} {level}")
            if ok is False and (c["expect"] == "deadlocks" or hangs(c)):
                short.append(f"{target}/{variant} {level} {c['libc']}")
    for target in TARGETS:
        path = f"{o.build}/{target}"
        if os.path.exists(path):
            cells = run(o, o.trials, ["auto"], ["--timeout", "1s", "--", path])
            for c in cells:
                if c["arm"] == "injected" and show(c, cells, target) is False:
                    short.append(target)
    print(f"took {time.monotonic() - begin:.0f} s")
    sys.exit(f"short of ten times: {'; '.join(short)}" if short else 0)


if __name__ == "__main__":
    main()
