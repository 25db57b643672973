# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the instrument under audit and reads what it says. Judges nothing."""
import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

VERDICTS = ("pass", "deadlock", "timeout", "recovered", "fail", "crash", "broken")


class Failed(Exception):
    """The instrument gave no answer that could be judged."""


class Target:
    """A built tests/targets program with the labels of its source's head comment.

    mode: one of those that it lists itself (tests/targets/modes.h), its last argument."""

    def __init__(self, source, libc, build, mode=None):
        self.name = source.stem
        self.mode = mode
        self.libc = libc
        self.path = str(build / libc / "targets" / self.name)
        head = source.read_text().split("*/\n")[1]
        found = re.findall(r"^ \* ([a-z]+): (.+)$", head, re.M)
        self.labels = dict(found)
        self.modes = [m for key, line in found if key == "modes" for m in line.split("|")]

    def __str__(self):
        return f"{self.libc}/{self.name}" + (f":{self.mode}" if self.mode else "")

    def args(self, duration, servers):
        """servers: paths by what a target may need."""
        return ([duration] + ([servers[self.labels["needs"]]] if "needs" in self.labels else [])
                + ([self.mode] if self.mode else []))

    def words(self, label):
        return [w for w in self.labels.get(label, "").split("|") if w]


def find_targets(build, prefix, libcs, only):
    found = []
    for source in sorted(pathlib.Path("tests/targets").glob(prefix + "*.c")):
        for libc in libcs:
            plain = Target(source, libc, build)
            for t in [Target(source, libc, build, m) for m in plain.modes] or [plain]:
                if t.labels.get("libc", libc) == libc and re.search(only, str(t)):
                    if not os.access(t.path, os.X_OK):
                        raise Failed(f"{t.path} is not built")
                    found.append(t)
    return found


def run_cell(o, target, args, trials, jobs, timeout, db):
    """One campaign of one target, as the record has it: verdicts, causes, times to the verdict."""
    command = [o.hangrate, "run", "-q", "-n", str(trials), "-j", str(jobs), "--timeout", timeout,
               "--seed", str(o.seed), "--db", db, "--", target.path, *args]
    r = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    if r.returncode not in (0, 1):
        raise Failed(f"{target}: run: status {r.returncode}: "
                     f"{r.stderr.decode(errors='replace').strip()[-300:]}")
    with contextlib.closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as c:
        columns = ", ".join("n_" + v for v in VERDICTS)
        cells = c.execute(f"SELECT id, {columns} FROM cell WHERE NOT canary").fetchall()
        if len(cells) != 1:
            raise Failed(f"{target}: {len(cells)} cells in the record instead of one")
        cell = dict(zip(VERDICTS, cells[0][1:]))
        cell["causes"] = [dict(zip(("class", "summary", "detail", "count"), row))
                          for row in c.execute("SELECT class, summary, detail, count FROM cause "
                                               "WHERE cell_id = ?", cells[0][:1])]
        cell["detect_ms"] = [ns / 1e6 for ns, in c.execute(
            "SELECT detect_ns FROM trial WHERE cell_id = ? AND detect_ns > 0", cells[0][:1])]
    if sum(cell[v] for v in VERDICTS) != trials:
        raise Failed(f"{target}: not all of the {trials} trials are in the record")
    return cell


def why(o, pid):
    r = subprocess.run([o.hangrate, "why", "--json", str(pid)], stdin=subprocess.DEVNULL,
                       capture_output=True)
    try:
        return json.loads(r.stdout)
    except ValueError:
        return None  # the process has just ended, or the command failed and said so


def descendants(root):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = pathlib.Path(f"/proc/{name}/stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(name))
    tree, todo = [], [root]
    while todo:
        pid = todo.pop()
        tree.append(pid)
        todo += children.get(pid, [])
    return tree


class Running:
    """A target that runs outside of the runner, for `why`; ended on exit with all it started."""

    def __init__(self, target, args=()):
        self.process = subprocess.Popen([target.path, *args], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for pid in descendants(self.process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.wait()
        self.process.stdout.close()

    def holders(self):
        """The owners that the target itself named so far."""
        try:
            self.text += os.read(self.process.stdout.fileno(), 4096)
        except BlockingIOError:
            pass
        return {int(n) for n in re.findall(rb"^holder (\d+)$", self.text, re.M)}

    def why_until_proven(self, o, seconds):
        deadline = time.monotonic() + seconds
        answer = None
        while time.monotonic() < deadline:
            answer = why(o, self.process.pid) or answer
            if answer and answer.get("proven"):
                break
            time.sleep(0.02)  # between looks; the proof itself does not depend on it
        return answer
