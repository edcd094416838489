"""Load whose every acknowledged record is known, and the check that follows it: nothing lost, doubled or reordered.

The client is stock librdkafka through Debian's confluent-kafka, idempotent, acks=all, with its default retry settings."""
import collections
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import wire
from harness import percentile, say, wait_for


def create_topic(cluster, topic, partitions, rf=3, **config):
    """Makes the topic and waits until every partition has a leader and a full ISR."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "broker.address.family": "v4"})
    config = {"min.insync.replicas": "2", **{k.replace("_", "."): str(v) for k, v in config.items()}}
    for f in admin.create_topics([NewTopic(topic, partitions, rf, config=config)], operation_timeout=20).values():
        f.result(30)
    full_isr(cluster, topic, partitions, rf)


def partitions_of(cluster, topic, nodes=None):
    """{partition: row of Metadata} from the first node (of `nodes`) that answers; {} when none does."""
    for node in nodes or range(1, cluster.n + 1):
        try:
            with wire.Conn(cluster.address(node), timeout=5) as c:
                rows = wire.metadata(c, [topic])["topics"][topic]["partitions"]
                if rows:
                    return rows
        except (OSError, wire.Closed):
            continue
    return {}


def full_isr(cluster, topic, partitions, rf=3, seconds=90):
    def full():
        rows = partitions_of(cluster, topic)
        if len(rows) != partitions or not all(r["leader"] > 0 and len(r["isr"]) == rf for r in rows.values()):
            return False
        # Whoever writes on a bare socket now comes to the leaders, who may hear of it a moment later.
        return all(partitions_of(cluster, topic, [n]).get(p, {}).get("leader") == n for p, n in ((p, r["leader"]) for p, r in rows.items()))
    wait_for(f"full ISR of {topic}", seconds, full, 0.05)


def controller_of(cluster):
    """The quorum's leader by DescribeQuorum (a broker names any live node in Metadata)."""
    for node in range(1, cluster.n + 1):
        try:
            with wire.Conn(cluster.address(node), timeout=5) as c:
                w = wire.W(True)
                w.array(["__cluster_metadata"], lambda t: (w.str(t), w.array([0], lambda p: w.i32(p).tags()), w.tags())).tags()
                body = b"\0" + w.done()  # header v2's empty tags: the API is flexible from version 0 on
                c.send(55, 0, body)
                r = wire.R(c.recv()[1][1:], True)
                if r.i16() != 0:
                    continue
                r.uvar()  # one topic
                r.str()
                r.uvar()  # one partition: index, error, leader
                r.i32()
                if r.i16() == 0:
                    return r.i32()
        except (OSError, wire.Closed, ValueError, IndexError):
            continue
    return None


class Load:
    """Sends `rate` records a second, evenly over the partitions; the value is "partition:sequence"."""

    def __init__(self, cluster, topic, partitions, rate=1500, **config):
        self.cluster, self.topic, self.partitions, self.rate = cluster, topic, partitions, rate
        self.sent = [0] * partitions
        self.acked = [[] for _ in range(partitions)]  # (sequence, offset)
        self.acks = [collections.deque() for _ in range(partitions)]  # (sent at, acknowledged at), since the last mark
        self.errors, self.lock, self.stop_asked = [], threading.Lock(), threading.Event()
        self.producer = Producer({"bootstrap.servers": cluster.bootstrap, "broker.address.family": "v4", "enable.idempotence": True,
                                  "acks": "all", "linger.ms": 1, "message.timeout.ms": 300000, "log_level": 2,
                                  "error_cb": lambda e: self.errors.append(f"fatal: {e}") if e.fatal() else None, **config})
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.next_ack(time.monotonic(), range(self.partitions), 30)
        return self

    def __exit__(self, *_):
        self.stop_asked.set()
        self.thread.join(30)

    def delivered(self, partition, sequence, sent_at):
        def callback(error, message):
            now = time.monotonic()
            with self.lock:
                if error:
                    self.errors.append(f"partition {partition} record {sequence}: {error}")
                else:
                    self.acked[partition].append((sequence, message.offset()))
                    self.acks[partition].append((sent_at, now))
        return callback

    def run(self):
        start, n = time.monotonic(), 0
        while not self.stop_asked.is_set():
            due = int((time.monotonic() - start) * self.rate)
            while n < due:
                p = n % self.partitions
                try:
                    self.producer.produce(self.topic, b"%d:%d" % (p, self.sent[p]), partition=p,
                                          on_delivery=self.delivered(p, self.sent[p], time.monotonic()))
                    self.sent[p] += 1
                    n += 1
                except BufferError:
                    self.producer.poll(0.01)
            self.producer.poll(0.002)

    def next_ack(self, since, partitions, seconds):
        """{partition: seconds from `since` to the first ack of a record that was sent after it}"""
        out, end = {}, time.monotonic() + seconds
        while True:
            for p in partitions:
                if p in out:
                    continue
                with self.lock:
                    hit = next((a for s, a in self.acks[p] if s >= since), None)
                if hit is not None:
                    out[p] = hit - since
            if len(out) == len(list(partitions)):
                with self.lock:
                    for q in self.acks:
                        q.clear()
                return out
            if time.monotonic() > end:
                raise AssertionError(f"no ack within {seconds} s for partitions {sorted(set(partitions) - set(out))}; {self.errors[:2]}")
            time.sleep(0.005)

    def finish(self, seconds=120):
        """Stops sending and waits until everything sent is acknowledged."""
        self.stop_asked.set()
        self.thread.join(30)
        left = self.producer.flush(seconds)
        assert left == 0, f"{left} records unacknowledged after {seconds} s"

    def total(self): return sum(len(a) for a in self.acked)

    def verify(self):
        """Reads the whole topic; returns a line that says what was found, raises when a promise is broken."""
        return verify(self.cluster, self.topic, self.acked, self.errors)


