#!/usr/bin/env python3
"""Checks every #include "…" of the tree against the table of who may use whom. Exit 1 and one line per broken edge.

A new edge needs a commit that changes this table and says why."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# target: the targets it may include, besides itself. A target is the longest of these prefixes that a path begins with.
MAY_USE = {
    "base/util": (),
    "base/io": ("base/util",),
    "base/io/uring": ("base/util", "base/io"),
    "base/io/posix": ("base/util", "base/io"),
    "base/io/backends": ("base/util", "base/io", "base/io/uring", "base/io/posix"),  # the probe that chooses between the two
    "base/wire": ("base/util",),
    "base/config": ("base/util",),
    "base/metrics": ("base/util",),
    "log": ("base",),
    "replication": ("base", "log"),
    "broker": ("base", "log", "replication"),
    "processor": ("base", "log"),
    "web": ("base",),
    "tools/client": ("base",),
    "tools/cli": ("*",),
    "tools/loadgen": (),  # a stock client: nothing of ours
    "broker/main.cc": ("*",),  # the composition root
    "broker/main": ("*",),
    "bench": ("*",),
    "tests": ("*",),
}
# only main, bench, tools and tests choose an implementation of the I/O seam; everybody else sees the seam
HIDDEN = {"base/io/uring": ("broker/main", "bench", "tools", "tests", "base/io"), "base/io/posix": ("broker/main", "bench", "tools", "tests", "base/io")}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
SOURCES = (".h", ".cc", ".def")
TOP = sorted({t.split("/")[0] for t in MAY_USE})


def target_of(path):
    fits = [t for t in MAY_USE if path == t or path.startswith(t + "/") or path.startswith(t + "_") or path.startswith(t + ".")]
    return max(fits, key=len) if fits else None


def sources():
    for top in TOP:
        for folder, names, files in os.walk(os.path.join(ROOT, top)):
            names[:] = [n for n in names if n not in ("node_modules", "build", "__pycache__")]
            for f in files:
                if f.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(folder, f), ROOT)


def allowed(source, user, used):
    if used in HIDDEN and not any(source.startswith(p) for p in HIDDEN[used]):
        return False
    if user == used or "*" in MAY_USE[user]:
        return True
    return any(used == t or used.startswith(t + "/") for t in MAY_USE[user])


def main():
    broken = checked = 0
    for source in sorted(sources()):
        user = target_of(source)
        if user is None:
            print(f"{source}: belongs to no target of the table")
            broken += 1
            continue
        with open(os.path.join(ROOT, source), encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                m = INCLUDE.match(line)
                if not m:
                    continue
                checked += 1
                used = target_of(m.group(1))
                if used is None:
                    if "/" in m.group(1) and not m.group(1).startswith(("weir_", "generated/")):
                        print(f"{source}:{number}: {m.group(1)} belongs to no target of the table")
                        broken += 1
                elif not allowed(source, user, used):
                    print(f"{source}:{number}: {user} may not use {used} ({m.group(1)})")
                    broken += 1
    print(f"{checked} includes checked, {broken} against the table")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
