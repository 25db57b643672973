#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/catalogue.md from what scenarios say of themselves and what a campaign measured.

usage: catalogue.py LIST.json REPORT.json     (hangrate list --json, hangrate report --json)

Every figure, sentence and address on the page comes from these two. The page goes to standard output.
"""
import json
import re
import sys

SYMPTOMS = {  # in the order of the page; the words of lib/protocol.h
    "futex": "My process waits in futex",
    "read": "My process waits in read",
    "write": "My process waits in write (or send, mq_send, msgsnd)",
    "wait": "My process waits in wait4 or waitid",
    "poll": "My process waits in poll, select or epoll_wait",
    "open": "My process waits in open",
    "connect": "My process waits in connect",
    "lock": "My process waits in flock, fcntl or semop",
    "signal": "My process waits in pause, sigsuspend or rt_sigtimedwait",
}
FIX = ("completes", "recovers")


def percent(x):
    return f"{100 * x:.3g} %"


def chance(cell):
    """P(hang) with its interval and its count."""
    n, hangs = cell["trials"] - cell["skip"] - cell["broken"], cell["deadlock"] + cell["timeout"]
    if n <= 0:
        return "-"
    if not hangs:
        return f"0 of {n} (< {percent(cell['ci_high'])})"
    return f"{percent(cell['p_hang'])} [{percent(cell['ci_low'])}, {percent(cell['ci_high'])}] of {n}"


def arm(cells, which):
    """The cell of that arm that hangs most often."""
    found = [c for c in cells if c["arm"] == which]
    return max(found, key=lambda c: (c["p_hang"] or 0, c["trials"]), default=None)


def sentence(cells):
    """The first cause that was proven, in the words of `hangrate why`."""
    causes = [cause for c in cells for cause in c["causes"]]
    causes.sort(key=lambda c: (c["class"] == "unproven", -c["count"]))
    return re.sub(r"\s+", " ", causes[0]["summary"]) if causes else None


def escape(text):
    return re.sub(r"([\\`*_{}<>|\[\]])", r"\\\1", text)


def rows(name, arms, cells):
    """One row of the table for each variant on each libc that hangs or cures."""
    for s in arms:
        for v in s["variants"]:
            mine = [c for c in cells if (c["target"], c["variant"], c["libc"]) == (name, v["name"], s["libc"])]
            bare, injected = arm(mine, "bare"), arm(mine, "injected")
            if bare is None or bare["trials"] == bare["skip"]:
                continue
            kind = "fix" if v["expect"] in FIX else "**hazard**"
            worst = f"{chance(injected)}, {escape(injected['inject'])}" if injected else "-"
            yield f"| {kind} | {escape(v['name'])} | {s['libc']} | {escape(v['summary'])} | {chance(bare)} | {worst} |"


def entry(name, arms, cells, out):
    first = arms[0]
    hazards = [c for c in cells if c["target"] == name and c["expect"] not in FIX]
    out.append(f"### {name}\n\n{first['summary'][0].upper()}{first['summary'][1:]}: {first['hazard']}.\n")
    said = sentence(hazards)
    if said:
        out.append(f"What `hangrate why` says:\n\n> {escape(said)}\n")
    out.append("| | variant | on | what it does | P(hang), bare | at the delay that hangs most |\n| --- | --- | --- | --- | --- | --- |")
    out.extend(rows(name, arms, cells))
    fixes = {v["name"]: (v["summary"], v["why"]) for s in arms for v in s["variants"] if v["expect"] in FIX}
    out.append("\nWhat cures it: " + "; ".join(f"*{escape(n)}*: {escape(a)} ({escape(w)})" for n, (a, w) in fixes.items()) + ".\n")
    if first["refs"]:
        out.append("See also: " + ", ".join(f"<{r}>" if r.startswith("http") else escape(r) for r in first["refs"]) + ".\n")


def main():
    with open(sys.argv[1]) as f:
        listed = [s for s in json.load(f)["scenarios"] if not s["name"].startswith("libc-")]
    with open(sys.argv[2]) as f:
        report = json.load(f)
    cells, campaign = report["cells"], report["campaign"]
    names = sorted({s["name"] for s in listed})
    by_name = {n: [s for s in listed if s["name"] == n] for n in names}
    measured = {c["target"] for c in cells}
    out = ["<!-- SPDX-License-Identifier: GPL-3.0-or-later -->",
           "<!-- Written by `make catalogue`; change the scenarios, not this page. -->",
           "# A catalogue of hangs\n",
           "Each entry is a small program in `scenarios/` that hangs, beside the same program with its cure. Find yours by "
           "what `ps -o pid,wchan,cmd`, `strace -p` or `hangrate why` shows.\n",
           f"Measured with seed {campaign['seed']} on {campaign['cpus']} processors, {campaign['kernel']}, 95 % intervals. "
           "The matrix of libc functions after fork() has a page of its own: [fork-safety.md](fork-safety.md).\n"]
    groups = {s: [n for n in names if by_name[n][0]["symptom"] == s and n in measured] for s in SYMPTOMS}
    for symptom, title in SYMPTOMS.items():
        if groups[symptom]:
            links = ", ".join(f"[{n}](#{n})" for n in groups[symptom])
            out.append(f"- **{title}**: {links}")
    out.append("")
    for symptom, title in SYMPTOMS.items():
        if groups[symptom]:
            out.append(f"## {title}\n")
        for n in groups[symptom]:
            entry(n, by_name[n], cells, out)
    missing = [n for n in names if n not in measured or not by_name[n][0]["symptom"]]
    if missing:
        sys.exit(f"catalogue: not measured, or without a symptom: {', '.join(missing)}")
    print("\n".join(out))


main()
