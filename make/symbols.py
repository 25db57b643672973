#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""symbols.py ROOMS.tsv CYCLES.tsv ROOT:SOURCES[:PREFIX]...: who calls whom, as the object files say.

Each ROOT is a folder of objects of one program, ROOT/PATH.o made of SOURCES/PATH.c. With a PREFIX only
names that begin with it count: a program that takes the place of libc functions has those names, too. Prints one line for each offence:
a call into a room that the caller's row in ROOMS.tsv does not name, a cycle between rooms, a cycle
between files that no row of CYCLES.tsv covers (it names these files, and maybe more) with a reason, and
a row that covers none. Exit status 1 when there was one, or when there was nothing to check.
"""
import collections
import fnmatch
import pathlib
import subprocess
import sys


def rows_of(path):
    """The tab-separated fields of each line that is no comment."""
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def read_symbols(objects):
    """{source: (defined, undefined)} of the external symbols of {object: source}."""
    symbols = {}
    for obj, source in objects.items():
        out = subprocess.run(["nm", "-g", obj], check=True, capture_output=True, text=True).stdout
        defined, undefined = set(), set()
        for line in out.splitlines():
            kind, name = line.split()[-2:]
            (undefined if kind in "Uw" else defined).add(name)
        symbols[source] = (defined, undefined)
    return symbols


def calls_of(symbols, prefix):
    """{source: {other source: [names]}} within one program."""
    home = {}
    for source, (defined, _) in symbols.items():
        for name in defined:
            if name.startswith(prefix):
                home.setdefault(name, source)
    calls = {source: collections.defaultdict(list) for source in symbols}
    for source, (defined, undefined) in symbols.items():
        for name in sorted(undefined - defined):
            if name in home:
                calls[source][home[name]].append(name)
    return calls


def cycles_of(graph):
    """The strongly connected components of more than one node, each sorted (Tarjan, iterative)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for other in successors:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(sorted(graph.get(other, ())))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        on_stack.discard(component[-1])
                    if len(component) > 1:
                        found.append(sorted(component))
    return found


def room_of(source, rooms):
    """The innermost room of a file: wait/ inside snapshot/ belongs to snapshot/."""
    fitting = [r for r in rooms if source == r or source.startswith(r + "/")]
    return max(fitting, key=len) if fitting else str(pathlib.PurePath(source).parent)


def check_rooms(calls, rooms):
    """Offences against the rule table; the graph of rooms as a second result."""
    offences, graph = [], {room: set() for room in rooms}
    for source, others in sorted(calls.items()):
        room = room_of(source, rooms)
        for other, names in sorted(others.items()):
            used = room_of(other, rooms)
            if used == room:
                continue
            graph.setdefault(room, set()).add(used)
            allowed = used in ("runner/base", "runner/arch") and room not in ("lib", "scenarios")
            if not allowed and used not in rooms.get(room, ()):
                offences.append(f"{source}: calls {', '.join(names)} of {other} (not allowed in {room}/)")
    return offences, graph


def covers(row, cycle):
    """Each file of the cycle matches one of the row's globs."""
    return all(any(fnmatch.fnmatch(source, glob) for glob in row) for source in cycle)


def main():
    rooms = {row[0]: set(row[1].split()) if len(row) > 1 else set() for row in rows_of(sys.argv[1])}
    listed = {tuple(sorted(row[0].split())): row[1] if len(row) > 1 else "" for row in rows_of(sys.argv[2])}
    calls = {}
    for argument in sys.argv[3:]:
        root, sources, prefix = (argument + ":").split(":")[:3]
        objects = {}
        for obj in pathlib.Path(root).rglob("*.o"):
            source = pathlib.Path(sources) / obj.relative_to(root).with_suffix(".c")
            if source.is_file() and source.parts[0] not in ("tests", "bench"):
                objects[obj] = str(source)
        if not objects:
            sys.exit(f"no object file to check in {root}")
        calls.update(calls_of(read_symbols(objects), prefix))
    # main.c joins the commands into a program; that is all it is for.
    offences, graph = check_rooms({s: c for s, c in calls.items() if s != "runner/main.c"}, rooms)
    for cycle in cycles_of(graph):
        offences.append(f"cycle between rooms: {' '.join(cycle)}")
    found = cycles_of(calls)
    for cycle in found:
        if not any(covers(row, cycle) for row in listed):
            inside = "; ".join(f"{a} calls {', '.join(calls[a][b])} of {b}"
                               for a in cycle for b in sorted(calls[a]) if b in cycle)
            offences.append(f"cycle between files, not in make/cycles.tsv: {' '.join(cycle)} ({inside})")
    for row, why in sorted(listed.items()):
        if not any(covers(row, cycle) for cycle in found):
            offences.append(f"make/cycles.tsv lists a cycle that is gone: {' '.join(row)}")
        elif not why:
            offences.append(f"make/cycles.tsv gives no reason for: {' '.join(row)}")
    print("\n".join(offences), end="\n" if offences else "")
    sys.exit(1 if offences else 0)


if __name__ == "__main__":
    main()
