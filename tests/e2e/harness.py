"""Clusters for the end-to-end tests: ours by default, the real Apache Kafka when WEIR_E2E_PEER=kafka.

Running the same test against Kafka proves the test; running it against Weir proves Weir. Environment:
  WEIR_BIN         the binary (default build/release/weir of this checkout)
  WEIR_E2E_PEER    weir (default) or kafka; kafka needs WEIR_PEERS, a folder that holds kafka/start, stop, kill-node, restart-node
  WEIR_E2E_SET     more `--set` pairs for our nodes, separated by spaces
  WEIR_E2E_PORTS   LOW-HIGH, where the nodes' ports are taken from (21000-31900)
  WEIR_E2E_KEEP    keep the cluster's folder (1)
  WEIR_E2E_BASE    use the cluster that listens on this port and the next ones, start none (for writing tests)
"""
import glob
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEER = os.environ.get("WEIR_E2E_PEER", "weir")
WEIR = os.environ.get("WEIR_BIN", os.path.join(ROOT, "build/release/weir"))
PEERS = os.environ.get("WEIR_PEERS", os.path.join(ROOT, "../shared/peers"))
CACHE = os.environ.get("WEIR_CACHE", os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "weir"))


def end_early(number, _):
    """SIGTERM, or the time limit shortly before ctest's: an exception, so that the clusters are taken down."""
    raise SystemExit("out of time" if number == signal.SIGALRM else "terminated")


