"""Bad input: the node answers or closes, and goes on serving others; bad settings stop the start with a clear message."""
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import unittest.mock

import wire
from harness import PEER, WEIR, Cluster, free_base, memory_mib, wait_for
from wire import Conn, W, batch


def setUpModule():
    global cluster
    cluster = Cluster(1)
    cluster.__enter__()
    with Conn(cluster.address(1)) as c:
        wire.create_topic(c, "bad", 1, 1)
        wait_for("leader", 15, lambda: wire.produce(c, "bad", 0, batch([b"first"]))[0] == 0)


def tearDownModule():
    cluster.__exit__(None, None, None)


class OnTheWire(unittest.TestCase):
    def setUp(self):
        self.pids = cluster.pids()

    def tearDown(self):
        """Whatever the test did: the same process still takes and gives records."""
        with Conn(cluster.address(1), timeout=5) as c:
            error, base, _ = wire.produce(c, "bad", 0, batch([b"still here"]))
            self.assertEqual(0, error)
            _, _, parts = wire.fetch(c, [("bad", 0, base)], max_wait=2000)
            self.assertTrue(parts["bad", 0]["records"])
        self.assertEqual(self.pids, cluster.pids())

    def raw(self):
        s = socket.create_connection(("127.0.0.1", cluster.port(1)), 10)
        self.addCleanup(s.close)
        return s

    def closes(self, s, seconds=10):
        """The node closes the connection (or resets it); what it says before that is its business."""
        s.settimeout(seconds)
        try:
            while s.recv(65536):
                pass
        except ConnectionError:
            pass

    def test_random_bytes(self):
        rng = random.Random(7)
        for _ in range(60):
            s = self.raw()
            try:
                s.sendall(rng.randbytes(rng.randrange(1, 4000)))
                s.shutdown(socket.SHUT_WR)
                self.closes(s)
            except OSError as e:  # reset, or already gone; only silence for ten seconds is wrong
                self.assertNotIsInstance(e, TimeoutError)

    def test_lengths_that_cannot_be(self):
        for length in (-1, -(1 << 31), (1 << 31) - 1, 200 << 20):
            s = self.raw()
            s.sendall(struct.pack(">i", length) + b"x" * 100)
            self.closes(s)

    def test_truncated_frames(self):
        whole = struct.pack(">i", 0)
        with Conn(cluster.address(1)) as c:
            whole = c.frame(wire.PRODUCE, 8, wire.produce_body("bad", 0, batch([b"cut"])), 1)
        for size in list(range(1, 40)) + [len(whole) - 1]:
            s = self.raw()
            s.sendall(whole[:size])
            s.shutdown(socket.SHUT_WR)
            self.closes(s)

    def test_bodies_cut_or_changed_anywhere(self):
        """Every API of the node, its body cut, or its bytes changed: an answer or a closed connection, never a crash."""
        rng = random.Random(11)
        with Conn(cluster.address(1)) as c:
            ranges = wire.api_versions(c)[1]
        bodies = {wire.PRODUCE: wire.produce_body("bad", 0, batch([b"x"])), wire.FETCH: wire.fetch_body([("bad", 0, 0)], max_wait=1),
                  wire.JOIN_GROUP: wire.join_body("bad-group", "", 3)}
        for key, (low, high) in sorted(ranges.items()):
            for version in {low, high}:
                for _ in range(3):
                    body = bytearray(bodies.get(key, rng.randbytes(60)))
                    if rng.random() < 0.5:
                        body = body[:rng.randrange(len(body))]
                    else:
                        for _ in range(3):
                            body[rng.randrange(len(body))] = rng.randrange(256)
                    s = self.raw()
                    header = W().i16(key).i16(version).i32(1).str("bad").done()
                    s.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(10)
                    try:
                        while s.recv(65536):
                            pass
                    except (ConnectionError, socket.timeout):
                        pass

    def test_array_lengths_beyond_the_frame(self):
        for count in (1 << 30, -5, (1 << 31) - 1):
            s = self.raw()
            body = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", count)
            s.sendall(struct.pack(">i", len(body)) + body)
            s.shutdown(socket.SHUT_WR)
            self.closes(s)

    def test_record_batches_that_lie(self):
        good = batch([b"x" * 50])
        with Conn(cluster.address(1)) as c:
            for records, why in ((batch([b"x"], crc=1), "crc"), (good[:30], "cut in the header"), (good[:-5], "cut in the records"),
                                 (good[:8] + struct.pack(">i", 1 << 30) + good[12:], "length too large"),
                                 (good[:8] + struct.pack(">i", -1) + good[12:], "negative length"),
                                 (batch([b"x"], magic=7), "magic"), (batch([b"x"], codec=7, payload=b"x"), "codec"),
                                 (batch([b"a", b"b"], payload=b"\xff" * 30), "records are no records")):
                try:
                    error = wire.produce(c, "bad", 0, records)[0]
                    self.assertNotEqual(0, error, why)
                except wire.Closed:
                    c = Conn(cluster.address(1))
                    self.addCleanup(c.s.close)

    def test_decompression_bomb(self):
        import gzip
        bomb = gzip.compress(bytes(400 << 20), 9)  # 400 KB that become 400 MiB
        pid = next(iter(cluster.pids().values()))
        with Conn(cluster.address(1), timeout=60) as c:
            error = wire.produce(c, "bad", 0, batch([b"x"], codec=1, payload=bomb))[0]
            self.assertNotEqual(0, error)
        if PEER == "weir":
            self.assertLess(memory_mib(pid, "VmHWM"), 400)

    def test_oversized_batch(self):
        with Conn(cluster.address(1)) as c:
            self.assertEqual(10, wire.produce(c, "bad", 0, batch([bytes(2 << 20)]))[0])

    @unittest.skipUnless(PEER == "weir", "Apache Kafka runs out of memory here")
    def test_many_half_open_requests_cost_no_memory(self):
        """Memory grows as bytes arrive, never by the length that is claimed."""
        pid = next(iter(cluster.pids().values()))
        before = memory_mib(pid)
        socks = []
        for _ in range(300):
            s = self.raw()
            s.sendall(struct.pack(">i", 90 << 20) + struct.pack(">hhi", 0, 8, 1) + b"x" * 200)
            socks.append(s)
        with Conn(cluster.address(1)) as c:  # others are served meanwhile
            self.assertEqual(0, wire.produce(c, "bad", 0, batch([b"y"]))[0])
        grown = memory_mib(pid) - before
        print(f"300 half-open requests claiming 90 MiB each: resident memory grew by {grown:.0f} MiB", flush=True)
        if PEER == "weir":
            self.assertLess(grown, 300)
        for s in socks:
            s.close()

    def test_a_job_that_no_stack_would_hold(self):
        """A script whose expression is a chain of thousands: `weir sql` refuses it, and the node too that finds it in __weir_jobs."""
        at = ["--bootstrap", cluster.address(1)]
        script = """CREATE TABLE t (a BIGINT, ts BIGINT, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR et AS et) WITH ('connector'='kafka','topic'='bad','format'='json');
            CREATE TABLE o (ws TIMESTAMP(3), a BIGINT) WITH ('connector'='kafka','topic'='chain-out','format'='json');
            INSERT INTO o SELECT window_start, SUM(%s) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;"""
        long = script % "+".join("a" * 20000)
        weir = lambda *args, text=None: subprocess.run([WEIR, *args, *at], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        refused = weir("sql", "--name", "chain", "-f", "-", text=long)
        self.assertEqual(2, refused.returncode, refused.stdout[-500:])
        self.assertIn("operations deep", refused.stdout)
        # The topic is made by a job that is right, and as high as one may be.
        taken = weir("sql", "--name", "low", "--detach", "-f", "-", text=script % "+".join("a" * 490))
        self.assertEqual(0, taken.returncode, taken.stdout[-500:])
        key = b"job/chain"
        value = json.dumps({"id": "AAAAAAAAAAAAAAAAAAAAAQ", "name": "chain", "sql": long, "state": "", "created_ms": 1}).encode()
        record = b"\0" + wire.varint(0) + wire.varint(0) + wire.varint(len(key)) + key + wire.varint(len(value)) + value + wire.varint(0)
        with Conn(cluster.address(1)) as c:
            stored = batch([b""], payload=wire.varint(len(record)) + record)
            wait_for("the job stored", 15, lambda: wire.produce(c, "__weir_jobs", 0, stored)[0] == 0)
        wait_for("the job failed", 15, lambda: "operations deep" in weir("job", "show", "chain").stdout, every=0.5)
        self.assertIn("failed", weir("job", "show", "chain").stdout)
        for job in ("low", "chain"):
            weir("job", "drop", job)

    def test_a_client_that_never_reads(self):
        with Conn(cluster.address(1)) as c:
            wire.produce(c, "bad", 0, batch([b"z" * 500000]))
        s = self.raw()
        frame = Conn.frame(type("C", (), {"client_id": "x"})(), wire.FETCH, 11, wire.fetch_body([("bad", 0, 0)], max_wait=0), 1)
        s.settimeout(2)
        try:
            for _ in range(2000):
                s.sendall(frame)
        except (socket.timeout, ConnectionError):
            pass


def pipelined(api, version, body, count):
    """`count` times the same request, as one piece."""
    return Conn.frame(type("C", (), {"client_id": "hostile"})(), api, version, body, 1) * count


@unittest.skipUnless(PEER == "weir", "the limits are our own")
class ManyClients(unittest.TestCase):
    """Clients that take much and give nothing, all at once: what they cost together is bounded, and others are served."""
    LIMIT_MIB = 300

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(1, settings={"weir.answer.memory.bytes": cls.LIMIT_MIB << 20})
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        cls.pid = next(iter(cls.cluster.pids().values()))
        cls.conn = Conn(cls.cluster.address(1), timeout=60)
        cls.addClassCleanup(cls.conn.s.close)
        wire.create_topic(cls.conn, "large", 4, 1)
        wire.create_topic(cls.conn, "small", 1, 1)
        records = batch([os.urandom(100_000)])
        wait_for("leader", 15, lambda: wire.produce(cls.conn, "large", 0, records)[0] == 0)
        wait_for("leader", 15, lambda: wire.produce(cls.conn, "small", 0, records)[0] == 0)
        for i in range(1200):
            assert wire.produce(cls.conn, "large", i % 4, records)[0] == 0

    def hostile(self, count, data):
        """Connections that send what goes out and never read."""
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", self.cluster.port(1)), 10)
            self.addCleanup(s.close)
            s.setblocking(False)
            try:
                s.sendall(data)
            except BlockingIOError:
                pass
            yield s

    def served(self, seconds=1.0):
        """An honest client's produce and fetch, each within the time."""
        with Conn(self.cluster.address(1), timeout=20) as c:
            for _ in range(20):
                begin = time.monotonic()
                error, base, _ = wire.produce(c, "small", 0, batch([b"honest"]))
                self.assertEqual(0, error)
                _, _, parts = wire.fetch(c, [("small", 0, base)], max_wait=2000, max_bytes=50 << 20)
                self.assertTrue(parts["small", 0]["records"])
                self.assertLess(time.monotonic() - begin, seconds)
            # Much of the log is to be had too, if in smaller pieces.
            offset = 0
            while offset < 100:
                _, _, parts = wire.fetch(c, [("large", 1, offset)], max_wait=0, max_bytes=50 << 20, part_bytes=50 << 20)
                offset = wire.batches_of(parts["large", 1]["records"])[-1][1] + 1

    def test_answers_that_nobody_takes(self):
        body = wire.fetch_body([("large", p, 0) for p in range(4)], max_wait=0, max_bytes=55 << 20, part_bytes=50 << 20)
        before = memory_mib(self.pid)
        socks = list(self.hostile(100, pipelined(wire.FETCH, 11, body, 100)))
        self.served()
        peak = memory_mib(self.pid, "VmHWM")
        print(f"100 clients that never read: {before:.0f} MiB before, {peak:.0f} MiB at most, the limit is {self.LIMIT_MIB} MiB", flush=True)
        self.assertLess(peak - before, self.LIMIT_MIB * 1.25 + 50)
        for s in socks:
            s.close()
        wait_for("memory given back", 30, lambda: memory_mib(self.pid) < before + 80, every=0.5)
        self.served()

    def grows(self, mib, before, what):
        grown = memory_mib(self.pid) - before
        print(f"{what}: resident memory grew by {grown:.0f} MiB", flush=True)
        self.assertLess(grown, mib)

    def test_what_members_bring_to_their_group(self):
        """One that brings 20 MB is refused, and so are those whose group keeps too much already."""
        with Conn(wire.find_coordinator(self.conn, "full")) as c:
            wait_for("the coordinator", 15, lambda: wire.join_answer(c.call(wire.JOIN_GROUP, 4, wire.join_body("probe", "", 4)), 4)["error"] == 79)
        before = memory_mib(self.pid)
        for _ in range(20):
            with Conn(self.cluster.address(1)) as c:
                r = c.call(wire.JOIN_GROUP, 3, wire.join_body("full", "", 3, userdata=bytes(20 << 20)))
                self.assertEqual(10, wire.join_answer(r, 3)["error"])  # MESSAGE_TOO_LARGE
        socks = [Conn(self.cluster.address(1)) for _ in range(30)]
        for c in socks:
            self.addCleanup(c.s.close)
            c.send(wire.JOIN_GROUP, 3, wire.join_body("full", "", 3, userdata=bytes(1000 << 10)))
        # Those that came first wait for the round to begin, the last ones are refused.
        self.assertEqual(81, wire.join_answer(socks[-1].reader(wire.JOIN_GROUP, 3, socks[-1].recv()[1]), 3)["error"])  # GROUP_MAX_SIZE_REACHED
        self.grows(150, before, "members that bring much")
        self.served()

    def closes_or_answers(self, api, version, body):
        """The answer's size, or None when the connection was closed."""
        with Conn(self.cluster.address(1), timeout=60) as c:
            try:
                c.send(api, version, body)
                return len(c.recv()[1])
            except (wire.Closed, ConnectionError):
                return None

    def test_small_requests_with_large_answers(self):
        many = lambda n, each: struct.pack(">i", n) + each * n
        names = lambda n: struct.pack(">i", n) + b"".join(b"\0\7n%06d" % i for i in range(n))
        before = memory_mib(self.pid)
        creatable = W().str("twice").i32(1).i16(1).array([], None).array([], None).done()
        topic_config = W().i8(2).str("large").array(None, None).done()
        broker_config = W().i8(4).str("1").array(None, None).done()
        for what, most, api, version, body in (
                ("Metadata of 3 million names", None, wire.METADATA, 4, many(3_000_000, b"\0\1a") + b"\0"),
                ("CreateTopics with 1 million duplicates", None, wire.CREATE_TOPICS, 4, many(1_000_000, creatable) + struct.pack(">ib", 1000, 0)),
                ("Metadata of one topic 100,000 times", 2000, wire.METADATA, 4, many(100_000, b"\0\5large") + b"\0"),
                ("CreateTopics with 100,000 duplicates", 2000, wire.CREATE_TOPICS, 4, many(100_000, creatable) + struct.pack(">ib", 1000, 0)),
                ("DescribeConfigs of one topic 100,000 times", 20_000, wire.DESCRIBE_CONFIGS, 1, many(100_000, topic_config) + b"\1"),
                ("DescribeConfigs of the broker 100,000 times", 40_000, wire.DESCRIBE_CONFIGS, 1, many(100_000, broker_config) + b"\1"),
                ("DescribeGroups of one group 100,000 times", 2000, wire.DESCRIBE_GROUPS, 0, many(100_000, b"\0\4full")),
                # What honest clients of large clusters ask.
                ("Metadata of 100,000 names", 4_000_000, wire.METADATA, 4, names(100_000) + b"\0"),
                ("OffsetFetch of 100,000 partitions", 6_000_000, wire.OFFSET_FETCH, 5, W().str("g").i32(1).str("large").done()
                 + struct.pack(">i", 100_000) + b"".join(struct.pack(">i", i) for i in range(100_000)))):
            begin = time.monotonic()
            size = self.closes_or_answers(api, version, body)
            print(f"{what}: {len(body)} bytes, answered with {size} in {time.monotonic() - begin:.2f} s", flush=True)
            if most is None:
                self.assertIsNone(size, what)
            else:
                self.assertIsNotNone(size, what)
                self.assertLess(size, most, what)
                self.assertGreater(size, most / 100, what)
        self.grows(250, before, "small requests")
        self.served()


@unittest.skipUnless(PEER == "weir", "these are about our own messages")
class AtStart(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="weir-start-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.base = free_base()

    def start(self, lines=(), log_dir=None, seconds=15, port=None):
        """Runs `weir server` with one node's properties; (exit code or None when it serves, output)."""
        path = os.path.join(self.dir, "server.properties")
        port = port or self.base
        with open(path, "w") as f:
            f.write(f"node.id=1\nprocess.roles=broker,controller\nlisteners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:"
                    f"{self.base + 10}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n"
                    f"controller.quorum.voters=1@127.0.0.1:{self.base + 10}\nlog.dirs={log_dir or os.path.join(self.dir, 'data')}\n"
                    + "".join(line + "\n" for line in lines))
        p = subprocess.Popen([WEIR, "server", path, "--auto-format"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            return p.wait(seconds), p.stdout.read()
        except subprocess.TimeoutExpired:
            p.kill()
            return None, p.communicate()[0]
        finally:
            p.stdout.close()

    def refused(self, answer, *words):
        code, text = answer
        self.assertNotIn(code, (None, 0), f"it started: {text}")
        self.assertGreater(code, 0, f"ended by a signal: {text}")
        for word in words:
            self.assertIn(word.lower(), text.lower())
        self.assertNotIn("terminate called", text)

    def test_misspelt_key_names_the_nearest(self):
        self.refused(self.start(["log.retention.hour=5"]), "log.retention.hour", "log.retention.hours")

    def test_bad_value(self):
        self.refused(self.start(["num.partitions=many"]), "num.partitions", "many")

    def test_key_of_kafkas_without_meaning_is_one_warning(self):
        code, text = self.start(["num.network.threads=8"], seconds=4)
        self.assertIsNone(code, text)
        self.assertIn("num.network.threads", text)
        self.assertIn('"event":"ready"', text.replace(" ", ""))

    def test_protection_that_is_not_there(self):
        """A port that should ask for credentials is not opened without."""
        at = f"127.0.0.1:{self.base + 5}"
        for protocol in ("SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            self.refused(self.start([f"listeners={protocol}://{at}"]), "listeners", protocol, "not supported yet")
        self.refused(self.start([f"listeners=EXTERNAL://{at}", "listener.security.protocol.map=EXTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT"]), "EXTERNAL", "SASL_SSL")
        self.refused(self.start([f"listeners=EXTERNAL://{at}"]), "EXTERNAL:PLAINTEXT")
        self.refused(self.start(["authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"]), "authorizer.class.name")

    def test_what_would_do_nothing(self):
        self.refused(self.start(["compression.type=zstd"]), "compression.type", "producer")
        self.refused(self.start([f"log.dirs={self.dir}/a,{self.dir}/b"]), "log.dirs")

    def test_busy_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", self.base + 3))
            s.listen()
            self.refused(self.start(port=self.base + 3), str(self.base + 3))

    def test_unwritable_log_dir(self):
        blocker = os.path.join(self.dir, "file")
        open(blocker, "w").close()
        self.refused(self.start(log_dir=os.path.join(blocker, "data")), blocker)

    def test_log_dir_of_another_cluster_or_node(self):
        data = os.path.join(self.dir, "data")
        os.makedirs(data)
        with open(os.path.join(data, "meta.properties"), "w") as f:
            f.write("version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=77\ndirectory.id=BBBBBBBBBBBBBBBBBBBBBA\n")
        self.refused(self.start(log_dir=data), "77")

    def test_missing_file(self):
        r = subprocess.run([WEIR, "server", os.path.join(self.dir, "none.properties")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, timeout=15)
        self.refused((r.returncode, r.stdout), "none.properties")

    def test_log_dir_in_use(self):
        data = os.path.join(self.dir, "data")
        path = os.path.join(self.dir, "first.properties")
        with open(path, "w") as f:
            f.write(f"node.id=1\nprocess.roles=broker,controller\nlisteners=PLAINTEXT://127.0.0.1:{self.base + 4},CONTROLLER://127.0.0.1:"
                    f"{self.base + 14}\ncontroller.listener.names=CONTROLLER\ncontroller.quorum.voters=1@127.0.0.1:{self.base + 14}\n"
                    f"log.dirs={data}\n")
        first = subprocess.Popen([WEIR, "server", path, "--auto-format"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            self.assertIn("ready", first.stdout.readline())
            self.refused(self.start(log_dir=data), data)
        finally:
            first.kill()
            first.wait()
            first.stdout.close()


@unittest.skipUnless(PEER == "weir", "Kafka has no command that sets up such a cluster")
class NotForClients(unittest.TestCase):
    """What controllers say to each other is taken on their own listener only: a client that names a real voter moves nothing."""
    VOTE, BEGIN, END, ALTER_PARTITION, BROKER_HEARTBEAT = 52, 53, 54, 56, 63
    METADATA_TOPIC = bytes(15) + b"\1"

    def quorum(self, c):
        r = subprocess.run([WEIR, "quorum", "--json", "-b", c.bootstrap], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        return json.loads(r.stdout)

    def say(self, address, api, version, body):
        """The reader at the answer, or None when the connection was closed instead."""
        flexible = {self.VOTE: 0, self.BEGIN: 1, self.END: 1, self.ALTER_PARTITION: 0, self.BROKER_HEARTBEAT: 0, wire.FETCH: 12}
        with unittest.mock.patch.dict(wire.FLEXIBLE, flexible), Conn(address) as c:
            try:
                return c.call(api, version, body)
            except wire.Closed:
                return None

    def about_metadata(self, each):
        w = W().str(self.cluster_id)
        return w.array(["__cluster_metadata"], lambda t: w.str(t).array([0], lambda p: each(w.i32(p))))

    def vote(self, candidate, epoch, last_epoch):
        w = W(True).str(self.cluster_id)
        w.array(["__cluster_metadata"], lambda t: w.str(t).array(
            [0], lambda p: w.i32(p).i32(epoch).i32(candidate).i32(last_epoch).i64(1 << 40).tags()).tags())
        return w.tags().done()

    def fetch(self, replica, epoch):
        w = W().i32(replica).i32(0).i32(0).i32(1 << 20).i8(0).i32(0).i32(-1)
        w.array(["__cluster_metadata"], lambda t: w.str(t).array([0], lambda p: w.i32(p).i32(epoch).i64(0).i64(0).i32(1 << 20)))
        return w.array([], None).str("").done()

    def test_clients_neither_vote_nor_lead_nor_follow(self):
        with Cluster(3) as c:
            with Conn(c.address(1)) as conn:
                self.assertEqual(0, wire.create_topic(conn, "t", 1, 3))
                seen = wire.metadata(conn, ["t"], version=10)
            self.cluster_id = seen["cluster"]
            part = seen["topics"]["t"]["partitions"][0]
            before = self.quorum(c)
            leader, epoch = before["leader"], before["epoch"]
            voters = [1, 2, 3]
            heartbeat = lambda id: W(True).i32(id).i64(0).i64(1 << 40).boolean(True).boolean(True).tags().done()
            w = W(True).i32(part["leader"]).i64(0)
            w.array([seen["topics"]["t"]["id"]], lambda t: w.uuid(t).array(
                [0], lambda p: w.i32(p).i32(part["epoch"]).array([part["leader"]], lambda i: w.i32(i)).i8(0).i32(0).tags()).tags())
            alter = w.tags().done()
            for node in voters:
                at = c.address(node)
                for voter in voters:
                    other = next(v for v in voters if v not in (node, voter))
                    begin = self.about_metadata(lambda w: w.i32(other).i32(epoch + 1)).done()
                    end = self.about_metadata(lambda w: w.i32(voter).i32(epoch).array([other], w.i32)).done()
                    for api, version, body in ((self.VOTE, 0, self.vote(voter, epoch + 5, epoch)), (self.BEGIN, 0, begin), (self.END, 0, end),
                                               (self.BROKER_HEARTBEAT, 0, heartbeat(voter)), (self.ALTER_PARTITION, 2, alter)):
                        self.assertIsNone(self.say(at, api, version, body), f"node {node} takes API {api} from a client")
                    r = self.say(at, wire.FETCH, 11, self.fetch(voter, epoch))
                    self.assertEqual((0, 31), (r.i32(), r.i16()), "a client is no follower of the quorum")
                self.assertEqual(0, (self.say(at, wire.FETCH, 11, self.fetch(-1, -1)).i32()))
            with Conn(c.address(1)) as conn:
                after = wire.metadata(conn, ["t"], version=10)["topics"]["t"]["partitions"][0]
            now = self.quorum(c)
            self.assertEqual((leader, epoch), (now["leader"], now["epoch"]))
            self.assertEqual(part, after)
            # The same words where they belong are heard: it is the listener that keeps clients out, not a mistake in them.
            with open(os.path.join(c.dir, "node-1.properties")) as f:
                first = int(next(l for l in f if l.startswith("listeners=")).rsplit(":", 1)[1])
            follower = next(v for v in voters if v != leader)
            other = next(v for v in voters if v not in (leader, follower))
            r = self.say(f"127.0.0.1:{first + follower - 1}", self.VOTE, 0, self.vote(other, epoch + 5, epoch))
            self.assertEqual(0, r.i16())
            wait_for("an election", 15, lambda: self.quorum(c)["epoch"] > epoch)


if __name__ == "__main__":
    unittest.main(verbosity=2)
