# SPDX-License-Identifier: MIT
"""Popen.wait() while the child's standard output is a pipe that nobody reads."""
import subprocess
import sys

import scenario

TALK = [sys.executable, "-c", "print('x' * 200000)"]  # more than the 64 KiB that a pipe holds


def wait_first():
    child = subprocess.Popen(TALK, stdout=subprocess.PIPE)
    child.wait()
    child.stdout.read()


def communicate():
    child = subprocess.Popen(TALK, stdout=subprocess.PIPE)
    output, _ = child.communicate()
    scenario.check(len(output) == 200001, "the output is whole")


def to_nowhere():
    child = subprocess.Popen(TALK, stdout=subprocess.DEVNULL)
    scenario.check(child.wait() == 0, "the child exits with 0")


if __name__ == "__main__":
    scenario.main(
        summary="Popen.wait() with an unread pipe",
        hazard="the child waits for room in the pipe, and its reader waits for the child",
        symptom="wait",
        cause="pipe: pipe-write + child",
        variants=[
            scenario.variant("wait-first", "wait(), then read()", wait_first, "hangs",
                             "the pipe holds less than the child writes", timeout_ms=1000),
            scenario.variant("communicate", "communicate()", communicate, "completes",
                             "it reads until the end, then waits"),
            scenario.variant("devnull", "stdout=DEVNULL", to_nowhere, "completes",
                             "nobody has to read"),
        ],
        refs=["https://docs.python.org/3/library/subprocess.html#subprocess.Popen.wait"])
