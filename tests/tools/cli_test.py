#!/usr/bin/env python3
"""`weir` as its users type it, against a node of its own and against three that get killed."""
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from harness import WEIR, Cluster, free_base, main, say, wait_for  # noqa: E402


class Cli:
    """Runs commands against one address; a wrong exit code is an error that shows all output."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def run(self, *args, code=0, stdin="", timeout=60):
        r = subprocess.run([WEIR, *map(str, args), "-b", self.bootstrap], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
        if r.returncode != code:
            raise AssertionError(f"weir {' '.join(map(str, args))}: exit {r.returncode}, not {code}\n{r.stdout}\n{r.stderr}")
        return r.stdout if code == 0 else r.stderr

    def json(self, *args, **kw):
        return json.loads(self.run(*args, "--json", **kw))


class Node:
    """`weir dev --ephemeral`: in memory, on free ports; it would end with us in any case."""

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([WEIR, "dev", "--ephemeral"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError("the node did not start: " + self.log.read().decode(errors="replace"))
        return Cli(json.loads(line)["kafka"])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


def check(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def has(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


def test_records():
    """produce and consume: keys, partitions, headers, nulls, offsets, codecs."""
    with Node() as weir:
        weir.run("topic", "create", "t", "-p", 3)
        lines = [f"key {i}\tvalue {i}" for i in range(2000)]
        check(json.loads(weir.run("produce", "t", "-k", "\t", "-z", "lz4", "--json", stdin="\n".join(lines) + "\n"))["records"], 2000)
        out = weir.run("consume", "t", "-e", "-f", "%k\\t%s\\n")
        check(sorted(out.splitlines()), sorted(lines))
        one = weir.run("consume", "t", "-e", "-p", 1, "-f", "%k\\n").splitlines()
        weir.run("produce", "t", "-k", "\t", stdin=f"{one[0]}\tagain")
        last = json.loads(weir.run("consume", "t", "-e", "-p", 1, "-o", "-1", "--json"))
        check((last["key"], last["value"], last["offset"], last["partition"]), (one[0], "again", len(one), 1))
        check(weir.run("consume", "t", "-p", 1, "-o", 5, "-n", 2, "-f", "%o "), "5 6 ")
        check(weir.run("consume", "t", "-e", "-o", "@2100-01-01"), "")
        check(len(weir.run("consume", "t", "-e", "-o", "@0").splitlines()), 2001)

        # Made on demand; the last line needs no newline; -Z makes a tombstone.
        weir.run("produce", "new", "-Z", "-k", ":", "-H", "h=1", stdin="a:\n:b\nno separator")
        rows = [json.loads(line) for line in weir.run("consume", "new", "-e", "--json").splitlines()]
        check(sorted([r["key"], r["value"]] for r in rows if r["key"] is not None), [["", "b"], ["a", None]])
        check([r["value"] for r in rows if r["key"] is None], ["no separator"])
        check(rows[0]["headers"], [["h", "1"]])
        for acks in ("0", "1"):
            weir.run("produce", "new", "--acks", acks, stdin="x")
        wait_for("the record sent with acks=0", 10, lambda: len(weir.run("consume", "new", "-e").splitlines()) == 5)

        has(weir.run("consume", "nope", "-e", code=1), "UNKNOWN_TOPIC_OR_PARTITION (3)", "there is no topic nope", "weir topic ls")
        has(weir.run("produce", "nope", "--no-create", code=1, stdin="x"), "UNKNOWN_TOPIC_OR_PARTITION (3)")
        has(weir.run("consume", "t", "-p", 7, code=2), "partitions 0 to 2")
        has(weir.run("consume", "t", "-f", "%q", code=2), "`%q` is not known")
        has(weir.run("consume", "t", "-o", "sometime", code=2), "-o sometime")
        has(weir.run("consume", "t", "-e", "-p", 1, "-o", 100000, code=1), "OFFSET_OUT_OF_RANGE (1)", "-o start")


def test_topics_and_settings():
    """topic, config, elect, info, quorum."""
    with Node() as weir:
        has(weir.run("topic", "ls"), "There are no topics")
        has(weir.run("topic", "create", "a", "b", "-p", 2, "-c", "retention.ms=60000"), "a is created: 2 partitions", "b is created")
        has(weir.run("topic", "create", "a", code=1), "TOPIC_ALREADY_EXISTS (36)", "weir topic describe")
        weir.run("topic", "create", "a", "--if-not-exists")
        has(weir.run("topic", "create", "c", "-r", 3, code=1), "INVALID_REPLICATION_FACTOR (38)")
        has(weir.run("topic", "create", "c", "-c", "no.such.key=1", code=1), "INVALID_CONFIG (40)", "no.such.key")
        has(weir.run("topic", "create", "c", "-c", "novalue", code=2), "`novalue` is not KEY=VALUE")
        check([(t["name"], t["partitions"], t["under_replicated"]) for t in weir.json("topic", "ls")], [("a", 2, 0), ("b", 2, 0)])
        check(weir.json("topic", "describe", "a")[0]["configs"], {"retention.ms": "60000"})
        weir.run("topic", "alter", "a", "--set", "retention.ms=5", "--set", "cleanup.policy=compact")
        check({s["name"]: s["value"] for s in weir.json("config", "describe", "topic", "a") if not s["default"]}, {"retention.ms": "5", "cleanup.policy": "compact"})
        weir.run("config", "unset", "topic", "a", "retention.ms", "cleanup.policy")
        has(weir.run("config", "describe", "topic", "a"), "no settings of its own")
        has(weir.run("config", "set", "topic", "a", "cleanup.policy=wash", code=1), "INVALID_CONFIG (40)")
        has(weir.run("config", "describe", "table", "a", code=2), "topic, broker or group")
        assert any(s["name"] == "num.partitions" for s in weir.json("config", "describe", "broker", 1))
        weir.run("topic", "add-partitions", "a", "--to", 5)
        check(len(weir.json("topic", "describe", "a")[0]["partitions"]), 5)
        has(weir.run("topic", "add-partitions", "a", "--to", 3, code=1), "INVALID_PARTITIONS (37)")
        has(weir.run("elect", "a"), "0 partitions got a leader, 5 needed none.")
        check([(e["partition"], e["elected"], e["error"]) for e in weir.json("elect", "a", "-p", 3)], [(3, False, 0)])
        has(weir.run("elect", "a", "--unclean", code=4), "--yes")
        has(weir.run("elect", "--unclean", code=2), "needs the TOPIC")
        has(weir.run("elect", "no-such", code=1), "UNKNOWN_TOPIC_OR_PARTITION (3)")
        has(weir.run("topic", "delete", "a", code=4), "--yes")
        weir.run("topic", "delete", "a", "b", "--yes")
        check(weir.json("topic", "ls"), [])
        has(weir.run("topic", "delete", "a", "--yes", code=1), "UNKNOWN_TOPIC_OR_PARTITION (3)")
        weir.run("topic", "delete", "a", "--yes", "--if-exists")
        quorum = weir.json("quorum")
        check((quorum["leader"], quorum["replicas"][0]["role"]), (1, "leader"))
        check([b["node"] for b in weir.json("info")["brokers"]], [1])


def test_groups():
    """group: a fresh one gets offsets, moves, is deleted."""
    with Node() as weir:
        weir.run("topic", "create", "t", "-p", 2)
        weir.run("produce", "t", "-p", 0, stdin="x\n" * 30)
        offsets = lambda: [o["committed"] for o in weir.json("group", "describe", "g")["offsets"]]  # noqa: E731
        has(weir.run("group", "describe", "g", code=1), "GROUP_ID_NOT_FOUND (69)")
        has(weir.run("group", "seek", "g", "--to-latest", code=2), "--topic")
        check([r["to"] for r in weir.json("group", "seek", "g", "--topic", "t", "--to-latest", "--dry-run")], [30, 0])
        has(weir.run("group", "seek", "g", "--topic", "t", "--to-latest", code=4), "--yes")
        weir.run("group", "seek", "g", "--topic", "t", "--to-latest", "--yes")
        check(offsets(), [30, 0])
        weir.run("group", "seek", "g", "--shift-by", -10, "--yes")
        check(offsets(), [20, 0])
        weir.run("group", "seek", "g", "--to-offset", 7, "--yes")
        check(offsets(), [7, 0])
        check(weir.json("group", "describe", "g")["offsets"][0]["lag"], 23)
        weir.run("group", "seek", "g", "--to-earliest", "--yes")
        check(offsets(), [0, 0])
        check([g["group"] for g in weir.json("group", "ls")], ["g"])
        has(weir.run("group", "delete", "g", code=4), "--yes")
        weir.run("group", "delete", "g", "--yes")
        check(weir.json("group", "ls"), [])


TABLES = """
CREATE TABLE events (ts BIGINT, name STRING, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR et AS et - INTERVAL '1' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'events', 'properties.bootstrap.servers' = 'ignored:1', 'scan.startup.mode' = 'earliest-offset', ${BOUND} 'format' = 'json');
CREATE TABLE counts (window_start TIMESTAMP(3), name STRING, n BIGINT)
WITH ('connector' = 'kafka', 'topic' = 'counts', 'properties.bootstrap.servers' = 'ignored:1', 'format' = 'json');
"""
COUNT = TABLES + """
INSERT INTO counts SELECT window_start, name, COUNT(*)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(et), INTERVAL '1' SECOND)) GROUP BY window_start, window_end, name;
"""
BOUNDED = "BOUND='scan.bounded.mode' = 'latest-offset',"


def test_sql_errors():
    """sql: what is wrong with a script is told with its line, before anything is sent."""
    nowhere = Cli("127.0.0.1:1")
    error = nowhere.run("sql", "-e", COUNT.replace("name, COUNT", "nam, COUNT"), "--var", "BOUND=", code=2)
    has(error, "7:", "did you mean `name`", "\n  7 | INSERT INTO counts", "^")
    has(nowhere.run("sql", "-e", COUNT, code=2), "${BOUND}", "--var BOUND=VALUE")
    has(nowhere.run("sql", "-e", COUNT, "--var", "BOUND", code=2), "not KEY=VALUE")
    has(nowhere.run("sql", code=2), "-e", "-f")
    has(nowhere.run("sql", "-f", "/no/such/file", code=2), "/no/such/file")
    has(nowhere.run("sql", "-e", TABLES, "--var", "BOUND="), "no INSERT")
    has(nowhere.run("sql", "--check", "-e", COUNT, "--var", BOUNDED), "job counts", "ends by itself")
    has(nowhere.run("sql", "-e", COUNT, "--var", "BOUND=", code=3), "127.0.0.1:1: connection refused", "weir cluster ps")


def test_jobs():
    """sql and job: a bounded job ends with its rows, an endless one is paused, resumed, dropped."""
    with Node() as weir:
        weir.run("topic", "create", "events", "counts")
        weir.run("produce", "events", stdin="".join(json.dumps({"ts": 1000 * s, "name": n}) + "\n" for s in range(10) for n in ("a", "b", "a")))
        out = weir.run("sql", "-e", COUNT, "--var", BOUNDED, "--name", "once", "--timeout", 60, timeout=90)
        has(out, "Job once has finished", "20 rows in counts")
        rows = [json.loads(line) for line in weir.run("consume", "counts", "-e").splitlines()]
        check(sorted((r["name"], r["n"]) for r in rows), [("a", 2)] * 10 + [("b", 1)] * 10)
        # A name whose job has finished is free again.
        has(weir.run("sql", "-e", COUNT, "--var", BOUNDED, "--name", "once", "--timeout", 60, timeout=90), "finished")

        has(weir.run("sql", "-e", COUNT, "--var", "BOUND=", "--timeout", 60, timeout=90), "Job counts is running on node 1")
        has(weir.run("sql", "-e", COUNT, "--var", "BOUND=", code=1), "a job named counts is running", "weir job drop counts")
        check({j["name"]: j["state"] for j in weir.json("job", "ls")}, {"counts": "running", "once": "finished"})
        has(weir.run("job", "ls"), "NAME", "counts", "running")
        wait_for("the job to have read all", 30, lambda: (weir.json("job", "show", "counts")["status"] or {}).get("rows_in") == 30, 0.2)
        has(weir.run("job", "show", "counts"), "State", "running", "INSERT INTO counts")
        has(weir.run("job", "pause", "counts"), "counts is paused")
        check(weir.json("job", "show", "counts")["state"], "paused")
        has(weir.run("job", "resume", "counts"), "counts is running")
        has(weir.run("job", "drop", "counts", code=4), "--yes")
        weir.run("job", "drop", "counts", "--yes")
        check([j["name"] for j in weir.json("job", "ls")], ["once"])
        has(weir.run("job", "show", "counts", code=1), "there is no job counts", "once")
        has(weir.run("job", "pause", "once", code=1), "finished already")


def test_dump():
    """dump: a segment of a stopped node, whole and cut."""
    with tempfile.TemporaryDirectory(prefix="weir-cli-") as folder:
        process = subprocess.Popen([WEIR, "dev", "--dir", folder, "--kafka-port", "0", "--http-port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            weir = Cli(json.loads(process.stdout.readline())["kafka"])
            weir.run("topic", "create", "t", "-p", 1)
            weir.run("produce", "t", "-k", ":", stdin="k:v\nk2:v2")
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()
        file = os.path.join(folder, "t-0", "0" * 20 + ".log")
        out = subprocess.run([WEIR, "dump", file], stdout=subprocess.PIPE, text=True, check=True).stdout
        has(out, "@0 offsets 0..1 count 2", "k : v\n", "k2 : v2\n")
        metadata = os.path.join(folder, "__cluster_metadata-0", "0" * 20 + ".log")
        has(subprocess.run([WEIR, "dump", metadata], stdout=subprocess.PIPE, text=True, check=True).stdout, 'TopicRecord{"Name":"t"', "LEADER_CHANGE")
        with open(file, "r+b") as f:
            f.truncate(50)
        r = subprocess.run([WEIR, "dump", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        check(r.returncode, 1)
        has(r.stderr, "cut off")


def test_cluster_keeps_its_files():
    """cluster up: a second one starts what the first one made, on its ports and with its settings."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_base()

        def up(*args):
            r = subprocess.run([WEIR, "cluster", "up", "--dir", folder, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90)
            assert r.returncode == 0, r.stdout
            has(r.stdout, f"127.0.0.1:{port}")
            subprocess.run([WEIR, "cluster", "down", "--dir", folder], check=True, timeout=40)
            with open(file) as f:
                return f.read()

        file = os.path.join(folder, "node-1.properties")
        first = up("-n", 1, "--kafka-port", port, "--http-port", port + 20, "--set", "num.partitions=3")
        has(first, "num.partitions=3", f"listeners=PLAINTEXT://127.0.0.1:{port}", f"weir.http.listeners=127.0.0.1:{port + 20}")
        with open(file, "a") as f:
            f.write("# ours\ngroup.max.size=7\n")
        check(up(), first + "# ours\ngroup.max.size=7\n")
        check(up("--set", "num.partitions=5"), first.replace("num.partitions=3", "num.partitions=5") + "# ours\ngroup.max.size=7\n")


def test_cluster_refuses_what_no_node_takes():
    """A mistyped setting or port is said before anything is written: the right one works at once."""
    with tempfile.TemporaryDirectory() as top:
        folder, port = os.path.join(top, "river"), free_base()

        def up(*args):
            return subprocess.run([WEIR, "cluster", "up", "-n", "1", "--dir", folder, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, timeout=90)

        ports = ("--kafka-port", port, "--http-port", port + 20)
        for args, said in (((*ports, "--set", "nun.partitions=3"), "did you mean num.partitions?"), ((*ports, "--set", "num.partitions=x"), "Not a number"),
                           (("--kafka-port", 99999), "1 to 65535"), (("--kafka-port", port, "--http-port", port), "--http-port")):
            r = up(*args)
            check(r.returncode, 2)
            has(r.stdout, said)
            assert not os.path.exists(folder), os.listdir(folder)
        r = up(*ports, "--set", "num.partitions=3")
        assert r.returncode == 0, r.stdout
        with open(os.path.join(folder, "node-1.pid")) as f, open(f"/proc/{f.read().split()[0]}/comm") as comm:
            check(comm.read(), os.path.basename(WEIR)[:15] + "\n")
        subprocess.run([WEIR, "cluster", "down", "--dir", folder], check=True, timeout=40)


def test_mistyped_commands():
    """A mistyped command or subcommand: what it was and where the right ones are listed."""
    for args, in_ in ((["frob"], "weir"), (["topic", "creat", "x"], "weir topic")):
        r = subprocess.run([WEIR, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        check(r.returncode, 2)
        has(r.stderr, f"there is no command '{args[-1] if len(args) == 1 else args[1]}'; `{in_} --help` lists them")


def leader_goes(fault):
    with Cluster(3) as cluster:
        weir = Cli(cluster.bootstrap)
        # The ports open a moment before the controller knows all three.
        wait_for("three nodes", 30, lambda: len(weir.json("info")["brokers"]) == 3)
        weir.run("topic", "create", "t", "-p", 1, "-r", 3)
        leader = weir.json("topic", "describe", "t")[0]["partitions"][0]["leader"]
        p = subprocess.Popen([WEIR, "produce", "t", "-b", cluster.bootstrap, "--timeout", "60"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            for i in range(3000):
                p.stdin.write(f"{i}\n")
                if i % 10 == 0:
                    p.stdin.flush()
                    time.sleep(0.002)
                if i == 1000:
                    getattr(cluster, fault)(leader)
            p.stdin.close()
            code = p.wait(90)
            assert code == 0, f"exit {code}: {p.stderr.read()}"
        finally:
            if p.poll() is None:
                p.kill()
                p.wait()
            p.stderr.close()
        check(weir.run("consume", "t", "-e").split(), [str(i) for i in range(3000)])
        new = weir.json("topic", "describe", "t")[0]["partitions"][0]["leader"]
        say(f"node {leader} led, {fault}, now {new} leads")
        assert new != leader
        check([b["node"] for b in Cli(cluster.address(new)).json("info")["brokers"]], sorted({1, 2, 3} - {leader}))
        via_dir = subprocess.run([WEIR, "topic", "ls", "--json", "--dir", cluster.dir], stdout=subprocess.PIPE, text=True, check=True)
        check([t["name"] for t in json.loads(via_dir.stdout)], ["t"])


def test_leader_dies():
    """A producer goes on when the leader is killed: each line is there once, in order."""
    leader_goes("kill")


def test_leader_freezes():
    """The same when the leader answers nothing any more but keeps its connections."""
    leader_goes("pause")


def test_bench():
    """bench: writes, reads and measures what it says."""
    with Node() as weir:
        got = weir.json("bench", "produce", "-n", 20000, "--producers", 2, "-z", "zstd")
        check((got["records"], got["samples"]), (20000, 40))
        assert 0 < got["p50_ms"] <= got["p99_ms"] <= got["max_ms"]
        check(weir.json("bench", "consume", "-n", 1000000)["records"], 20000)
        got = weir.json("bench", "e2e", "--rate", 100, "--seconds", 2)
        check((got["records"], got["samples"]), (200, 200))


if __name__ == "__main__":
    main([test_sql_errors, test_records, test_topics_and_settings, test_groups, test_jobs, test_dump, test_bench, test_cluster_keeps_its_files, test_cluster_refuses_what_no_node_takes,
          test_mistyped_commands, test_leader_dies, test_leader_freezes])
