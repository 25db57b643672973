# SPDX-License-Identifier: GPL-3.0-or-later
"""What others say of the programs of bench/search.py: Helgrind, ThreadSanitizer and x/tools' stress,
run here and now; and what was published of Maple, PERIOD and GoKer."""
import os
import re
import shutil
import signal
import subprocess
import tempfile

PATIENCE_S = 20
COUNT = 100
CLAIMS = (("order", r"lock order|lock-order-inversion"), ("race", r"data race"))


def ended(argv, env=None, patience=PATIENCE_S):
    """(output, whether it was still running when patience was over)"""
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", env={**os.environ, **(env or {})}, start_new_session=True)
    try:
        return p.communicate(timeout=patience)[0], False
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        return p.communicate()[0], True


def claims_of(output, hung):
    said = [name for name, words in CLAIMS if re.search(words, output)]
    return " ".join(said + ["hung"] * hung) or "nothing"


def helgrind(argv):
    if not shutil.which("valgrind"):
        return "not run"
    return claims_of(*ended(["valgrind", "--tool=helgrind", *argv]))


def tsan(argv, folder):
    """One run of the same program as it was built with -fsanitize=thread into that folder."""
    built = os.path.join(folder, os.path.basename(argv[0])) if folder else ""
    if not os.access(built, os.X_OK):
        return "not run"
    # It knows the places of the memory only without randomisation.
    output, hung = ended(["setarch", "-R", built, *argv[1:]], {"TSAN_OPTIONS": "detect_deadlocks=1"})
    return "not run" if "FATAL: ThreadSanitizer" in output else claims_of(output, hung)


def stress(argv, tool):
    """Failures of COUNT runs, a hang among them."""
    if not tool or not os.access(tool, os.X_OK):
        return "not run"
    with tempfile.TemporaryDirectory() as folder:
        output, hung = ended([tool, "-count", str(COUNT), "-p", "2", "-timeout", "2s", "-o", os.path.join(folder, "log"),
                              *argv], patience=3 * PATIENCE_S)
    counts = re.findall(r"(\d+) runs so far, (\d+) failures", output) or re.findall(r"(\d+) runs total, (\d+) failures", output)
    return f"{counts[-1][1]}/{counts[-1][0]}" if counts else "hung" if hung else "not run"


def maple(name, folder):
    """Of SCTBench's own results: found or not, in how many runs. Its rows have no names: those of
    the concurrent-software-benchmarks stand behind three others, in the order of their names."""
    sources = os.path.join(folder or "", "benchmarks", "concurrent-software-benchmarks")
    table = os.path.join(folder or "", "benchmarks", "maple.csv")
    if not name.startswith("cs-") or not os.access(table, os.R_OK):
        return "not found"
    names = sorted(f[:-2] for f in os.listdir(sources) if re.fullmatch(r".*_(bad|sat)\.c", f))
    with open(table, encoding="utf-8") as f:
        rows = f.read().split()
    found, runs, _ = rows[3 + names.index(name[3:])].split(",")
    return f"{'found' if 'cmark' in found else 'missed'} in {runs}"


def period(name, folder):
    """The first schedule with a bug in the run that PERIOD's README of the program shows."""
    case = re.sub("_(bad|sat)$", "", name.removeprefix("cs-"))
    readme = os.path.join(folder or "", "evaluation", "CS", case, "README.md")
    if not name.startswith("cs-") or not os.access(readme, os.R_OK):
        return "not found"
    with open(readme, encoding="utf-8") as f:
        first = re.search(r"test (\d+)[^\n]*\n\s*\[(Error Found|Timeout)", f.read())
    return f"schedule {int(first[1])}" if first else "not found"


def goker(source):
    """How often the authors of GoBench saw the kernel fail, as its source says."""
    with open(source, encoding="utf-8") as f:
        rate = re.search(r"Flaky:\s*(\d+/\d+)", f.read())
    return f"bare {rate[1]}" if rate else "not found"
