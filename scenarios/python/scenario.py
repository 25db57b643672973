# SPDX-License-Identifier: MIT
"""What a scenario in Python needs: it declares itself, and this owns the command line.

A scenario is one file scenarios/python/NAME.py, called python-NAME. It calls main() once. The
protocol is lib/protocol.h: --describe prints one JSON object, --run VARIANT runs one trial and ends
with 0 (passed), 1 (wrong), 77 (does not exist here) or 99 (set-up failed).
"""
import json
import os
import sys
import traceback

EXIT_FAIL, EXIT_SKIP, EXIT_BROKEN = 1, 77, 99
WORDS = ("deadlocks", "completes", "may", "times-out", "hangs", "recovers", "fails")


def variant(name, summary, run, what, why, timeout_ms=0):
    """One way through the hazard, or around it: run() returns when the trial passed. what: one of
    WORDS. timeout_ms: 0 is the runner's default."""
    assert what in WORDS
    return {"name": name, "summary": summary, "run": run, "timeout_ms": timeout_ms,
            "expect": [{"libc": "*", "what": what, "why": why}]}


def check(condition, text):
    """Judges the subject: the trial is `fail`."""
    if not condition:
        leave(EXIT_FAIL, f"CHECK({text})")


def must(condition, text):
    """Judges the set-up: the trial is `broken` and counts nowhere."""
    if not condition:
        leave(EXIT_BROKEN, f"MUST({text})")


def skip(why):
    leave(EXIT_SKIP, f"skipped: {why}")


def leave(status, text):
    os.write(2, f"{name()}: {text}\n".encode())
    os._exit(status)


def name():
    return "python-" + os.path.basename(sys.modules["__main__"].__file__).removesuffix(".py").removeprefix("python-")


def describe(summary, hazard, symptom, cause, variants, refs):
    shown = [{k: v for k, v in one.items() if k != "run"} for one in variants]
    version = f"python {sys.version_info.major}.{sys.version_info.minor}"
    print(json.dumps({"schema": 1, "name": name(), "summary": summary, "hazard": hazard,
                      "libc": version, "symptom": symptom, "cause": cause, "after_fork": False,
                      "knobs": [], "variants": shown, "refs": refs}, indent=2))


def run(variants, wanted):
    for one in variants:
        if one["name"] == wanted:
            try:
                one["run"]()
            except Exception:  # a trial that ends by an error of its own is a wrong one
                leave(EXIT_FAIL, traceback.format_exc())
            return
    leave(EXIT_BROKEN, f"no variant '{wanted}'")


def main(summary, hazard, symptom, cause, variants, refs):
    """summary: what happens; hazard: why; symptom: what a stuck process waits in (lib/protocol.h);
    cause: what its cause looks like (lib/scenario.h); variants: of variant(); refs: where to read on."""
    if sys.argv[1:] == ["--describe"]:
        describe(summary, hazard, symptom, cause, variants, refs)
    elif len(sys.argv) == 3 and sys.argv[1] == "--run":
        run(variants, sys.argv[2])
    else:
        leave(EXIT_BROKEN, "usage: --describe | --run VARIANT")
