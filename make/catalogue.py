#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/catalogue.md from what scenarios say of themselves and what a campaign measured.

usage: catalogue.py LIST.json REPORT.json     (hangrate list --json, hangrate report --json)

Every figure, sentence and address on the page comes from these two. What was not as expected in the
measurement is said at the end of the page, and is no error here. The page goes to standard output.
"""
import json
import os
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
FIXES = ("completes", "recovers")
HEAD = """<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make catalogue`; change the scenarios, not this page. Over 500 lines: one page can be searched. -->
# A catalogue of hangs

Each entry is a small program in `scenarios/` that hangs, beside the same program with its fixes. Find yours by what
`ps -o pid,wchan:32,cmd`, `strace -p` or `hangrate why` shows: where a cause is of the kind of one of these, `why`,
`guard` and every report name it. `hangrate run NAME` measures it on your machine, `hangrate list NAME` tells what is
expected there.
"""


def percent(x):
    return f"{100 * x:.2g}" if x < 0.995 else f"{100 * x:.3g}"


def chance(cell):
    """P(hang) with its interval and its count."""
    n, hangs = cell["trials"] - cell["skip"] - cell["broken"], cell["deadlock"] + cell["timeout"]
    if n <= 0:
        return "not measured"
    if not hangs:
        return f"0 of {n} (below {percent(cell['ci_high'])} %)"
    return f"{hangs} of {n}: {percent(cell['p_hang'])} % [{percent(cell['ci_low'])}, {percent(cell['ci_high'])}]"


def worst(cells, which):
    """The cell of that arm that hangs most often."""
    found = [c for c in cells if c["arm"] == which]
    return max(found, key=lambda c: (c["p_hang"] or 0, c["trials"]), default=None)


def rate(cells):
    """Of one variant on one libc: bare, and at the delay that makes it hang most often."""
    bare, injected = worst(cells, "bare"), worst(cells, "injected")
    if bare is None or bare["trials"] == bare["skip"]:
        return "-"
    size = f" ({escape(bare['inject'])})" if bare["inject"] and "=" in bare["inject"] else ""
    return chance(bare) + size + (f"<br>{escape(injected['inject'])}: {chance(injected)}" if injected else "")


def telling(cells):
    """The cause that was found most often, a proven one first; None."""
    causes = [c for cell in cells for c in cell["causes"] if c["class"] not in ("fail", "crash")]
    return min(causes, key=lambda c: (c["class"] == "unproven", -c["count"]), default=None)


def tidy(text):
    """Without what differs from trial to trial."""
    text = re.sub(r" \(for example pid \d+\)", "", re.sub(r"\s+", " ", text))
    text = re.sub(r" \(pid \d+(, a child of \d+)?\)", "", text)
    return re.sub(r"(/tmp/[a-z-]+)-[A-Za-z0-9]{6}\b", r"\1-XXXXXX", text)


def escape(text):
    return re.sub(r"([\\`*_{}<>|\[\]])", r"\\\1", text)


def sentence(text):
    """With a capital letter, unless it begins with the name of a function, and a full stop."""
    first = text.split()[0]
    head = text[0].upper() if first.isalpha() or first.endswith("'s") else text[0]
    return escape(head + text[1:]) + ("" if text.endswith(".") else ".")


def source(name):
    for path in (f"scenarios/{name}.c", f"scenarios/{name.replace('-', '/', 1)}.py", f"scenarios/{name.replace('-', '/', 1)}/main.go"):
        if os.path.exists(path):
            return path
    sys.exit(f"catalogue: {name}: no source")


def is_fix(variant):
    return variant["expect"] in FIXES


def said(hazards):
    """What `hangrate why` says of it: its first line, and who takes part."""
    cause = telling(hazards)
    if not cause:
        return []
    detail = cause["detail"] or {}
    headline, summary = detail.get("headline"), escape(tidy(cause["summary"]))
    first = f"**{'not proven' if detail.get('unless') else 'stuck'}: {escape(tidy(headline))}**\\\n> " if headline else ""
    return [f"`hangrate why`:\n\n> {first}{summary}\n"]


