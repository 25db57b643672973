# SPDX-License-Identifier: GPL-3.0-or-later
"""Each variant of scenarios/*.c does what it declares, with every knob at its largest level. This
does not use the runner, so that the two can be held against each other."""
import glob
import os
import re
import subprocess

import trial

sanitized = os.environ.get("SAN") or "asan" in trial.BUILD
RUNS = int(os.environ.get("SCENARIO_RUNS", "20" if sanitized else "60"))  # of what completes
TRIES = 400  # until the first hang; of the rarest (setenv-lock) 8 in 100 hang on a quiet machine
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
NS = {"us": 1000, "ms": 1000000, "s": 1000000000}


def largest_levels(described, variant):
    """The environment that sets each knob of the variant to the last of its levels."""
    points, knobs = [], []
    for knob in described["knobs"]:
        if knob["name"] not in variant.get("knobs", [k["name"] for k in described["knobs"]]):
            continue
        number, unit = re.fullmatch(r"(\d+)(\w*)", knob["levels"].split(",")[-1]).groups()
        if knob["kind"] == "delay":
            points.append(f"{knob['name']},f,{int(number) * NS[unit]},0,1,1,1")
        else:
            knobs.append(f"{knob['name']}={int(number) * UNITS[unit]}")
    env = {"HANGRATE_KNOBS": ";".join(knobs)}
    if points:
        env["HANGRATE_POINTS"] = ";".join(points)
    return env


def matches(rule, libc):
    """Is "musl 1.2.3" meant by "musl<1.2.5" or "glibc>=2.31,<2.36"?"""
    name, version = libc.split()
    word, conditions = re.fullmatch(r"(\*|[a-z]+)(.*)", rule).groups()
    if word not in ("*", name):
        return False

    def number(text):
        return [int(n) for n in text.split(".")]

    compare = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
               ">=": lambda a, b: a >= b, "=": lambda a, b: a == b}
    return all(compare[op](number(version), number(limit))
               for op, limit in re.findall(r"([<>=]+)([\d.]+)", conditions))


def completes(path, name, env):
    for seed in range(RUNS):
        t = trial.run(path, name, {**env, "HANGRATE_SEED": str(seed)})
        if t.status != 0:
            return f"seed {seed}: {t.status} {t.said}"
        if "HANGRATE_POINTS" in env and not t.passed:
            return f"seed {seed}: no passage through {env['HANGRATE_POINTS']}"
    return None


def deadlocks(path, name, env):
    for seed in range(TRIES):
        t = trial.run(path, name, {**env, "HANGRATE_SEED": str(seed)})
        if t.status == trial.HUNG:
            return None
        if t.status != 0:
            return f"seed {seed}: {t.status} {t.said}"
    return f"no hang in {TRIES} trials"


def fails(path, name, env):
    for seed in range(10):
        t = trial.run(path, name, {**env, "HANGRATE_SEED": str(seed)})
        if t.status != 1 or "CHECK(" not in t.said:
            return f"seed {seed}: {t.status} {t.said}"
    return None


def says_libc(described, libc):
    if libc == "glibc":
        want = os.confstr("CS_GNU_LIBC_VERSION")
    else:
        loader = glob.glob("/lib/ld-musl-*.so.1")[0]
        said = subprocess.run([loader], stderr=subprocess.PIPE, check=False).stderr.decode()
        want = "musl " + re.search(r"Version (\S+)", said)[1]
    return None if described["libc"] == want else f"{described['libc']}, not {want}"


def queues(port):
    """Send-Q of the socket bound to that port, Recv-Q of its peer."""
    send = receive = None
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            field = line.split()
            tx, rx = (int(n, 16) for n in field[4].split(":"))
            if field[3] == "01" and int(field[1].split(":")[1], 16) == port:
                send = tx
            if field[3] == "01" and int(field[2].split(":")[1], 16) == port:
                receive = rx
    return send, receive


def sendq_accounts_for_every_byte(path):
    found = []

    def look(process):
        said = os.read(process.stdout.fileno(), 65536).decode()
        written, port = map(int, re.findall(r"written (\d+) bytes from port (\d+)", said)[-1])
        found.append((written, *queues(port)))

    t = trial.run(path, "wait-first", {"HANGRATE_KNOBS": "bytes=1048576"}, until_rest=look)
    if t.status != trial.HUNG:
        return f"did not hang: {t.status}"
    written, send, receive = found[0]
    if not send or not receive or written != send + receive:
        return f"written {written}, Send-Q {send}, Recv-Q {receive}"
    return None


def bad_calls(path):
    for argv in (["--run", "no-such-variant"], ["--run"], [], ["--what"]):
        status = subprocess.run([path, *argv], stderr=subprocess.DEVNULL, check=False).returncode
        if status != 99:
            return f"{argv}: {status}"
    for env in ({"HANGRATE_SEED": "x"}, {"HANGRATE_KNOBS": "no-such=1"}, {"HANGRATE_KNOBS": "bytes=z"}):
        t = trial.run(path, "read-first", env)
        if t.status != 99:
            return f"{env}: {t.status}"
    return None


def tests_of(path, libc):
    described = trial.describe(path)
    name = f"{libc} {described['name']}"
    judge = {"completes": completes, "deadlocks": deadlocks, "hangs": deadlocks, "fails": fails}
    yield f"{name} says its libc", lambda: says_libc(described, libc)
    for variant in described["variants"]:
        expected = [e for e in variant["expect"] if matches(e["libc"], described["libc"])]
        what = expected[0]["what"] if expected else "nothing"
        if what in ("may", "nothing"):
            continue
        # A sanitizer brings an allocator of its own, which fork() does not know.
        if sanitized and libc == "glibc" and described["name"] in ("malloc-lock", "setenv-lock"):
            continue
        yield (f"{name}/{variant['name']} {what}",
               lambda v=variant, w=what: judge[w](path, v["name"], largest_levels(described, v)))


tests = []
for source in sorted(glob.glob("scenarios/*.c")):
    scenario = os.path.basename(source)[:-2]
    if scenario.startswith("go-"):
        continue
    for libc in ("glibc", "musl"):
        path = f"{trial.BUILD}/{libc}/scenarios/{scenario}"
        if os.path.exists(path):
            tests += tests_of(path, libc)
            if scenario == "tcp-sendq":
                tests.append((f"{libc} tcp-sendq accounts for every byte",
                              lambda p=path: sendq_accounts_for_every_byte(p)))
                tests.append((f"{libc} bad calls are broken trials", lambda p=path: bad_calls(p)))
trial.report(tests)
