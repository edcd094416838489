"""Unmodified clients: each creates a topic by its own means, produces 100,000 records with each codec, consumes them in a group of
two with a rebalance in the middle (b joins, b leaves) and must get every record once and in order in each partition.

    clients_test.py CLIENT [--count N] [--codecs none,lz4]      CLIENT: one of the names printed by --list
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time

from harness import CACHE, HERE, Cluster, run, say

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
PARTITIONS = 6
FILLER = ("the river measures itself " * 4)[:92]


# ---- the check

def check(rows, joins, count):
    """rows: (member, partition, offset, index) in the order in which each member processed them."""
    seen = {}
    for row in rows:
        seen.setdefault(row[3], []).append(row)
    missing = [i for i in range(count) if i not in seen]
    twice = {i: r for i, r in seen.items() if len(r) > 1}
    assert not missing, f"{len(missing)} of {count} records missing, first {missing[:5]}"
    assert not twice, f"{len(twice)} records more than once, for example {list(twice.values())[:3]}"
    assert len(seen) == count, f"{len(seen) - count} records that nobody sent"
    for p in range(PARTITIONS):
        by_offset = sorted((o, i) for _, part, o, i in rows if part == p)
        assert all(a[1] < b[1] for a, b in zip(by_offset, by_offset[1:])), f"partition {p}: order of records differs from the order sent"
        for member in "ab":
            own = [o for m, part, o, _ in rows if m == member and part == p]
            assert own == sorted(own), f"partition {p}: member {member} saw offsets go back"
    got_b = sum(1 for r in rows if r[0] == "b")
    assert 0 < got_b < count, f"no rebalance in the middle: b processed {got_b} of {count}"
    where = f", assignments (member at total: partitions) {' '.join(joins)}" if joins else ""
    return f"b processed {got_b} of {count}{where}"


# ---- clients that run the whole scenario in one program

def program(argv):
    def scenario(cluster, topic, codec, count):
        cmd = argv + [f"--{k}={v}" for k, v in dict(bootstrap=cluster.bootstrap, topic=topic, codec=codec, count=count,
                                                    partitions=PARTITIONS).items()]
        r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240)
        assert r.returncode == 0, f"exit {r.returncode}: {r.stderr[-3000:]}"
        rows, joins = [], []
        for line in r.stdout.splitlines():
            w = line.split()
            if w[0] == "r":
                rows.append((w[1], int(w[2]), int(w[3]), int(w[4])))
            else:
                joins.append(f"{w[1]}@{w[2]}:{''.join(w[3:])}")
        return check(rows, joins, count)
    return scenario


# ---- clients that are command line tools: members are processes, slowed by reading their output slowly

class Member:
    def __init__(self, name, argv, parse, group):
        self.name, self.parse, self.group, self.rows = name, parse, group, []
        self.errors = open(f"/tmp/weir-e2e-{os.getpid()}-{name}.err", "w+")
        self.p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.p.stdout:
            row = self.parse(line)
            if row is None:
                continue
            self.rows.append((self.name, *row))
            self.group.record(self)

    def stop(self):
        """Asks the member to leave as Ctrl-C does and takes what it still prints."""
        try:
            if self.group.b_ends_itself and self.name == "b":
                self.p.wait(5)
        except subprocess.TimeoutExpired:
            pass
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGTERM)
        try:
            self.p.wait(30)
        except subprocess.TimeoutExpired:
            self.p.kill()
            raise AssertionError(f"{self.name} does not end on SIGTERM")
        self.thread.join(10)

    def tail(self):
        self.errors.seek(0)
        return self.errors.read()[-1500:]


class Group:
    """Starts a, then b after a fifth of the records, lets b leave after it had a tenth, and waits for the rest."""

    def __init__(self, count, b_ends_itself=False):
        self.count, self.total, self.lock, self.b_ends_itself = count, 0, threading.Lock(), b_ends_itself
        self.b_join, self.b_leave, self.done = threading.Event(), threading.Event(), threading.Event()
        self.b_got = 0

    def record(self, member):
        with self.lock:
            self.total += 1
            self.b_got += member.name == "b"
            total, b_got = self.total, self.b_got
        if total == self.count // 5:
            self.b_join.set()
        if b_got >= self.count // 10 or b_got and total >= self.count * 7 // 10:
            self.b_leave.set()
        if total >= self.count:
            self.done.set()
        if total > self.count // 5 and b_got == 0 and total % 100 == 0:
            time.sleep(5000 / self.count)  # back-pressure on a through its pipe: b has 40 s to join

    def play(self, command, parse):
        members = [Member("a", command("a"), parse, self)]
        try:
            assert self.b_join.wait(60), f"a got {self.total} of {self.count}: {members[0].tail()}"
            members.append(Member("b", command("b"), parse, self))
            assert self.b_leave.wait(60), f"b got {self.b_got}, all {self.total} of {self.count}: {members[1].tail()}"
            members[1].stop()
            assert self.done.wait(60), f"{self.total} of {self.count} after b left: {members[0].tail()}"
            time.sleep(0.5)  # a duplicate would come now
            members[0].stop()
        finally:
            for m in members:
                if m.p.poll() is None:
                    m.p.kill()
                    m.p.wait()
                m.errors.close()
                os.unlink(m.errors.name)
        return [row for m in members for row in m.rows]


def lines(count):
    return "".join(f"{i:08d}{FILLER}\n" for i in range(count))


def kcat(cluster, topic, codec, count):
    """kcat has no admin request: it makes the topic as any producer does, by asking for its metadata."""
    base = ["kcat", "-b", cluster.bootstrap, "-X", "broker.address.family=v4"]
    run(base + ["-P", "-t", topic, "-z", codec, "-X", "enable.idempotence=true", "-X", "acks=all", "-X", "linger.ms=5",
                "-X", "sticky.partitioning.linger.ms=0"],  # else a fast producer puts all of it into a few partitions
        input=lines(count), timeout=120)

    def parse(line):
        w = line.split(" ", 2)
        return int(w[0]), int(w[1]), int(w[2][:8])
    options = {"auto.offset.reset": "earliest", "heartbeat.interval.ms": 300, "session.timeout.ms": 10000,
               # A rebalance waits behind what is prefetched; less than this, and librdkafka pauses a second after each full queue.
               "queued.min.messages": max(100, count // 50), "fetch.message.max.bytes": max(10000, count)}
    member = base + ["-G", "group-" + topic, "-u", "-q", "-f", "%p %o %s\\n"]
    for k, v in options.items():
        member += ["-X", f"{k}={v}"]
    # kcat drops the message that it has polled when a signal comes, but commits it: b leaves by its own count instead.
    rows = Group(count, b_ends_itself=True).play(lambda name: member + (["-c", str(count // 10)] if name == "b" else []) + [topic], parse)
    return check(rows, [], count)


# ---- Kafka's own tools

def java(*args):
    jars = os.environ.get("WEIR_KAFKA_JARS", f"{CACHE}/kafka-jars")
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={HERE}/java/log4j2.properties",
            "-cp", f"{jars}/*", *map(str, args)]


TOOLS = "org.apache.kafka.tools."


def java_topic(cluster, topic):
    run(java(TOOLS + "TopicCommand", "--bootstrap-server", cluster.bootstrap, "--create", "--topic", topic, "--partitions", PARTITIONS,
             "--replication-factor", 3))
    out = run(java(TOOLS + "TopicCommand", "--bootstrap-server", cluster.bootstrap, "--describe", "--topic", topic)).stdout
    assert f"PartitionCount: {PARTITIONS}" in out and "ReplicationFactor: 3" in out, out


def java_group_is_done(cluster, topic, count):
    """kafka-consumer-groups sees the group with everything committed."""
    out = run(java(TOOLS + "consumer.group.ConsumerGroupCommand", "--bootstrap-server", cluster.bootstrap, "--describe",
                   "--group", "group-" + topic)).stdout
    rows = [l.split() for l in out.splitlines() if topic in l.split()]
    assert rows and len(rows) <= PARTITIONS, out  # a partition that the producer's partitioner never chose has no offset
    assert sum(int(r[3]) for r in rows) == count and all(r[5] == "0" for r in rows), out
    listed = run(java(TOOLS + "consumer.group.ConsumerGroupCommand", "--bootstrap-server", cluster.bootstrap, "--list")).stdout
    assert "group-" + topic in listed.split(), listed


def consumer_properties():
    return {"heartbeat.interval.ms": 300, "session.timeout.ms": 10000, "auto.offset.reset": "earliest", "max.poll.records": 200}


def console(cluster, topic, codec, count):
    java_topic(cluster, topic)
    run(java(TOOLS + "ConsoleProducer", "--bootstrap-server", cluster.bootstrap, "--topic", topic, "--compression-codec", codec,
             "--command-property", "enable.idempotence=true", "--command-property", "acks=all"), input=lines(count), timeout=120)

    def parse(line):
        w = line.rstrip("\n").split("\t")
        if len(w) < 3:
            return None
        return int(w[0].split(":")[1]), int(w[1].split(":")[1]), int(w[2][:8])

    def command(_):
        cmd = java(TOOLS + "consumer.ConsoleConsumer", "--bootstrap-server", cluster.bootstrap, "--topic", topic, "--group",
                   "group-" + topic, "--from-beginning", "--formatter-property", "print.partition=true", "--formatter-property",
                   "print.offset=true")
        for k, v in consumer_properties().items():
            cmd += ["--command-property", f"{k}={v}"] if k != "auto.offset.reset" else []
        return cmd
    rows = Group(count).play(command, parse)
    java_group_is_done(cluster, topic, count)
    return check(rows, [], count)


def verifiable(cluster, topic, codec, count):
    java_topic(cluster, topic)
    conf = os.path.join(cluster.dir, "producer.properties")
    with open(conf, "w") as f:
        f.write(f"compression.type={codec}\nenable.idempotence=true\nretries=1000000\n")
    out = run(java(TOOLS + "VerifiableProducer", "--bootstrap-server", cluster.bootstrap, "--topic", topic, "--max-messages", count,
                   "--acks", "-1", "--throughput", "-1", "--command-config", conf), timeout=120).stdout
    acked = sum('"producer_send_success"' in l for l in out.splitlines())
    assert acked == count, f"{acked} of {count} acknowledged: {out[-1000:]}"
    conf = os.path.join(cluster.dir, "consumer.properties")
    with open(conf, "w") as f:
        f.writelines(f"{k}={v}\n" for k, v in consumer_properties().items())

    def parse(line):
        if '"record_data"' not in line:
            return None
        d = json.loads(line)
        return d["partition"], d["offset"], int(d["value"])
    rows = Group(count).play(lambda name: java(TOOLS + "VerifiableConsumer", "--bootstrap-server", cluster.bootstrap, "--topic", topic,
                                               "--group-id", "group-" + topic, "--verbose", "--reset-policy", "earliest",
                                               "--command-config", conf), parse)
    java_group_is_done(cluster, topic, count)
    return check(rows, [], count)


CLIENTS = {
    "kcat": kcat,
    "confluent": program(["/usr/bin/python3", f"{HERE}/clients/confluent.py"]),
    "kafka-python-2.0": program(["/usr/bin/python3", f"{HERE}/clients/kafka_python.py"]),
    "kafka-python": program([f"{CACHE}/venv-kafka-python/bin/python", f"{HERE}/clients/kafka_python.py"]),
    "franz-go": program([f"{CACHE}/go-bin/franz"]),
    "sarama": program([f"{CACHE}/go-bin/sarama"]),
    "java-console": console,
    "java-verifiable": verifiable,
}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("client", nargs="*", choices=[[], *CLIENTS], default=[])
    p.add_argument("--list", action="store_true")
    p.add_argument("--count", type=int, default=100000)
    p.add_argument("--codecs", default=",".join(CODECS))
    a = p.parse_args()
    if a.list:
        print("\n".join(CLIENTS))
        return 0
    failed = []
    with Cluster(3, settings={"num.partitions": PARTITIONS}) as cluster:
        for name in a.client or CLIENTS:
            for codec in a.codecs.split(","):
                t = time.monotonic()
                topic = f"{name.replace('.', '-')}-{codec}"
                try:
                    say(f"{name} {codec}: ok, {CLIENTS[name](cluster, topic, codec, a.count)}, {time.monotonic() - t:.1f} s")
                except (AssertionError, RuntimeError, subprocess.TimeoutExpired) as e:
                    say(f"{name} {codec}: FAILED after {time.monotonic() - t:.1f} s: {e}")
                    failed.append(f"{name} {codec}")
        if failed:
            cluster.show_logs()
    say(f"failed: {', '.join(failed)}" if failed else f"every record once and in order, {a.count} a codec")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
