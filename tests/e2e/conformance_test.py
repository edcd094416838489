"""What real clients rely on, said on a bare socket. Each test names the trap; all of them hold on Apache Kafka 4.3 too."""
import struct
import time
import unittest
import uuid

from harness import Cluster, wait_for
import wire
from wire import R, W, Closed, Conn, batch


def setUpModule():
    global cluster
    cluster = Cluster(3)
    cluster.__enter__()


def tearDownModule():
    cluster.__exit__(None, None, None)


def fresh(prefix="t"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


class Case(unittest.TestCase):
    def conn(self, node=1, **kw):
        c = Conn(cluster.address(node), **kw)
        self.addCleanup(c.s.close)
        return c

    def topic(self, partitions=1, rf=3, **configs):
        """A new topic whose partitions all have leaders; returns its name."""
        name = fresh()
        with Conn(cluster.address(1)) as c:
            self.assertEqual(0, wire.create_topic(c, name, partitions, rf, configs))
            for node in range(1, cluster.n + 1):  # every node knows it
                with Conn(cluster.address(node)) as d:
                    wait_for(f"leaders of {name} at node {node}", 15, lambda: self.led(d, name, partitions))
        return name

    @staticmethod
    def led(c, name, partitions):
        t = wire.metadata(c, [name])["topics"].get(name)
        return t and t["error"] == 0 and len(t["partitions"]) == partitions and all(
            p["error"] == 0 and p["leader"] > 0 for p in t["partitions"].values())

    def leader(self, topic, partition=0):
        """A connection to the partition's leader."""
        with Conn(cluster.address(1)) as c:
            m = wire.metadata(c, [topic])
        c = Conn(m["brokers"][m["topics"][topic]["partitions"][partition]["leader"]])
        self.addCleanup(c.s.close)
        return c

    def coordinator(self, group):
        with Conn(cluster.address(1)) as c:
            address = wire.find_coordinator(c, group)
        c = Conn(address)
        self.addCleanup(c.s.close)
        return c

    def when_loaded(self, ask):
        """Repeats a group request while the coordinator is still loading (14), not available (15) or just moved (16)."""
        return wait_for("coordinator", 20, lambda: (lambda a: a if a["error"] not in (14, 15, 16) else None)(ask()))


class Connecting(Case):
    def test_finalized_features_are_supported_ones(self):
        """A client that finds a level above what the broker says it can do takes the cluster for a newer one."""
        r = self.conn().call(wire.API_VERSIONS, 4, W(True).str("x").str("1").tags().done())
        self.assertEqual(0, r.i16())
        r.array(lambda: (r.i16(), r.i16(), r.i16(), r.tags()))
        r.i32()
        tags = {tag: R(data, True) for tag, data in r.tags().items()}

        def rows(f):
            return {name: (a, b) for name, a, b, _ in f.array(lambda: (f.str(), f.i16(), f.i16(), f.tags()))}

        supported, finalized = rows(tags[0]), rows(tags[2])
        self.assertIn("metadata.version", finalized)
        for name, (high, low) in finalized.items():
            self.assertLessEqual(supported[name][0], low, name)
            self.assertGreaterEqual(supported[name][1], high, name)

    def test_unknown_api_versions_version_is_answered_in_v0_format(self):
        """KIP-511: error 35, v0 body, key 18 in it, connection stays open; franz-go begins with v5."""
        for version in (5, 99):
            c = self.conn()
            corr = c.send(wire.API_VERSIONS, version, W(True).str("x").str("1").tags().done())
            got, data = c.recv()
            self.assertEqual(corr, got)
            r = R(data)
            self.assertEqual(35, r.i16())
            keys = {k: (lo, hi) for k, lo, hi in r.array(lambda: (r.i16(), r.i16(), r.i16()))}
            self.assertEqual(0, r.left())
            self.assertEqual(0, keys[18][0])
            self.assertGreaterEqual(keys[18][1], 3)
            self.assertEqual(0, wire.api_versions(c, 3)[0])

    def test_api_versions_answers_every_version_and_twice(self):
        for version in range(0, 5):
            c = self.conn()
            first = wire.api_versions(c, version)
            self.assertEqual(0, first[0])
            self.assertEqual(first, wire.api_versions(c, version))

    def test_produce_is_advertised_from_zero(self):
        """librdkafka before 2.11.1 turns compression off otherwise (KAFKA-18659)."""
        self.assertEqual(0, wire.api_versions(self.conn())[1][wire.PRODUCE][0])

    def test_ranges_hold_what_released_clients_need(self):
        """The least of kafkajs 2.2, kafka-go 0.4, librdkafka 2.0 and Java 4 must lie inside the ranges."""
        keys = wire.api_versions(self.conn())[1]
        need = {0: (3, 9), 1: (4, 12), 2: (1, 7), 3: (0, 12), 8: (2, 8), 9: (1, 8), 10: (0, 4), 11: (0, 7), 12: (0, 4), 13: (0, 4),
                14: (0, 5), 15: (0, 5), 16: (0, 4), 18: (0, 3), 19: (2, 7), 20: (1, 6), 22: (0, 4), 23: (2, 4), 32: (1, 4), 37: (0, 3),
                42: (0, 2), 44: (0, 1), 60: (0, 0)}
        for key, (lo, hi) in need.items():
            with self.subTest(api=key):
                self.assertIn(key, keys)
                self.assertLessEqual(keys[key][0], lo)
                self.assertGreaterEqual(keys[key][1], hi)
        self.assertNotIn(71, keys)  # telemetry: both or none
        self.assertNotIn(72, keys)

    def test_api_versions_is_not_required_first(self):
        self.assertEqual(3, len(wire.metadata(self.conn(), None, version=1)["brokers"]))

    def test_unsupported_version_of_another_api_closes(self):
        c = self.conn()
        c.send(wire.METADATA, 99, bytes(16))
        with self.assertRaises(Closed):
            c.recv()

    def test_unknown_api_key_closes(self):
        c = self.conn()
        c.send(4711, 0, bytes(16))
        with self.assertRaises(Closed):
            c.recv()

    def test_pipelined_requests_are_answered_in_order(self):
        """A long poll in front holds back what was sent behind it."""
        topic = self.topic()
        c = self.leader(topic)
        want = [c.send(wire.FETCH, 11, wire.fetch_body([(topic, 0, 0)], max_wait=400))]
        for i in range(30):
            if i % 3 == 0:
                want.append(c.send(wire.PRODUCE, 8, wire.produce_body(topic, 0, batch([b"v%d" % i]))))
            elif i % 3 == 1:
                want.append(c.send(wire.API_VERSIONS, 0))
            else:
                want.append(c.send(wire.LIST_OFFSETS, 1, W().i32(-1).array([], None).done()))
        got = [c.recv()[0] for _ in want]
        self.assertEqual(want, got)


class Metadata(Case):
    def test_null_empty_and_named_topics(self):
        topic = self.topic()
        c = self.conn()
        self.assertIn(topic, wire.metadata(c, [], version=0)["topics"])  # v0: empty means all
        self.assertIn(topic, wire.metadata(c, None, version=1)["topics"])  # v1: null means all
        self.assertEqual({}, wire.metadata(c, [], version=1)["topics"])  # v1: empty means none
        self.assertEqual([topic], list(wire.metadata(c, [topic], version=4)["topics"]))

    def test_cluster_and_controller_are_set_without_topics(self):
        for version in (2, 5, 9, 12):
            m = wire.metadata(self.conn(), [], version=version)
            self.assertTrue(m["cluster"])
            self.assertIn(m["controller"], m["brokers"])
            self.assertEqual(3, len(m["brokers"]))

    def test_auto_creation_can_be_refused(self):
        name = fresh()
        c = self.conn()
        for _ in range(3):
            self.assertEqual(3, wire.metadata(c, [name], auto_create=False)["topics"][name]["error"])
        self.assertNotIn(name, wire.metadata(c, None, version=1)["topics"])

    def test_auto_creation_never_answers_zero_partitions_without_error(self):
        name = fresh()
        c = self.conn()

        def made():
            t = wire.metadata(c, [name], auto_create=True)["topics"][name]
            self.assertIn(t["error"], (0, 3, 5))
            if t["error"] == 0:
                self.assertTrue(t["partitions"])
            return t["error"] == 0 and all(p["leader"] > 0 for p in t["partitions"].values())
        wait_for("auto-created topic", 10, made)

    def test_topic_ids_are_real_and_change_with_re_creation(self):
        name = self.topic()
        c = self.conn()
        first = wire.metadata(c, [name], version=10)["topics"][name]["id"]
        self.assertNotEqual(bytes(16), first)
        self.assertEqual(0, wire.delete_topic(c, name))
        wait_for("topic gone", 15, lambda: wire.metadata(c, [name])["topics"][name]["error"] == 3)
        wait_for("topic made again", 15, lambda: wire.create_topic(c, name, 1, 3) == 0)
        wait_for("leader", 15, lambda: self.led(c, name, 1))
        second = wire.metadata(c, [name], version=10)["topics"][name]["id"]
        self.assertNotIn(second, (first, bytes(16)))
        leader = self.leader(name)

        def old_id():
            error, _, parts = wire.fetch(leader, [(first, 0, 0)], version=13)
            return error or parts[first, 0]["error"]
        self.assertEqual(100, old_id())
        self.assertEqual((0, -1, 0), wire.list_offsets(leader, name, 0, -1))  # nothing of the old one

    def test_deleting_twice_says_unknown_topic(self):
        self.assertEqual(3, wire.delete_topic(self.conn(), fresh()))


class Topics(Case):
    def test_create_answers_with_what_was_made(self):
        row = wire.create_topic(self.conn(), fresh(), 4, 3, {"retention.ms": "12345"}, version=7)
        self.assertEqual((0, 4, 3), (row["error"], row["partitions"], row["rf"]))
        self.assertNotEqual(bytes(16), row["id"])
        configs = {c[0]: c[1] for c in row["configs"]}
        self.assertEqual("12345", configs["retention.ms"])
        self.assertIn("cleanup.policy", configs)

    def test_create_errors(self):
        c, name = self.conn(), self.topic()
        self.assertEqual(36, wire.create_topic(c, name, 1, 3))
        self.assertEqual(38, wire.create_topic(c, fresh(), 1, 9))
        self.assertEqual(37, wire.create_topic(c, fresh(), 0, 1))
        self.assertEqual(17, wire.create_topic(c, "bad name!", 1, 1))
        self.assertEqual(40, wire.create_topic(c, fresh(), 1, 1, {"retention.ms": "soon"}))

    def test_validate_only_makes_nothing(self):
        c, name = self.conn(), fresh()
        self.assertEqual(0, wire.create_topic(c, name, 1, 3, validate=True))
        self.assertEqual(3, wire.metadata(c, [name])["topics"][name]["error"])

    def test_any_node_takes_admin_requests(self):
        for node in (1, 2, 3):
            self.assertEqual(0, wire.create_topic(self.conn(node), fresh(), 1, 3))

    def test_describe_configs_gives_source_and_only_the_asked(self):
        name = self.topic(**{"retention.ms": "604800000"})  # the default, said explicitly

        def ask(keys):
            w = W()
            w.array([0], lambda _: w.i8(2).str(name).array(keys, w.str)).boolean(True)
            r = self.conn().call(wire.DESCRIBE_CONFIGS, 1, w.done())
            r.i32()
            rows = r.array(lambda: (r.i16(), r.str(), r.i8(), r.str(), r.array(
                lambda: (r.str(), r.str(), r.boolean(), r.i8(), r.boolean(), r.array(lambda: (r.str(), r.str(), r.i8()))))))
            self.assertEqual(0, rows[0][0])
            return {row[0]: row for row in rows[0][4]}
        one = ask(["retention.ms"])
        self.assertEqual(["retention.ms"], list(one))
        self.assertEqual(1, one["retention.ms"][3])  # DYNAMIC_TOPIC_CONFIG though equal to the default
        every = ask(None)
        self.assertGreater(len(every), 20)
        self.assertEqual(5, every["segment.ms"][3])  # DEFAULT_CONFIG


class Produce(Case):
    def test_acks_zero_has_no_response(self):
        topic = self.topic()
        c = self.leader(topic)
        c.send(wire.PRODUCE, 8, wire.produce_body(topic, 0, batch([b"a"]), acks=0))
        want = c.send(wire.API_VERSIONS, 0)
        self.assertEqual(want, c.recv()[0])
        wait_for("the record", 5, lambda: wire.list_offsets(c, topic, 0, -1)[2] == 1)

    def test_wrong_crc_is_corrupt_message(self):
        topic = self.topic()
        c = self.leader(topic)
        self.assertEqual(2, wire.produce(c, topic, 0, batch([b"a"], crc=12345))[0])
        self.assertEqual((0, 0), wire.produce(c, topic, 0, batch([b"a"]))[:2])

    def test_oversized_batch_is_message_too_large(self):
        topic = self.topic(**{"max.message.bytes": "2000"})
        c = self.leader(topic)
        self.assertEqual(10, wire.produce(c, topic, 0, batch([b"x" * 5000]))[0])
        self.assertEqual(0, wire.produce(c, topic, 0, batch([b"x" * 500]))[0])

    def test_old_magic_is_refused(self):
        topic = self.topic()
        c = self.leader(topic)
        self.assertIn(wire.produce(c, topic, 0, batch([b"a"], magic=1))[0], (2, 43, 87))
        self.assertEqual((0, 0), wire.produce(c, topic, 0, batch([b"a"]))[:2])

    def test_zstd_needs_produce_7(self):
        topic = self.topic()
        c = self.leader(topic)
        self.assertEqual(76, wire.produce(c, topic, 0, batch([b"a"], codec=4, payload=b"zzzz"), version=6)[0])

    def test_garbage_in_a_compressed_batch_is_refused(self):
        topic = self.topic()
        c = self.leader(topic)
        for codec in (1, 2, 3, 4):
            error = wire.produce(c, topic, 0, batch([b"a"], codec=codec, payload=b"\x01garbage" * 4))[0]
            self.assertNotEqual(0, error, f"codec {codec}")
        self.assertEqual((0, 0), wire.produce(c, topic, 0, batch([b"a"]))[:2])

    def test_unknown_topic_and_wrong_leader(self):
        topic = self.topic()
        self.assertEqual(3, wire.produce(self.conn(), fresh(), 0, batch([b"a"]))[0])
        with Conn(cluster.address(1)) as c:
            m = wire.metadata(c, [topic])
        lead = m["topics"][topic]["partitions"][0]["leader"]
        other = next(i for i in m["brokers"] if i != lead)
        c = Conn(m["brokers"][other])
        self.addCleanup(c.s.close)
        self.assertEqual(6, wire.produce(c, topic, 0, batch([b"a"]))[0])
        error, _, tags = wire.produce(c, topic, 0, batch([b"a"]), version=10)
        self.assertEqual(6, error)
        r = R(tags[0], True)  # KIP-951: CurrentLeader
        self.assertEqual(lead, r.i32())
        self.assertGreaterEqual(r.i32(), 0)
        # a consumer may read from a follower from Fetch 11 on (KIP-392), not before
        self.assertEqual(6, wire.fetch(c, [(topic, 0, 0)], version=10)[2][topic, 0]["error"])

    def test_invalid_acks(self):
        topic = self.topic()
        self.assertEqual(21, wire.produce(self.leader(topic), topic, 0, batch([b"a"]), acks=2)[0])


class Idempotence(Case):
    def setUp(self):
        self.name = self.topic()
        self.c = self.leader(self.name)
        self.pid, self.epoch = wire.init_producer_id(self.c)

    def put(self, sequence, values=(b"a",), **kw):
        return wire.produce(self.c, self.name, 0, batch(list(values), kw.get("pid", self.pid), kw.get("epoch", self.epoch), sequence))[:2]

    def test_duplicates_of_the_last_five_get_their_first_offset(self):
        offsets = [self.put(2 * i, (b"a", b"b")) for i in range(5)]
        self.assertEqual([(0, 2 * i) for i in range(5)], offsets)
        for i in (4, 0, 2):
            self.assertEqual((0, 2 * i), self.put(2 * i, (b"a", b"b")))
        self.assertEqual(10, wire.list_offsets(self.c, self.name, 0, -1)[2])
        self.assertEqual((0, 10), self.put(10))

    def test_a_gap_is_out_of_order(self):
        self.assertEqual((0, 0), self.put(0))
        self.assertEqual(45, self.put(5)[0])
        self.assertEqual((0, 1), self.put(1))

    def test_an_older_epoch_is_refused(self):
        self.assertEqual((0, 0), self.put(0, epoch=3))
        self.assertEqual(47, self.put(1, epoch=2)[0])
        self.assertEqual((0, 1), self.put(0, epoch=4))  # a new epoch starts from 0 again

    def test_producer_ids_are_unique_over_nodes(self):
        ids = [wire.init_producer_id(self.conn(n))[0] for n in (1, 2, 3) for _ in range(3)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertNotIn(self.pid, ids)

    def test_pipelined_idempotent_batches_keep_their_order(self):
        for i in range(5):
            self.c.send(wire.PRODUCE, 8, wire.produce_body(self.name, 0, batch([b"%d" % i], self.pid, self.epoch, i)))
        for i in range(5):
            r = R(self.c.recv()[1])
            r.array(lambda: (r.str(), r.array(lambda: (r.i32(), self.assertEqual(0, r.i16()), self.assertEqual(i, r.i64()), r.raw(16),
                                                       r.array(lambda: 0), r.str()))))


class Fetch(Case):
    def test_session_leaves_out_what_did_not_change(self):
        topic = self.topic(1, 1)
        c = self.leader(topic)
        error, session, parts = wire.fetch(c, [(topic, 0, 0)], session=0, epoch=0)
        self.assertEqual(0, error)
        self.assertIn((topic, 0), parts)
        if session == 0:
            self.skipTest("the broker keeps no sessions, which is allowed")
        error, again, parts = wire.fetch(c, [], session=session, epoch=1, max_wait=50)
        self.assertEqual((0, session, {}), (error, again, parts))
        wire.produce(c, topic, 0, batch([b"a", b"b"]), acks=1)
        error, again, parts = wire.fetch(c, [], session=session, epoch=2, max_wait=2000)
        self.assertEqual([(topic, 0)], list(parts))
        self.assertEqual([(0, 1)], [b[:2] for b in wire.batches_of(parts[topic, 0]["records"])])
        error, again, parts = wire.fetch(c, [(topic, 0, 2)], session=session, epoch=3, max_wait=50)
        self.assertEqual((0, session), (error, again))
        self.assertFalse(parts.get((topic, 0), {}).get("records"))
        self.assertEqual(71, wire.fetch(c, [], session=session, epoch=9)[0])
        self.assertEqual(70, wire.fetch(c, [], session=0x7ABCDEF0, epoch=1)[0])

    def test_forgotten_partition_is_not_answered(self):
        topic = self.topic()
        c = self.leader(topic)
        _, session, _ = wire.fetch(c, [(topic, 0, 0)], session=0, epoch=0)
        if session == 0:
            self.skipTest("the broker keeps no sessions, which is allowed")
        wire.produce(c, topic, 0, batch([b"a"]))
        error, _, parts = wire.fetch(c, [], session=session, epoch=1, max_wait=50, forget=[(topic, 0)])
        self.assertIn((error, parts), ((0, {}), (0, {})))

    def test_first_batch_is_whole_even_beyond_the_limits(self):
        topic = self.topic()
        c = self.leader(topic)
        wire.produce(c, topic, 0, batch([b"x" * 50000]))
        _, _, parts = wire.fetch(c, [(topic, 0, 0)], max_bytes=100, part_bytes=100, max_wait=2000)
        self.assertEqual(1, len(wire.batches_of(parts[topic, 0]["records"])))

    def test_long_poll_waits_and_wakes(self):
        topic = self.topic()
        c, d = self.leader(topic), self.leader(topic)
        t = time.monotonic()
        _, _, parts = wire.fetch(c, [(topic, 0, 0)], max_wait=500)
        self.assertGreater(time.monotonic() - t, 0.4)
        self.assertEqual(b"", parts[topic, 0]["records"])
        c.send(wire.FETCH, 11, wire.fetch_body([(topic, 0, 0)], max_wait=10000))
        t = time.monotonic()
        wire.produce(d, topic, 0, batch([b"a"]))
        r = c.reader(wire.FETCH, 11, c.recv()[1])
        self.assertLess(time.monotonic() - t, 3)
        self.assertTrue(wire.fetch_answer(r)[2][topic, 0]["records"])

    def test_offset_out_of_range(self):
        topic = self.topic()
        _, _, parts = wire.fetch(self.leader(topic), [(topic, 0, 77)])
        self.assertEqual(1, parts[topic, 0]["error"])

    def test_leader_epochs(self):
        """A newer epoch than the leader's is UNKNOWN_LEADER_EPOCH; batches carry the epoch they were written in."""
        topic = self.topic()
        c = self.leader(topic)
        wire.produce(c, topic, 0, batch([b"a"]))
        epoch = wire.metadata(c, [topic])["topics"][topic]["partitions"][0]["epoch"]
        self.assertGreaterEqual(epoch, 0)
        _, _, parts = wire.fetch(c, [(topic, 0, 0)], leader_epoch=epoch, max_wait=2000)
        self.assertEqual((0, epoch), (parts[topic, 0]["error"], wire.batches_of(parts[topic, 0]["records"])[0][2]))
        self.assertEqual(75, wire.fetch(c, [(topic, 0, 0)], leader_epoch=epoch + 5)[2][topic, 0]["error"])
        self.assertEqual(75, wire.list_offsets(c, topic, 0, -1, leader_epoch=epoch + 5)[0])

    def test_every_fetch_version_returns_the_records(self):
        topic = self.topic()
        c = self.leader(topic)
        wire.produce(c, topic, 0, batch([b"a", b"b", b"c"]))
        tid = wire.metadata(c, [topic], version=10)["topics"][topic]["id"]
        for version in range(5, 17):
            key = tid if version >= 13 else topic
            error, _, parts = wire.fetch(c, [(key, 0, 1)], version=version, max_wait=2000)
            self.assertEqual((0, 0), (error, parts[key, 0]["error"]))
            self.assertEqual(3, parts[key, 0]["hw"])
            base, last, _, count = wire.batches_of(parts[key, 0]["records"])[0]
            self.assertEqual((0, 2, 3), (base, last, count))  # the whole batch, though asked from its middle


class Offsets(Case):
    def test_special_timestamps_and_search(self):
        topic = self.topic()
        c = self.leader(topic)
        self.assertEqual((0, -1, 0), wire.list_offsets(c, topic, 0, -1))
        wire.produce(c, topic, 0, batch([b"a", b"b", b"c", b"d"], timestamp=1700000000000, step_ms=1000))
        self.assertEqual((0, -1, 4), wire.list_offsets(c, topic, 0, -1))
        self.assertEqual((0, -1, 0), wire.list_offsets(c, topic, 0, -2))
        self.assertEqual((0, 1700000001000, 1), wire.list_offsets(c, topic, 0, 1700000000001))  # inside a batch
        self.assertEqual((0, 1700000000000, 0), wire.list_offsets(c, topic, 0, 5))
        self.assertEqual((0, -1, -1), wire.list_offsets(c, topic, 0, 1800000000000))
        self.assertEqual((0, 1700000003000, 3), wire.list_offsets(c, topic, 0, -3, version=7))
        self.assertEqual((0, -1, 4), wire.list_offsets(c, topic, 0, -1, isolation=1))
        self.assertEqual(3, wire.list_offsets(c, fresh(), 0, -1)[0])


class Groups(Case):
    def join(self, c, group, member="", version=3, **kw):
        def ask():
            return wire.join_answer(c.call(wire.JOIN_GROUP, version, wire.join_body(group, member, version, **kw)), version)
        return self.when_loaded(ask)

    def sync(self, c, group, generation, member, assignment, version=2):
        w = W()
        w.str(group).i32(generation).str(member)
        if version >= 3:
            w.str(None)
        w.array(list(assignment.items()), lambda kv: w.str(kv[0]).bytes(kv[1]))
        r = c.call(wire.SYNC_GROUP, version, w.done())
        r.i32()
        return r.i16(), r.bytes()

    def heartbeat(self, c, group, generation, member):
        r = c.call(wire.HEARTBEAT, 1, W().str(group).i32(generation).str(member).done())
        r.i32()
        return r.i16()

    def test_member_id_required_only_from_v4(self):
        """kafka-go joins with v2 and loops for ever otherwise (kafka-go#1435)."""
        for version in (0, 2, 3):
            group = fresh("g")
            a = self.join(self.coordinator(group), group, version=version)
            self.assertEqual(0, a["error"])
            self.assertTrue(a["member"])
        group = fresh("g")
        c = self.coordinator(group)
        for version in (4, 6):
            a = self.join(c, group, version=version)
            self.assertEqual(79, a["error"])
            self.assertTrue(a["member"])
        b = self.join(c, group, a["member"], version=6)
        self.assertEqual((0, a["member"]), (b["error"], b["member"]))

    def test_join_sync_heartbeat_leave(self):
        group = fresh("g")
        c = self.coordinator(group)
        a = self.join(c, group)
        self.assertEqual((0, a["member"], "range"), (a["error"], a["leader"], a["protocol"]))
        self.assertEqual([a["member"]], a["members"])
        self.assertEqual((0, b"opaque\0bytes"), self.sync(c, group, a["generation"], a["member"], {a["member"]: b"opaque\0bytes"}))
        self.assertEqual(0, self.heartbeat(c, group, a["generation"], a["member"]))
        self.assertEqual(22, self.heartbeat(c, group, a["generation"] + 1, a["member"]))
        self.assertEqual(25, self.heartbeat(c, group, a["generation"], "nobody"))
        d = self.coordinator(group)  # a second member comes: the first learns it by heartbeat
        d.send(wire.JOIN_GROUP, 3, wire.join_body(group, "", 3))
        wait_for("REBALANCE_IN_PROGRESS", 10, lambda: self.heartbeat(c, group, a["generation"], a["member"]) == 27)
        b = self.join(c, group, a["member"])
        other = wire.join_answer(d.reader(wire.JOIN_GROUP, 3, d.recv()[1]), 3)
        self.assertEqual((0, 0), (b["error"], other["error"]))
        self.assertEqual(b["generation"], other["generation"])
        self.assertGreater(b["generation"], a["generation"])
        follower = other if b["leader"] == b["member"] else b
        self.assertEqual([], follower["members"])  # followers get no member list
        r = c.call(wire.LEAVE_GROUP, 1, W().str(group).str(a["member"]).done())
        r.i32()
        self.assertEqual(0, r.i16())
        self.assertEqual(25, self.heartbeat(c, group, b["generation"], a["member"]))

    def test_static_member_replaces_and_fences(self):
        group = fresh("g")
        c, d = self.coordinator(group), self.coordinator(group)
        a = self.join(c, group, version=5, instance="inst-1")
        self.assertEqual(0, a["error"])
        self.assertEqual(0, self.sync(c, group, a["generation"], a["member"], {a["member"]: b"x"})[0])
        b = self.join(d, group, version=5, instance="inst-1")
        self.assertEqual(0, b["error"])
        self.assertNotEqual(a["member"], b["member"])
        w = W().str(group).i32(b["generation"]).str(a["member"]).str("inst-1")
        r = c.call(wire.HEARTBEAT, 3, w.done())
        r.i32()
        self.assertEqual(82, r.i16())  # FENCED_INSTANCE_ID

    def test_inconsistent_protocol(self):
        group = fresh("g")
        c, d = self.coordinator(group), self.coordinator(group)
        self.assertEqual(0, self.join(c, group, protocol="range")["error"])
        self.assertEqual(23, self.join(d, group, protocol="something-else")["error"])

    def commit(self, c, group, topic, offset, generation=-1, member=""):
        w = W().str(group).i32(generation).str(member).i64(-1)
        w.array([topic], lambda t: w.str(t).array([0], lambda p: w.i32(p).i64(offset).str("meta")))
        r = c.call(wire.OFFSET_COMMIT, 2, w.done())
        return r.array(lambda: (r.str(), r.array(lambda: (r.i32(), r.i16())))[1])[0][0][1]

    def committed(self, c, group, topic, version=5):
        w = W(version >= 6)
        w.str(group).array([topic], lambda t: w.str(t).array([0], w.i32).tags())
        if version >= 7:
            w.boolean(True)
        r = c.call(wire.OFFSET_FETCH, version, w.tags().done())
        r.i32()

        def part():
            p = r.i32(), r.i64(), r.i32(), r.str(), r.i16()
            r.tags()
            return p
        rows = r.array(lambda: (r.str(), r.array(part), r.tags())[1])
        return rows[0][0][1], rows[0][0][4], r.i16()

    def test_commit_and_fetch_offsets(self):
        group, topic = fresh("g"), self.topic()
        c = self.coordinator(group)
        wait_for("coordinator", 20, lambda: self.commit(c, group, topic, 5) == 0)
        self.assertEqual((5, 0, 0), self.committed(c, group, topic))
        self.assertEqual((5, 0, 0), self.committed(c, group, topic, version=7))
        self.assertIn(self.commit(c, group, topic, 6, generation=3, member="nobody"), (22, 25))
        w = W(True)  # v8: several groups in one request; null topics = all
        w.array([group, fresh("none")], lambda g: w.str(g).array(None, None).tags()).boolean(False).tags()
        r = c.call(wire.OFFSET_FETCH, 8, w.done())
        r.i32()

        def part():
            row = r.i32(), r.i64(), r.i32(), r.str(), r.i16()
            r.tags()
            return row
        groups = r.array(lambda: (r.str(), r.array(lambda: (r.str(), r.array(part), r.tags())[:2]), r.i16(), r.tags())[:3])
        self.assertEqual([(topic, [(0, 5, groups[0][1][0][1][0][2], "meta", 0)])], groups[0][1])
        self.assertEqual(0, groups[0][2])
        if groups[1][2] == 0:  # the second group may live on another node (NOT_COORDINATOR)
            self.assertEqual([], groups[1][1])

    def test_unknown_group_has_no_offsets_and_no_error(self):
        group, topic = fresh("g"), self.topic()
        c = self.coordinator(group)
        wait_for("coordinator", 20, lambda: self.committed(c, group, topic)[2] == 0)
        self.assertEqual((-1, 0, 0), self.committed(c, group, topic))

    def test_find_coordinator_is_batched_from_v4(self):
        groups = [fresh("g") for _ in range(3)]
        wire.find_coordinator(self.conn(), groups[0])  # the offsets topic exists from here on
        w = W(True)
        w.i8(0).array(groups, w.str).tags()
        r = self.conn().call(wire.FIND_COORDINATOR, 4, w.done())
        r.i32()
        rows = r.array(lambda: (r.str(), r.i32(), r.str(), r.i32(), r.i16(), r.str(), r.tags()))
        self.assertEqual(groups, [row[0] for row in rows])
        self.assertEqual([0, 0, 0], [row[4] for row in rows])

    def test_describe_and_list(self):
        group = fresh("g")
        c = self.coordinator(group)
        self.join(c, group)
        w = W()
        r = c.call(wire.DESCRIBE_GROUPS, 0, w.array([group], w.str).done())
        error, name = r.array(lambda: (r.i16(), r.str(), r.str(), r.str(), r.str(), r.array(
            lambda: (r.str(), r.str(), r.str(), r.bytes(), r.bytes()))))[0][:2]
        self.assertEqual((0, group), (error, name))
        r = c.call(wire.LIST_GROUPS, 1, b"")
        r.i32()
        self.assertEqual(0, r.i16())
        self.assertIn(group, [g for g, _ in r.array(lambda: (r.str(), r.str()))])


class Zz_Failover(Case):
    """Last, because it takes a node away for a while."""

    def test_epoch_grows_with_a_new_leader_and_the_old_one_is_fenced(self):
        """Also: with one replica of three away, min.insync.replicas=3 refuses acks=all with 19 or 20, not acks=1."""
        topic, strict = self.topic(), self.topic(**{"min.insync.replicas": "3"})
        c = self.leader(topic)
        self.assertEqual((0, 0), wire.produce(c, topic, 0, batch([b"before"]))[:2])
        before = wire.metadata(c, [topic])["topics"][topic]["partitions"][0]
        cluster.kill(before["leader"])
        node = next(i for i in (1, 2, 3) if i != before["leader"])
        try:
            with Conn(cluster.address(node)) as d:
                def moved():
                    p = wire.metadata(d, [topic])["topics"][topic]["partitions"][0]
                    return p if p["leader"] not in (-1, before["leader"]) else None
                after = wait_for("a new leader", 30, moved)
            self.assertGreater(after["epoch"], before["epoch"])
            e = Conn(cluster.address(after["leader"]))
            self.addCleanup(e.s.close)
            wait_for("write to the new leader", 30, lambda: wire.produce(e, topic, 0, batch([b"after"]))[0] == 0)
            self.assertEqual(74, wire.fetch(e, [(topic, 0, 0)], leader_epoch=before["epoch"])[2][topic, 0]["error"])
            self.assertEqual(0, wire.fetch(e, [(topic, 0, 0)], leader_epoch=after["epoch"])[2][topic, 0]["error"])
            w = W()  # where did the old epoch end?
            w.i32(-2).array([topic], lambda t: w.str(t).array([0], lambda p: w.i32(p).i32(after["epoch"]).i32(before["epoch"])))
            r = e.call(wire.OFFSET_FOR_LEADER_EPOCH, 3, w.done())
            r.i32()
            error, _, epoch, end = r.array(lambda: (r.str(), r.array(lambda: (r.i16(), r.i32(), r.i32(), r.i64())))[1])[0][0]
            self.assertEqual((0, before["epoch"], 1), (error, epoch, end))
            with Conn(cluster.address(node)) as d:
                lead = wait_for("a leader", 30, lambda: (lambda p: p["leader"] if p["leader"] > 0 and len(p["isr"]) == 2 else None)(
                    wire.metadata(d, [strict])["topics"][strict]["partitions"][0]))
            e = Conn(cluster.address(lead))
            self.addCleanup(e.s.close)
            self.assertIn(wire.produce(e, strict, 0, batch([b"a"]))[0], (19, 20))
            self.assertEqual(0, wire.produce(e, strict, 0, batch([b"a"]), acks=1)[0])
        finally:
            cluster.start(before["leader"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
