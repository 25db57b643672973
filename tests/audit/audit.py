#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves the instrument right: planted deadlocks must be proven, with the right cause; healthy
children that look stuck must never be.

Planted ones are run by `hangrate run` (verdict, class, lock, latency) and looked at by
`hangrate why` (class, lock, and the owner against the tid that the target itself named). Healthy
ones are run by `hangrate run` and also looked at by `hangrate why` again and again while they
live, since a runner that never looks would never be wrong. Exits with 1 on any fault: a wrong class,
an unproven plant, a false proof, an instrument that gave no answer.
"""
import argparse
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from answerer import Answerer  # noqa: E402
from instrument import VERDICTS, Failed, Running, find_targets, run_cell, why  # noqa: E402
from outsider import Outsider  # noqa: E402


class Tally:
    """Shares of what was asked: hits of n, and who missed."""

    def __init__(self):
        self.hits = self.n = 0
        self.missed = collections.Counter()

    def add(self, hit, n, who):
        self.hits += hit
        self.n += n
        if hit < n:
            self.missed[str(who)] += n - hit

    def text(self):
        share = f" = {100 * self.hits / self.n:.1f} %" if self.n else ""
        return f"{self.hits}/{self.n}{share}"

    def data(self):
        return {"hits": self.hits, "of": self.n, "missed": dict(self.missed)}


class Audit:
    def __init__(self, o, scratch):
        self.o = o
        self.scratch = scratch
        self.answerer = Answerer(os.path.join(scratch, "answerer"))
        self.outsider = Outsider(o.build, os.path.join(scratch, "outsider"))
        self.matrix = {k: collections.Counter() for k in
                       ("planted, run", "planted, why", "healthy, run", "healthy, why")}
        self.tallies = {k: Tally() for k in ("class, run", "lock, run", "class, why", "lock, why",
                                             "holder, why")}
        self.classes = collections.Counter()
        self.faults = []
        self.false_proofs = 0
        self.detect_ms = []

    def fault(self, text):
        self.faults.append(text)
        print(f"audit: {text}", file=sys.stderr, flush=True)

    # -- planted --------------------------------------------------------------------------------
    def planted_by_run(self, t):
        db = os.path.join(self.scratch, f"{t.libc}-{t.name}.db")
        n = self.o.planted
        cell = run_cell(self.o, t, [], n, self.o.jobs, self.o.planted_timeout, db)
        for v in VERDICTS:
            self.matrix["planted, run"][v] += cell[v]
        if cell["deadlock"] != n:
            self.fault(f"{t}: proven in {cell['deadlock']} of {n} trials only: "
                       f"{ {v: cell[v] for v in VERDICTS if cell[v]} }")
        right = named = 0
        for cause in cell["causes"]:
            self.classes[t.labels["class"], cause["class"]] += cause["count"]
            if cause["class"] in t.words("class"):
                right += cause["count"]
            else:
                self.fault(f"{t}: class {cause['class']} instead of {t.labels['class']}: "
                           f"{cause['summary']}")
            named += cause["count"] * names_lock(t, json.dumps(cause))
        self.tallies["class, run"].add(right, n, t)
        if t.words("lock"):
            self.tallies["lock, run"].add(named, n, t)
        self.detect_ms += cell["detect_ms"]

    def planted_by_why(self, t):
        with Running(t) as r:
            answer = r.why_until_proven(self.o, self.o.seconds)
            truth = r.holders()
        proven = bool(answer and answer.get("proven"))
        self.matrix["planted, why"]["deadlock" if proven else "not proven"] += 1
        if not proven:
            return self.fault(f"{t}: why: not proven: {brief(answer)}")
        right = answer["class"] in t.words("class")
        self.tallies["class, why"].add(right, 1, t)
        if not right:
            self.fault(f"{t}: why: class {answer['class']} instead of {t.labels['class']}: "
                       f"{answer['summary']}")
        if t.words("lock"):
            self.tallies["lock, why"].add(names_lock(t, json.dumps(answer)), 1, t)
        if t.labels.get("holder") in ("yes", t.libc):
            owners = set(owners_of(answer))
            if answer["class"] == "file-lock":  # held by a process, which is an edge of its own
                owners |= {e["to_pid"] for e in answer["edges"] if "to_pid" in e}
            self.tallies["holder, why"].add(bool(truth) and truth <= owners, 1, t)
            if not truth <= owners and self.o.verbose:
                print(f"audit: {t}: holders {truth}, named {owners}", file=sys.stderr)
        return None

    # -- healthy --------------------------------------------------------------------------------
    def args_of(self, t):
        return t.args(self.o.duration, {"answerer": self.answerer.path,
                                        "outsider": self.outsider.path})

    def healthy_by_run(self, t, n):
        db = os.path.join(self.scratch, f"{t.libc}-{t.name}.db")
        cell = run_cell(self.o, t, self.args_of(t), n, self.o.healthy_jobs, "60s", db)
        for v in VERDICTS:
            self.matrix["healthy, run"][v] += cell[v]
        wrong = cell["deadlock"] + cell["recovered"]
        self.false_proofs += wrong
        if wrong:
            self.fault(f"{t}: FALSE PROOF in {wrong} of {n}: {brief(cell['causes'])}")
        if cell["pass"] + wrong != n:
            self.fault(f"{t}: healthy, but { {v: cell[v] for v in VERDICTS if cell[v]} }")
        os.unlink(db)

    def healthy_by_why(self, t):
        """Looks without pause for as long as the target lives."""
        for _ in range(self.o.lives):
            with Running(t, self.args_of(t)) as r:
                while r.process.poll() is None:
                    answer = why(self.o, r.process.pid)
                    if not answer:
                        continue
                    wrong = bool(answer.get("proven"))
                    self.matrix["healthy, why"]["deadlock" if wrong else "not proven"] += 1
                    if wrong:
                        self.false_proofs += 1
                        self.fault(f"{t}: why: FALSE PROOF: {brief(answer)}")
                        break

    # -- all ------------------------------------------------------------------------------------
    def guard(self, function, *args):
        try:
            function(*args)
        except Failed as e:
            self.fault(str(e))

    def run(self, planted, healthy):
        o = self.o
        for t in planted:
            progress(t)
            self.guard(self.planted_by_run, t)
            self.guard(self.planted_by_why, t)
        quick = [t for t in healthy if "slow" not in t.labels]
        each = -(-o.healthy // max(1, len(quick)))
        for t in healthy:
            progress(t)
            if o.healthy:
                self.guard(self.healthy_by_run, t, each if t in quick else -(-each // 10))
            self.guard(self.healthy_by_why, t)

    def report(self):
        columns = [*VERDICTS, "not proven"]
        columns = [c for c in columns if any(m[c] for m in self.matrix.values())]
        print(f"{'':14}" + "".join(f"{c:>12}" for c in columns))
        for name, row in self.matrix.items():
            print(f"{name:14}" + "".join(f"{row[c]:12}" for c in columns))
        for name, tally in self.tallies.items():
            print(f"right {name:14} {tally.text()}"
                  + (f"  missed: {', '.join(tally.missed)}" if tally.missed else ""))
        d = sorted(self.detect_ms)
        if d:
            print(f"last progress to verdict: p50 {quantile(d, .5):.1f} ms, "
                  f"p99 {quantile(d, .99):.1f} ms, worst {d[-1]:.1f} ms (n = {len(d)})")
        n = sum(self.matrix["healthy, run"].values())
        print(f"false proofs: {self.false_proofs} of {n} healthy trials and "
              f"{sum(self.matrix['healthy, why'].values())} looks of why; seed {self.o.seed}"
              + (f"; p < {3 / n:.1e} (95 %, exact: 1-0.05^(1/n))"
                 if n and not self.false_proofs else ""))

    def data(self):
        d = sorted(self.detect_ms)
        return {"schema": 1, "seed": str(self.o.seed), "oversubscribe": self.o.oversubscribe,
                "matrix": {k: dict(v) for k, v in self.matrix.items()},
                "shares": {k: v.data() for k, v in self.tallies.items()},
                "classes": [{"planted": a, "reported": b, "count": n}
                            for (a, b), n in sorted(self.classes.items())],
                "false_proofs": self.false_proofs, "faults": self.faults,
                "detect_ms": {"n": len(d), "p50": quantile(d, .5), "p99": quantile(d, .99)}
                if d else None}


def quantile(ordered, q):
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def names_lock(t, text):
    return any(word in text for word in t.words("lock"))


def owners_of(value):
    """Every tid below a key "owner" in an answer of why, whether bare or in an object."""
    if isinstance(value, dict):
        for key, v in value.items():
            if key == "owner" and isinstance(v, int):
                yield v
            elif key == "owner" and isinstance(v, dict):
                yield from (v[k] for k in ("tid", "pid") if isinstance(v.get(k), int))
            else:
                yield from owners_of(v)
    elif isinstance(value, list):
        for v in value:
            yield from owners_of(v)


def brief(answer):
    """What an answer of why, or the causes of a cell, come to in one line."""
    if isinstance(answer, list):
        return "; ".join(f"{c['class']}: {c['summary']}" for c in answer)
    if not answer:
        return "no answer"
    rest = [f"{t['tid']}: {t['not_stuck']}" for t in answer["threads"] if t.get("not_stuck")]
    return "; ".join([answer["summary"], *rest])


def progress(t):
    if sys.stderr.isatty():
        print(f"\r\033[K{t}", end="", file=sys.stderr, flush=True)


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    p.add_argument("--hangrate")
    p.add_argument("--libcs", default="glibc,musl")
    p.add_argument("--only", default="", help="regular expression on LIBC/NAME")
    p.add_argument("--planted", type=int, default=10, help="trials of each planted target")
    p.add_argument("--planted-timeout", default="10s")
    p.add_argument("--healthy", type=int, default=2000, help="trials of all healthy targets")
    p.add_argument("--lives", type=int, default=2, help="lives of each that why looks at")
    p.add_argument("--duration", default="5..80", help="of a healthy life, ms")
    p.add_argument("--seconds", type=float, default=10, help="why must have proven a plant by then")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--healthy-jobs", type=int, default=16)
    p.add_argument("--oversubscribe", type=int, default=0, help="busy processes a CPU meanwhile")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--same-namespace", action="store_true", help="no pid namespace of its own")
    p.add_argument("--json", help="write the figures there, too")
    p.add_argument("--verbose", action="store_true")
    o = p.parse_args()
    o.hangrate = o.hangrate or str(o.build / "hangrate")
    return o


def enter_pid_namespace():
    """Starts anew in a pid namespace, as in a container: there every process may be looked at, so
    that "some process that may not be looked at holds it" hides no hole of the proof."""
    inside = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.environ.get("AUDIT_INSIDE"):
        return
    if os.getuid():
        inside += ["--user", "--map-root-user"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        print("audit: no pid namespace here: some holes would stay hidden", file=sys.stderr)
        return
    os.environ["AUDIT_INSIDE"] = "1"
    os.execvp(inside[0], [*inside, sys.executable, *sys.argv])


def main():
    o = options()
    if not o.same_namespace:
        enter_pid_namespace()
    libcs = [x for x in o.libcs.split(",") if (o.build / x / "targets").is_dir()]
    try:
        planted = find_targets(o.build, "planted_", libcs, o.only)
        healthy = find_targets(o.build, "healthy_", libcs, o.only)
    except Failed as e:
        sys.exit(f"audit: {e}")
    if not planted and not healthy:
        sys.exit("audit: no target found")
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
               for _ in range(o.oversubscribe * os.cpu_count())]
    try:
        with tempfile.TemporaryDirectory(prefix="hangrate-audit-") as scratch:
            audit = Audit(o, scratch)
            try:
                audit.run(planted, healthy)
            finally:
                audit.outsider.stop()
    finally:
        for b in burners:
            b.send_signal(signal.SIGKILL)
            b.wait()
    audit.report()
    if o.json:
        with open(o.json, "w", encoding="utf-8") as f:
            json.dump(audit.data(), f, indent=1)
    if audit.faults:
        print(f"audit: {len(audit.faults)} faults")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
