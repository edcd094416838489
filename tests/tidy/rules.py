"""House rules on the text of the tree. A finding is "file:line: rule"; exit 1 when there is one. `--report` only prints."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = ("base", "log", "replication", "broker", "processor", "web", "tools", "tests", "bench")

# One shard is one thread: locks belong where threads meet. The only other places, each with its reason:
MUTEX_HOMES = ("base/io/", "web/", "tests/", "bench/", "tools/")
MUTEX_EXCEPTIONS = {
    "base/util/diag.cc": "the log line of one thread must not be cut by another's",
}
MUTEX = re.compile(r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::condition_variable\b|\bpthread_mutex")
SLEEP = re.compile(r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\s*\(|(?<![\w.])sleep\s*\(\d")
NOT_FINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bGTEST_SKIP\(\)\s*;|\bDISABLED_")
# Names that are a symptom: nobody can say what does not belong there.
NO_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|manager2)(\.|/|_)")
SKIP = {"node_modules", "build", "__pycache__", ".git", ".cache", "dist"}


def walk(suffixes):
    for top in CODE:
        for folder, names, files in os.walk(os.path.join(ROOT, top)):
            names[:] = sorted(n for n in names if n not in SKIP)
            for f in sorted(files):
                if f.endswith(suffixes):
                    yield os.path.relpath(os.path.join(folder, f), ROOT)


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read().splitlines()


def text_rules():
    for path in walk((".h", ".cc")):
        text = lines(path)
        unit_test = path.startswith("tests/") and path.endswith("_test.cc")
        if path.endswith(".h") and not any(line.strip() == "#pragma once" for line in text[:60]):
            yield path, 1, "a header begins with #pragma once"
        if NO_NAMES.search(path.replace("base/util/", "")):
            yield path, 1, "a file is named after what it decides, not after a drawer"
        for number, line in enumerate(text, 1):
            code = line.split("//")[0]
            if MUTEX.search(code) and not path.startswith(MUTEX_HOMES) and path not in MUTEX_EXCEPTIONS:
                yield path, number, "a lock outside base/io and web (one shard is one thread)"
            if unit_test and SLEEP.search(code):
                yield path, number, "a unit test does not sleep: drive the clock"
            if NOT_FINISHED.search(line):
                yield path, number, "finish it: no note of work left to do stays in the code"


def long_lines():
    """One note per file; a long line is no broken promise."""
    for path in walk((".h", ".cc")):
        count = sum(len(line) > 120 for line in lines(path))
        if count:
            yield path, 1, f"{count} lines over 120 columns"


def test_names():
    """tests/log/offset_index_test.cc belongs to log/offset_index.{h,cc}."""
    for path in walk(("_test.cc",)):
        inside = path[len("tests/"):]
        if not path.startswith("tests/") or inside.split("/")[0] in ("sim", "golden", "sql", "e2e", "fuzz", "tidy"):
            continue
        stem = inside[:-len("_test.cc")]
        if not any(os.path.exists(os.path.join(ROOT, stem + s)) for s in (".h", ".cc", ".def", "")):
            yield path, 1, f"no {stem}.h or .cc: a test is named after its source"


def readmes():
    """Every folder with sources has a README.md of at most 60 lines that names every subfolder."""
    for top in CODE + ("examples",):
        base = os.path.join(ROOT, top)
        if not os.path.isdir(base):
            continue
        readme = os.path.join(base, "README.md")
        if not os.path.exists(readme):
            yield top + "/", 1, "no README.md"
            continue
        text = open(readme, encoding="utf-8").read()
        count = len(text.splitlines())
        if count > 60:
            yield f"{top}/README.md", 1, f"{count} lines, 60 at most"
        for sub in sorted(os.listdir(base)):
            if os.path.isdir(os.path.join(base, sub)) and sub not in SKIP and not sub.startswith("."):
                if not re.search(rf"\b{re.escape(sub)}\b", text):
                    yield f"{top}/README.md", 1, f"does not name the subfolder {sub}/"


def main():
    found = 0
    hard = [*text_rules()]
    soft = [*test_names(), *readmes(), *long_lines()]  # printed only, until every folder is written
    for path, number, rule in hard:
        print(f"{path}:{number}: {rule}")
        found += 1
    for path, number, rule in soft:
        print(f"note: {path}:{number}: {rule}")
    print(f"{found} findings, {len(soft)} notes")
    return 1 if found and "--report" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