def read_all(cluster, topic, partitions):
    """[[(offset, value)] per partition], up to the end that the broker names."""
    c = Consumer({"bootstrap.servers": cluster.bootstrap, "broker.address.family": "v4", "group.id": "check-" + topic, "log_level": 2,
                  "enable.partition.eof": True, "enable.auto.commit": False})
    out, open_parts = [[] for _ in range(partitions)], set(range(partitions))
    c.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
    end = time.monotonic() + 120
    while open_parts:
        assert time.monotonic() < end, f"partitions {sorted(open_parts)} not read to their end in 120 s"
        for m in c.consume(5000, 0.5):
            if m.error() is None:
                out[m.partition()].append((m.offset(), m.value()))
            elif m.error().code() == KafkaError._PARTITION_EOF:
                open_parts.discard(m.partition())
    c.close()
    return out


def verify(cluster, topic, acked, errors):
    logs = read_all(cluster, topic, len(acked))
    lost, doubled, reordered, moved = [], [], [], []
    for p, rows in enumerate(logs):
        where = {}
        last = -1
        for offset, value in rows:
            sequence = int(value.split(b":")[1])
            if sequence in where:
                doubled.append((p, sequence, where[sequence], offset))
            elif sequence < last:
                reordered.append((p, sequence, offset))
            where.setdefault(sequence, offset)
            last = max(last, sequence)
        for sequence, offset in acked[p]:
            if sequence not in where:
                lost.append((p, sequence, offset))
            elif offset >= 0 and where[sequence] != offset:
                moved.append((p, sequence, offset, where[sequence]))
    line = (f"{sum(map(len, acked))} acknowledged, {sum(map(len, logs))} in the log: {len(lost)} lost, {len(doubled)} doubled, "
            f"{len(reordered)} reordered, {len(moved)} at another offset than acknowledged")
    say(line)
    assert not lost, f"lost, (partition, sequence, offset): {lost[:5]}"
    assert not doubled, f"doubled, (partition, sequence, offsets): {doubled[:5]}"
    assert not reordered, f"reordered, (partition, sequence, offset): {reordered[:5]}"
    assert not moved, f"moved, (partition, sequence, acknowledged, found): {moved[:5]}"
    assert not errors, f"{len(errors)} delivery errors, first: {errors[:3]}"
    return line


def served_again(cluster, topic, partitions, avoid=(), seconds=60):
    """What of a stall is the cluster's own: {partition: seconds from now to an acks=all ack for a client that comes anew, is quick to try again and
    has no back-off}. It asks the nodes that are not in `avoid` who leads; produces to a topic that nothing else is checked on."""
    start, out = time.monotonic(), {}
    nodes = [n for n in range(1, cluster.n + 1) if n not in avoid]

    def one(p):
        turn, end = p, start + seconds
        while p not in out and time.monotonic() < end:
            turn += 1
            try:
                with wire.Conn(cluster.address(nodes[turn % len(nodes)]), timeout=1) as c:
                    answer = wire.metadata(c, [topic])
                leader = answer["topics"][topic]["partitions"][p]["leader"]
                if leader > 0:
                    with wire.Conn(cluster.address(leader), timeout=0.2) as c:
                        if wire.produce(c, topic, p, wire.batch([b"x"]))[0] == 0:
                            out[p] = time.monotonic() - start
                            return
            except (OSError, wire.Closed, KeyError, IndexError, ValueError):
                pass
            time.sleep(0.01)

    threads = [threading.Thread(target=one, args=(p,), daemon=True) for p in range(partitions)]
    for t in threads:
        t.start()

    def result():
        for t in threads:
            t.join(seconds + 5)
        assert len(out) == partitions, f"{topic}: only {sorted(out)} of {partitions} partitions served again in {seconds} s"
        return out
    return result


def show_times(what, seconds):
    if seconds:
        ms = [s * 1000 for s in seconds]
        say(f"{what}: n {len(ms)}, p50 {percentile(ms, .5):.0f} ms, p99 {percentile(ms, .99):.0f} ms, max {max(ms):.0f} ms")
