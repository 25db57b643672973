#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mutants.py [ID-or-file...]: would the tests notice if the code were wrong?

Each row of mutants.tsv is a small error: a file, a sed expression that makes it, the tests that should
notice, and why they must. The file alone is compiled again and linked with the rest of the build, then
the named tests run, and where these pass, all unit tests. A mutant that passes them all has survived.

An expression that changes nothing, or makes what does not compile, is an error of the table. Exit
status 1 when more than 5 % survive that the table does not argue for, 2 when the table is wrong.
The commands to compile and to link come from `make mutants` by the environment. MUTANTS_QUICK=1 leaves
out the unit tests that the row does not name.
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

B = pathlib.Path(os.environ["BUILD"])
COMPILE = shlex.split(os.environ["MUTANTS_COMPILE"])
LINKS = {name: (shlex.split(os.environ[f"MUTANTS_{name.upper()}_LINK"]),
                shlex.split(os.environ[f"MUTANTS_{name.upper()}_LIBS"])) for name in ("unit", "hangrate")}
JOBS = int(os.environ.get("MUTANTS_JOBS", os.cpu_count()))
QUICK = bool(os.environ.get("MUTANTS_QUICK"))  # the named tests only
SHARE_CAUGHT = 0.95
NOT_IN_UNIT = "runner/main.c"  # the unit tests have a main() of their own
TEST_SECONDS = 150  # of all unit tests together; they take less than half of it


class TableError(Exception):
    pass


def rows():
    """Dictionaries of the table; those that the command line asks for."""
    path = pathlib.Path(__file__).with_name("mutants.tsv")
    names = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#file\t"):
            names = line[1:].split("\t")
        if not line or line.startswith("#"):
            continue
        row = dict(zip(names, line.split("\t")))
        if len(row) != len(names):
            raise TableError(f"line {number}: {len(names)} columns are wanted")
        row["id"] = str(number)
        wanted = sys.argv[1:]
        if not wanted or row["id"] in wanted or any(row["file"].startswith(w) for w in wanted):
            yield row


def run(command, seconds, **kwargs):
    """Exit status and output; 124 when it took too long. Ends what the command has started."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          start_new_session=True, **kwargs) as p:
        try:
            out, _ = p.communicate(timeout=seconds)
            return p.returncode, out
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
            return 124, ""


def make_object(row, folder):
    """The mutated object file."""
    source = pathlib.Path(row["file"])
    if not source.is_file():
        raise TableError(f"{row['id']}: {source}: no such file")
    mutated = folder / source.name
    text = subprocess.run(["sed", "-E", row["sed"], str(source)], check=False, capture_output=True, text=True)
    if text.returncode:
        raise TableError(f"{row['id']}: {source}: sed: {text.stderr.strip()}")
    if text.stdout == source.read_text(encoding="utf-8"):
        raise TableError(f"{row['id']}: {source}: '{row['sed']}' changes nothing")
    mutated.write_text(text.stdout, encoding="utf-8")
    obj = folder / "mutant.o"
    status, out = run([*COMPILE, "-w", "-c", str(mutated), "-o", str(obj)], 120)
    if status:
        raise TableError(f"{row['id']}: {source}: does not compile: {out[:300]}")
    return obj


def link(name, row, obj):
    """The program with the mutated object in the place of its own."""
    objects, libs = LINKS[name]
    own = str(B / "obj" / pathlib.Path(row["file"]).with_suffix(".o"))
    if own not in objects:
        raise TableError(f"{row['id']}: {own} is no part of {name}")
    program = B / f"mutant-{row['id']}-{name}"  # beside the original: tests find their targets from there
    status, out = run([*(str(obj) if o == own else o for o in objects), *libs, "-o", str(program)], 120)
    if status:
        raise TableError(f"{row['id']}: does not link: {out[-300:]}")
    return program


def first_failure(program, filters):
    """The name of a test that fails ("SUITE/NAME"), "*" where it can't be told; None: none fails."""
    command = [str(program), "--fail-fast", "--timeout", "30", "--filter", filters]
    status, out = run(command, TEST_SECONDS)
    if status == 0:
        if "Tested: 0" in out:
            raise TableError(f"no unit test is called {filters}")
        return None
    failed = re.findall(r"^\[(?:FAIL|RR)\] (\w+)::(\w+)", out, re.M)
    return "/".join(failed[0]) if failed else "*"


def unit_notices(program, filters):
    """The test that fails, and fails again: a test may fail by itself on a busy machine. None: none does."""
    for _ in range(3):
        failed = first_failure(program, filters)
        if not failed or first_failure(program, failed):
            return failed
    return None


def case_notices(row, obj, test):
    """A golden case of the command line, an integration test, or modes of the healthy targets: HEALTHY_ONLY of
    15-healthy.sh."""
    program = link("hangrate", row, obj)
    kind, case = test.split("/", 1)
    env = {**os.environ, "HANGRATE": str(program.resolve()), "BUILD": str(B)}
    if kind == "cli":
        status, _ = run(["tests/cli/run.sh", case], TEST_SECONDS, env=env)
    elif kind == "integration":
        status, _ = run(["bash", f"tests/integration/{case}.sh"], TEST_SECONDS, env=env)
    else:
        status, _ = run(["tests/integration/15-healthy.sh"], TEST_SECONDS, env={**env, "HEALTHY_ONLY": case})
    return test if status else None


def try_mutant(row):
    """Who has noticed (None: nobody), and the seconds that it took."""
    begin = time.monotonic()
    folder = B / "mutants" / row["id"]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        obj = make_object(row, folder)
        program = None if row["file"] == NOT_IN_UNIT else link("unit", row, obj)
        noticed = None
        for test in row["tests"].split():
            noticed = noticed or (case_notices(row, obj, test)
                                  if test.startswith(("cli/", "integration/", "healthy/")) else unit_notices(program, test))
        if not noticed and program and not QUICK:
            noticed = unit_notices(program, "*/*")
    finally:
        for name in ("unit", "hangrate"):
            (B / f"mutant-{row['id']}-{name}").unlink(missing_ok=True)
    return noticed, time.monotonic() - begin


def main():
    caught, survived, argued, wrong = 0, [], 0, 0
    table = list(rows())
    if not table:
        sys.exit("mutants: no such row")
    if not QUICK and first_failure(B / "unit", "*/*") and unit_notices(B / "unit", "*/*"):
        sys.exit("mutants: the unit tests fail as they are")
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for row, future in [(row, pool.submit(try_mutant, row)) for row in table]:
            try:
                noticed, seconds = future.result()
            except TableError as error:
                wrong += 1
                print(f"error {error}", flush=True)
                continue
            state = "caught" if noticed else "argued" if row["survives"] != "-" else "SURVIVED"
            caught += state == "caught"
            argued += state == "argued"
            if state == "SURVIVED":
                survived.append(row)
            print(f"{state:8} {row['id']:>3} {row['file']}: {row['why']}"
                  f" ({noticed or row['survives']}, {seconds:.0f} s)", flush=True)
    total = len(table) - wrong
    print(f"mutants: {caught} of {total} caught, {len(survived)} survived, {argued} argued for, {wrong} errors")
    for row in survived:
        print(f"survivor {row['id']}: {row['file']}: {row['sed']}")
    if wrong:
        sys.exit(2)
    sys.exit(caught < SHARE_CAUGHT * total)


if __name__ == "__main__":
    try:
        main()
    except TableError as error:
        print(f"error {error}")
        sys.exit(2)
