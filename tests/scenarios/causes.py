# SPDX-License-Identifier: GPL-3.0-or-later
"""The cause of each hazard names its scenario, or one that looks the same: what `cause` in the scenario
says of itself must be what the runner finds. Needs the runner, which check.py does without."""
import json
import os
import subprocess
import tempfile

import trial

TRIALS = os.environ.get("CAUSE_TRIALS", "4")
SEED = os.environ.get("SEED", "1")
HANGS = ("deadlocks", "hangs", "times-out", "recovers")
RUNNER = f"{trial.BUILD}/hangrate"


def listed():
    out = subprocess.run([RUNNER, "list", "--scenarios", trial.BUILD, "--json"], check=True, capture_output=True)
    return [s for s in json.loads(out.stdout)["scenarios"] if not s["name"].startswith("libc-")]


def looks_of(scenarios):
    """{scenario: the names that its cause may be given}; [] for one that is told by nothing."""
    cause = {s["name"]: s["cause"] for s in scenarios}

    def names(name):
        text = cause[name]
        if text.startswith("none: "):
            return []
        others = [part.strip()[2:] for part in text.split(";") if part.strip().startswith("= ")]
        same = [n for n in cause if cause[n] == text] if ":" in text else []
        return same + [n for other in others for n in names(other)]

    return {name: names(name) for name in cause if cause[name]}


def run(variants):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/report.json"
        subprocess.run([RUNNER, "run", "--scenarios", trial.BUILD, "--trials", TRIALS, "--seed", SEED, "--quiet",
                        "--db", f"{folder}/causes.db", "--json", path, *variants], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as f:
            return json.load(f)["cells"]


def judge(causes, allowed):
    """What is wrong with the names that the causes were given; None: nothing."""
    for cause in causes:
        named = (cause["detail"] or {}).get("scenarios", [])
        if cause["class"] in ("fail", "crash"):
            continue
        if not set(named) <= set(allowed):
            return f"{named}, not {allowed}: {cause['class']}: {cause['summary']}"
        if allowed and not named and cause["class"] != "unproven":
            return f"nothing named, not {allowed}: {cause['class']}: {cause['summary']}"
    return None


scenarios = listed()
looks = looks_of(scenarios)
tests = [(f"{s['libc'].split()[0]} {s['name']} says what its cause looks like",
          lambda n=s["name"]: None if looks.get(n) is not None else "it has no `cause`") for s in scenarios]
hazards = sorted({f"{s['name']}/{v['name']}" for s in scenarios for v in s["variants"] if v["expect"] in HANGS})
found = {}
for cell in run(hazards):
    found.setdefault((cell["libc"], cell["target"], cell["variant"]), []).extend(cell["causes"])
for (libc, target, variant), causes in sorted(found.items()):
    if causes:
        tests.append((f"seed {SEED}: a cause of {libc} {target}/{variant} names it",
                      lambda c=causes, t=target: judge(c, looks.get(t, []))))
trial.report(tests)