def table(name, arms, cells):
    """A row for each variant, a column for each libc."""
    yield "| | variant | what it does | " + " | ".join(f"P(hang), {s['libc']}" for s in arms) + " |"
    yield "| --- | --- | --- |" + " --- |" * len(arms)
    variants = {v["name"]: v for s in arms for v in s["variants"]}
    for v in variants.values():
        expected = [w for s in arms for w in s["variants"] if w["name"] == v["name"]]
        rates = [rate([c for c in cells if (c["target"], c["variant"], c["libc"]) == (name, v["name"], s["libc"])])
                 for s in arms]
        kind = "fix" if all(map(is_fix, expected)) else "**hazard**"
        yield f"| {kind} | {escape(v['name'])} | {escape(v['summary'])} | " + " | ".join(rates) + " |"


def reasons(arms, fix):
    """Why it hangs, or does not, once for each reason: "*name*: why (glibc 2.36)"."""
    found = {}
    for s in arms:
        for v in s["variants"]:
            hazard = any(not is_fix(w) for o in arms for w in o["variants"] if w["name"] == v["name"])
            if hazard != fix and v["why"]:
                found.setdefault((v["name"], v["why"]), []).append(s["libc"])
    for (variant, why), libcs in found.items():
        where = "" if len(libcs) == len(arms) else f" ({', '.join(libcs)})"
        yield f"- *{escape(variant)}*: {escape(why)}{where}"


def entry(name, arms, cells):
    first = arms[0]
    mine = [c for c in cells if c["target"] == name]
    yield f"### {name}\n\n{sentence(first['summary'])} {sentence(first['hazard'])} Source: [{source(name)}](../{source(name)})\n"
    yield from said([c for c in mine if c["expect"] not in FIXES])
    yield from table(name, arms, mine)
    yield "\nWhy:\n"
    yield from reasons(arms, fix=False)
    yield "\nFixes:\n"
    yield from reasons(arms, fix=True)
    links = [f"<{r}>" if r.startswith("http") else escape(r) for r in first["refs"]]
    if links:
        yield "\nReports and manuals: " + ", ".join(links)
    yield ""


def surprises(cells):
    """What was not as expected in this measurement, a line for each variant on a libc."""
    found = {}
    for c in cells:
        if c["met"] is False:
            found.setdefault((c["target"], c["variant"], c["libc"], c["expect"]), []).append(c)
    for (target, variant, libc, expected), group in sorted(found.items()):
        yield f"- {target}/{variant}, {libc}: expected \"{expected}\"; " + "; ".join(chance(c) for c in group)


def page(by_name, report):
    cells, campaign = report["cells"], report["campaign"]
    measured = {c["target"] for c in cells}
    groups = {s: [n for n in by_name if by_name[n][0]["symptom"] == s] for s in SYMPTOMS}
    yield HEAD
    yield (f"Measured with hangrate {campaign['version']}, seed {campaign['seed']}, {campaign['jobs']} trials at a time on "
           f"{campaign['cpus']} processors ({campaign['cpu']}, {campaign['kernel']}); 95 % intervals in brackets. The first rate is of the "
           "program as it is, the second at the injected delay that makes it hang most often. The matrix of libc functions after "
           "fork() has a page of its own: [fork-safety.md](fork-safety.md).\n")
    for symptom, title in SYMPTOMS.items():
        if groups[symptom]:
            yield f"- **{title}**"
            yield from (f"  - [{n}](#{n}): {escape(by_name[n][0]['summary'])}" for n in groups[symptom])
    for symptom, title in SYMPTOMS.items():
        if groups[symptom]:
            yield f"\n## {title}\n"
        for n in groups[symptom]:
            yield from entry(n, by_name[n], cells) if n in measured else [f"### {n}\n\nNot measured.\n"]
    yield "## Not as expected in this measurement\n"
    yield from list(surprises(cells)) or ["Nothing: every hazard hung, and every fix came to its end."]


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        listed = [s for s in json.load(f)["scenarios"] if not s["name"].startswith("libc-")]
    with open(sys.argv[2], encoding="utf-8") as f:
        report = json.load(f)
    by_name = {n: [s for s in listed if s["name"] == n] for n in sorted({s["name"] for s in listed})}
    silent = [n for n, arms in by_name.items() if arms[0]["symptom"] not in SYMPTOMS]
    if silent:
        sys.exit(f"catalogue: without a symptom: {', '.join(silent)}")
    print("\n".join(page(by_name, report)))


main()
