#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program on a terminal of its own.

terminal.py OUT COLUMNS [REGEX KEYS]... -- PROGRAM [ARG...]: writes what the terminal shows to OUT.
Each time REGEX matches what was shown since the last time, KEYS are typed (^C is Ctrl-C). Ends as
the program does; 124 when that takes more than a minute, 125 when a REGEX never matched.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60


def show(fd, out, steps, end):
    """Until the program has closed the terminal; the steps that are left."""
    since = b""
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:  # EIO: nobody has it open any more
            return steps
        if not data:
            return steps
        out.write(data)
        since += data
        if steps and re.search(steps[0][0], since):
            os.write(fd, steps.pop(0)[1])
            since = b""
    return None


def main():
    split = sys.argv.index("--")
    path, columns, *rest = sys.argv[1:split]
    steps = [
        (rest[i].encode(), rest[i + 1].replace("^C", "\x03").encode())
        for i in range(0, len(rest), 2)
    ]
    size_read, size_write = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.close(size_write)
        os.read(size_read, 1)  # the terminal has its size when the other end closes
        os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.close(size_read)
    os.close(size_write)
    with open(path, "wb") as out:
        left = show(fd, out, steps, time.monotonic() + LIMIT)
    if left is None:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(124 if left is None else 125 if left else status)


main()
