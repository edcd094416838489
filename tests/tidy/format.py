"""Every C++ file stands as clang-format leaves it (.clang-format). Prints the files that do not; exit 1 when there is one."""
import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("base", "log", "replication", "broker", "processor", "web", "tools", "tests", "bench")
SKIP = {"node_modules", "build", "__pycache__", "dist"}
FILES_A_RUN = 40


def sources():
    for top in FOLDERS:
        for folder, names, files in os.walk(os.path.join(ROOT, top)):
            names[:] = sorted(n for n in names if n not in SKIP)
            yield from (os.path.join(folder, f) for f in sorted(files) if f.endswith((".h", ".cc")))


def unformatted(tool, paths):
    run = subprocess.run([tool, "--dry-run", *paths], cwd=ROOT, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return {line.split(":")[0] for line in run.stderr.splitlines() if "[-Wclang-format-violations]" in line}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", default="clang-format")
    parser.add_argument("--fix", action="store_true", help="write the files as they should be")
    args = parser.parse_args()
    paths = list(sources())
    if args.fix:
        subprocess.run([args.tool, "-i", *paths], cwd=ROOT, check=True)
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda at: unformatted(args.tool, paths[at : at + FILES_A_RUN]), range(0, len(paths), FILES_A_RUN))
        found = sorted(set().union(*runs))
    for path in found:
        print(f"{os.path.relpath(path, ROOT)}: not as clang-format leaves it; run tests/tidy/format.py --fix")
    return 1 if found else 0


sys.exit(main())
