"""What a development node costs: `weir dev --ephemeral` from exec to ready and to the first record, memory, idle CPU. Printed, not judged:
a timed assertion on a shared machine would be a flaky test. Judged is only that it serves and ends with its parent."""
import json
import subprocess
import sys
import time

import wire
from harness import PEER, WEIR, cpu_seconds, gone, memory_mib, percentile, say, wait_for


def start():
    t = time.monotonic()
    p = subprocess.Popen([WEIR, "dev", "--ephemeral"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in p.stdout:
        if line.startswith("{") and '"ready"' in line:
            return p, json.loads(line), time.monotonic() - t, t
    raise RuntimeError(f"ended without a ready line, exit {p.wait()}")


def stop(p):
    p.terminate()
    try:
        p.wait(10)
    finally:
        if p.poll() is None:
            p.kill()
        p.stdout.close()
        p.stdin.close()


def main():
    if PEER != "weir":
        say("skipped: only about our own binary")
        return 77
    ready, first = [], []
    for _ in range(5):
        p, line, seconds, t = start()
        try:
            ready.append(seconds * 1000)
            with wire.Conn(line["kafka"]) as c:
                wire.create_topic(c, "t", 1, 1)
                wait_for("produce", 10, lambda: wire.produce(c, "t", 0, wire.batch([b"x"]))[0] == 0, 0.001)
                wait_for("fetch", 10, lambda: wire.fetch(c, [("t", 0, 0)], max_wait=500)[2]["t", 0]["records"], 0.001)
                first.append((time.monotonic() - t) * 1000)
        finally:
            stop(p)
    say(f"exec to ready: {', '.join(f'{v:.0f}' for v in ready)} ms, median {percentile(ready, .5):.0f} ms (target 150)")
    say(f"exec to first record consumed: median {percentile(first, .5):.0f} ms")
    p, line, _, _ = start()
    try:
        time.sleep(1)
        c0, t0 = cpu_seconds(p.pid), time.monotonic()
        time.sleep(10)
        busy = (cpu_seconds(p.pid) - c0) / (time.monotonic() - t0) * 100
        say(f"idle: {memory_mib(p.pid):.1f} MiB resident (target 30), {busy:.2f} % of a core (target 1)")
    finally:
        stop(p)
    # it ends with its parent
    parent = subprocess.Popen([sys.executable, "-c", "import subprocess, sys, time\n"
                               f"p = subprocess.Popen([{WEIR!r}, 'dev', '--ephemeral'], stdout=subprocess.PIPE)\n"
                               "p.stdout.readline()\nprint(p.pid, flush=True)\ntime.sleep(60)"], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for("the node to end with its parent", 10, lambda: gone(pid))
    say("ends with its parent: yes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
