#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is `hangrate guard` invisible on a terminal? Each test types the same keys to an interactive bash
twice, once with the command alone and once with the command under guard, and compares.

terminal.py HANGRATE: prints TAP lines.
"""
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import sys
import termios
import time

HANGRATE = os.path.abspath(sys.argv[1])
LIMIT = 60
PROMPT = b"READY> "


class Shell:
    """An interactive bash on a terminal of its own."""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for name in ("GITHUB_ACTIONS", "GITLAB_CI", "PROMPT_COMMAND"):
                os.environ.pop(name, None)
            os.environ.update(PS1=PROMPT.decode(), TERM="dumb", HISTFILE="", LC_ALL="C")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.seen = b""
        self.since = 0

    def expect(self, regex):
        """Reads until regex matches what came since the last match; that text."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            m = re.search(regex.encode(), self.seen[self.since :], re.S)
            if m:
                text = self.seen[self.since : self.since + m.end()]
                self.since += m.end()
                return text.decode(errors="replace")
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    break
        raise AssertionError(f"{regex!r} never came: {self.seen[self.since:]!r}")

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        self.expect(re.escape(PROMPT.decode()))
        self.type(line + "\n")

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def status(sh):
    sh.run("echo status=$?.")
    return re.search(r"status=(\d+)\.\r", sh.expect(r"status=\d+\.\r")).group(1)


def interrupt(sh, prefix):
    sh.run(prefix + "sh -c 'echo be''gun; exec sleep 100'")
    sh.expect("begun")
    sh.type("\x03")
    return status(sh)


def interrupt_caught_once(sh, prefix):
    """One Ctrl-C is one signal. bash may begin to read just after it came, and runs the trap later."""
    sh.run(
        prefix + "bash -c 'n=0; trap \"n=\\$((n+1)); echo int=\\$n.\" INT; echo be''gun;"
        " until read -t 0.2 a; do :; done; echo total=\"$n\".; exit 7'"
    )
    sh.expect("begun")
    sh.type("\x03")
    sh.expect(r"int=1\.")
    sh.type("x\n")
    total = re.search(r"total=(\d+)\.", sh.expect(r"total=\d+\.\r")).group(1)
    return total, status(sh)


def stop_and_continue(sh, prefix):
    sh.run(prefix + "bash -c 'echo be''gun; read a; echo got=\"$a\".'")
    sh.expect("begun")
    sh.type("\x1a")
    sh.expect("Stopped")
    sh.run("jobs; echo li''sted")
    jobs = sh.expect("listed").count("Stopped")
    sh.run("fg")
    sh.expect(r"fg\r\n.*\r\n")
    sh.type("word\n")
    sh.expect(r"got=word\.")
    return jobs, status(sh)


def background_reads_terminal(sh, prefix):
    """A background job that reads from the terminal is stopped, and can be brought back."""
    sh.run(prefix + "bash -c 'read a; echo got=\"$a\".' &")
    sh.expect(r"\[1\] \d+")
    end = time.monotonic() + LIMIT
    while True:
        sh.run("jobs; echo li''sted")
        if "Stopped" in sh.expect("listed"):
            break
        assert time.monotonic() < end, "the job was never stopped"
    sh.run("fg")
    sh.expect(r"fg\r\n.*\r\n")
    sh.type("word\n")
    sh.expect(r"got=word\.")
    return status(sh)


def window_size(sh, prefix):
    sh.size(24, 80)
    sh.run(prefix + "bash -c 'trap \"stty size; exit 5\" WINCH; stty size; while read -t 50 a; do :; done'")
    sh.expect("24 80")
    sh.size(40, 132)
    sh.expect("40 132")
    return status(sh)


def quit_key(sh, prefix):
    sh.run("ulimit -c 0")
    sh.run(prefix + "sh -c 'echo be''gun; exec sleep 100'")
    sh.expect("begun")
    sh.type("\x1c")
    said = "Quit" in sh.expect(re.escape(PROMPT.decode()))
    sh.type("\n")
    return said


def kill_job(sh, prefix):
    """kill %1 is for the whole job: it must come once. (bash may parse the trap within <(:): no brackets in it.)"""
    sh.run(
        prefix + "bash -c 'n=; trap \"n=x\\$n\" TERM; echo be''gun;"
        " while [ -z \"$n\" ]; do read -t 0.1 <> <(:); done;"
        " read -t 1 <> <(:); echo total=${#n}.; exit 9' &"
    )
    sh.expect("begun")
    sh.type("\n")
    sh.run("kill %1")
    return re.search(r"total=(\d+)\.", sh.expect(r"total=\d+\.\r")).group(1)


def kill_alone(sh, prefix):
    """A signal to the job's process alone is one for the command."""
    sh.run(prefix + "bash -c 'trap \"echo te''rm.; exit 9\" TERM; echo be''gun; while :; do read -t 0.1 <> <(:); done' &")
    sh.expect("begun")
    sh.type("\n")
    sh.run("kill -TERM $!; wait $!; echo waited=$?.")
    return re.search(r"waited=(\d+)\.", sh.expect(r"waited=\d+\.\r")).group(1)


def is_a_terminal(sh, prefix):
    sh.run(prefix + "bash -c 'for fd in 0 1 2; do [ -t $fd ] && echo -n t; done; echo .'")
    text = re.search(r"\r\n(t*)\.", sh.expect(r"\r\nt*\.")).group(1)
    sh.run(prefix + "bash -ic 'set -o | grep monitor'")
    return text, "on" in sh.expect(r"monitor\s+o\w+")


TESTS = [
    interrupt,
    interrupt_caught_once,
    stop_and_continue,
    background_reads_terminal,
    window_size,
    quit_key,
    kill_job,
    kill_alone,
    is_a_terminal,
]


def run(test, prefix):
    sh = Shell()
    try:
        return test(sh, prefix)
    finally:
        sh.close()


def main():
    failed = 0
    for test in TESTS:
        name = "terminal: " + test.__name__.replace("_", " ")
        try:
            alone, guarded = run(test, ""), run(test, shlex.quote(HANGRATE) + " guard -- ")
            same = alone == guarded
            why = f"alone {alone}, guarded {guarded}"
        except AssertionError as e:
            same, why = False, str(e)
        print(f"ok {name}" if same else f"not ok {name}\n# {why}", flush=True)
        failed += not same
    sys.exit(failed != 0)


main()