signal.signal(signal.SIGTERM, end_early)
signal.signal(signal.SIGALRM, end_early)
signal.alarm(int(os.environ.get("WEIR_E2E_LIMIT", "0")))


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def run(cmd, timeout=120, check=True, **kw):
    """Runs a command to its end; its output is part of the error when it fails."""
    r = subprocess.run([str(c) for c in cmd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, **kw)
    if check and r.returncode:
        raise RuntimeError(f"{' '.join(map(str, cmd))}: exit {r.returncode}\n{r.stdout[-4000:]}")
    return r


def port_open(port, host="127.0.0.1"):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0


def can_bind(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_base(count=24):
    """The first of `count` ports in a row that nobody uses. By default below the range that the kernel gives to outgoing connections
    (32768 and up): there a client could take a killed node's port, or even connect to itself, before the node is back."""
    low, high = map(int, os.environ.get("WEIR_E2E_PORTS", "21000-31900").split("-"))
    for _ in range(200):
        base = random.randrange(low, high, 30)
        if all(can_bind(base + i) for i in range(count)):
            return base
    raise RuntimeError("no free ports")


def wait_for(what, seconds, poll, every=0.05):
    """Polls until the condition gives something true and returns that."""
    end = time.monotonic() + seconds
    while True:
        got = poll()
        if got:
            return got
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)


def stat_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()


def gone(pid):
    """True once the process has ended (a zombie has)."""
    try:
        return stat_of(pid)[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def cpu_seconds(pid):
    f = stat_of(pid)
    return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


class Cluster:
    """n local nodes, ids 1 … n. A context manager: up on entry, torn down on exit, logs shown when the body raised."""

    def __init__(self, n=3, directory=None, settings=None, peer=None):
        self.n, self.peer, self.settings = n, peer or PEER, dict(settings or {})
        self.own_dir = directory is None
        self.dir = directory or tempfile.mkdtemp(prefix="weir-e2e-")
        self.base = free_base()
        self.up_process = None
        self.known = {}  # node -> pid: only what this object started is ever ended

    # ---- life
    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.show_logs()
            self.close()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and kind is not KeyboardInterrupt:
            self.show_logs()
        self.close()

    def up(self):
        t = time.monotonic()
        if "WEIR_E2E_BASE" in os.environ:
            self.base = int(os.environ["WEIR_E2E_BASE"])
            return
        if self.peer == "kafka":
            env = dict(os.environ, KAFKA_HEAP=os.environ.get("KAFKA_HEAP", "400m"),
                       KAFKA_EXTRA="\n".join(f"{k}={v}" for k, v in self.settings.items()))
            run([f"{PEERS}/kafka/start", self.dir, self.n, self.base], timeout=180, env=env)
        else:
            cmd = [WEIR, "cluster", "up", "-n", str(self.n), "--dir", self.dir, "--kafka-port", str(self.base),
                   "--http-port", str(self.base + 20)]
            pairs = [f"{k}={v}" for k, v in self.settings.items()] + os.environ.get("WEIR_E2E_SET", "").split()
            for pair in pairs:
                cmd += ["--set", pair]
            log = open(os.path.join(self.dir, "up.log"), "ab")
            self.up_process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            log.close()
            self.wait_ready(range(1, self.n + 1), 60)
            if self.up_process.wait(60):  # it ends when every node serves, which is later than listening
                raise RuntimeError(f"weir cluster up: exit {self.up_process.returncode}\n{self.tail(os.path.join(self.dir, 'up.log'))}")
        self.remember()
        say(f"{self.n} nodes of {self.peer} up in {time.monotonic() - t:.2f} s: {self.bootstrap}")

    def wait_ready(self, nodes, seconds):
        def ready():
            if self.up_process and self.up_process.poll() not in (None, 0):
                raise RuntimeError(f"weir cluster up: exit {self.up_process.returncode}\n{self.tail(os.path.join(self.dir, 'up.log'))}")
            return all(port_open(self.port(i)) for i in nodes)
        wait_for(f"nodes {list(nodes)} listening", seconds, ready)

    def close(self):
        if "WEIR_E2E_BASE" in os.environ:
            return
        try:
            if self.peer == "kafka":
                for i in self.known:
                    self.resume(i, quiet=True)
                run([f"{PEERS}/kafka/stop", self.dir], timeout=60, check=False)
            elif os.path.exists(WEIR):
                for i in list(self.known):
                    self.resume(i, quiet=True)
                run([WEIR, "cluster", "down", "--dir", self.dir], timeout=40, check=False)
        except Exception as e:  # the processes are ended below in any case
            say("down:", e)
        if self.up_process and self.up_process.poll() is None:
            self.up_process.terminate()
            try:
                self.up_process.wait(10)
            except subprocess.TimeoutExpired:
                self.up_process.kill()
        for pid in self.known.values():
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)
        if self.own_dir and not os.environ.get("WEIR_E2E_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def remember(self):
        self.known.update({i: p for i, p in self.pids().items()})

    # ---- facts
    def port(self, node): return self.base + node - 1
    def address(self, node): return f"127.0.0.1:{self.port(node)}"
    def http(self, node): return f"http://127.0.0.1:{self.base + 20 + node - 1}"

    @property
    def bootstrap(self): return ",".join(self.address(i) for i in range(1, self.n + 1))

    def pids(self):
        """{node: pid} of the running ones."""
        if self.peer == "kafka":
            out = {}
            for f in glob.glob(f"{self.dir}/node-*.pid"):
                with open(f) as pid_file:
                    words = pid_file.read().split()
                if words and not gone(int(words[0])):
                    out[int(f.rsplit("-", 1)[1][:-4])] = int(words[0])
            return out
        r = run([WEIR, "cluster", "ps", "--json", "--dir", self.dir], timeout=20)
        rows = []
        text = r.stdout.strip()
        try:
            rows = json.loads(text)
            rows = rows.get("nodes", rows) if isinstance(rows, dict) else rows
        except ValueError:
            rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        out = {}
        for row in rows:
            pid = int(row.get("pid") or 0)
            if pid > 0 and not gone(pid):
                out[int(row.get("node", row.get("node_id")))] = pid
        return out

    def log_files(self):
        return [f for f in glob.glob(f"{self.dir}/**/*.log", recursive=True)
                if not os.path.basename(f)[:20].isdigit() and os.path.getsize(f)]

    @staticmethod
    def tail(path, size=3000):
        try:
            with open(path, "rb") as f:
                f.seek(max(0, os.path.getsize(path) - size))
                return f.read().decode(errors="replace")
        except OSError as e:
            return str(e)

    def show_logs(self):
        for f in sorted(self.log_files()):
            print(f"---- end of {f}\n{self.tail(f, 800 if self.peer == 'kafka' else 3000)}", flush=True)
        keep = os.environ.get("WEIR_E2E_ARTIFACTS")
        if keep:
            target = os.path.join(keep, os.path.basename(self.dir))
            os.makedirs(target, exist_ok=True)
            for f in self.log_files():
                shutil.copy(f, os.path.join(target, os.path.relpath(f, self.dir).replace("/", "_")))

    # ---- faults
    def kill(self, node):
        """SIGKILL, at once; returns the monotonic time of the signal."""
        pid = self.known[node]
        t = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait_for(f"node {node} gone", 10, lambda: gone(pid), 0.002)
        if self.peer == "weir":  # so that `cluster ps` and `start` know that it was meant
            run([WEIR, "cluster", "kill", node, "--dir", self.dir], timeout=20, check=False)
        return t

    def kill_all(self):
        for pid in self.known.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # a node whose disk failed ends by itself
        for node, pid in self.known.items():
            wait_for(f"node {node} gone", 10, lambda: gone(pid), 0.002)
        if self.peer == "weir":
            for node in self.known:
                run([WEIR, "cluster", "kill", node, "--dir", self.dir], timeout=20, check=False)

    def pause(self, node): os.kill(self.known[node], signal.SIGSTOP)

    def resume(self, node, quiet=False):
        try:
            os.kill(self.known[node], signal.SIGCONT)
        except ProcessLookupError:
            if not quiet:
                raise

    def start(self, *nodes):
        """Starts nodes again on their data and waits until they listen."""
        if self.peer == "kafka":
            procs = [subprocess.Popen([f"{PEERS}/kafka/restart-node", self.dir, str(i)], stdout=subprocess.DEVNULL) for i in nodes]
            if any(p.wait(240) for p in procs):
                raise RuntimeError(f"restart of {nodes} failed")
        else:
            for i in nodes:
                # Without waiting: of several that are started, the first serves only when there is a quorum.
                run([WEIR, "cluster", "start", i, "--no-wait", "--dir", self.dir], timeout=60)
            self.wait_ready(nodes, 60)
        self.remember()


def percentile(values, p):
    """Nearest rank; None of nothing."""
    v = sorted(values)
    return v[min(len(v) - 1, max(0, int(len(v) * p + 0.999999) - 1))] if v else None


def main(tests):
    """Runs functions in order; exit code 1 if one failed. `-k PART` chooses by name."""
    want = sys.argv[sys.argv.index("-k") + 1] if "-k" in sys.argv else ""
    failed = []
    for t in tests:
        if want and want not in t.__name__:
            continue
        started = time.monotonic()
        say(f"==== {t.__name__}: {(t.__doc__ or '').strip().splitlines()[0] if t.__doc__ else ''}")
        try:
            t()
            say(f"==== {t.__name__}: ok, {time.monotonic() - started:.1f} s")
        except Exception as e:
            import traceback
            traceback.print_exc()
            say(f"==== {t.__name__}: FAILED after {time.monotonic() - started:.1f} s: {e}")
            failed.append(t.__name__)
    if failed:
        say("failed:", ", ".join(failed))
    sys.exit(1 if failed else 0)
