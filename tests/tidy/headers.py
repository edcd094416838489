"""Compiles each header alone: it must bring what it uses. A header that its own source includes first is proven by the build and left
out; the rest is compiled. What compiled before with the same text of all headers is not compiled again
(a stamp per header in the cache folder, keyed by its own text and that of every header of the tree)."""
import argparse
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("base", "log", "replication", "broker", "processor", "web", "tools", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def headers():
    for top in FOLDERS:
        for folder, names, files in os.walk(os.path.join(ROOT, top)):
            names[:] = [n for n in names if n not in ("node_modules", "build", "__pycache__")]
            for f in files:
                if f.endswith(".h"):
                    yield os.path.relpath(os.path.join(folder, f), ROOT)


def proven_by_build(path):
    """foo.cc begins with #include "foo.h"."""
    first = INCLUDE.search(text_of(path[:-2] + ".cc").decode(errors="replace"))
    return first is not None and first.group(1) == path


def text_of(path, cache={}):
    if path not in cache:
        try:
            with open(os.path.join(ROOT, path), "rb") as f:
                cache[path] = f.read()
        except OSError:
            cache[path] = b""
    return cache[path]


def closure(path):
    """The header and every file of ours that it includes, directly or not."""
    seen, todo = set(), [path]
    while todo:
        p = todo.pop()
        if p not in seen:
            seen.add(p)
            todo += INCLUDE.findall(text_of(p).decode(errors="replace"))
    return sorted(seen)


def key_of(path, compiler):
    h = hashlib.sha256(compiler.encode())
    for p in closure(path):
        h.update(p.encode() + b"\0" + text_of(p))
    return h.hexdigest()[:32]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--compiler", default="g++")
    p.add_argument("--jobs", type=int, default=2)
    a = p.parse_args()
    stamps = os.path.join(os.environ.get("WEIR_CACHE", os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "weir")),
                          "headers")
    os.makedirs(stamps, exist_ok=True)
    flags = ["-std=c++20", "-fsyntax-only", "-I" + ROOT, "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-DFMT_HEADER_ONLY=0",
             "-DWEIR_SOURCE_DIR=\"\"", "-DWEIR_BINARY_DIR=\"\"", "-x", "c++"]

    def check(path):
        stamp = os.path.join(stamps, key_of(path, a.compiler))
        if os.path.exists(stamp):
            return path, None
        r = subprocess.run([a.compiler, *flags, "-include", os.path.join(ROOT, path), "/dev/null"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if r.returncode == 0:
            open(stamp, "w").close()
            return path, None
        return path, r.stdout

    bad = total = 0
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for path, error in pool.map(check, sorted(h for h in headers() if not proven_by_build(h))):
            total += 1
            if error:
                bad += 1
                print(f"{path}: does not compile alone\n{error[:1500]}")
    print(f"{total} headers compiled alone, {bad} not self-contained")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
