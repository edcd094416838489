"""A node comes back with files missing, cut off or overwritten: it says so, fetches what it lost from the others, and nothing acknowledged is
lost as long as another replica holds it. Where nobody is known to hold it, nobody leads until somebody decides so.

    damaged_node_test.py [-k files|last|metadata]"""
import os
import shutil
import subprocess
import time

import load
import wire
from confluent_kafka.admin import AdminClient, NewTopic
from harness import WEIR, Cluster, main, run, say, wait_for

BATCHES, RECORDS = 180, 20  # of 1 KB records, in segments of 1 MiB


def create(cluster, topic, replicas, **config):
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "broker.address.family": "v4"})
    config = {"segment.bytes": str(1 << 20), **config}
    for f in admin.create_topics([NewTopic(topic, 1, replica_assignment=[replicas], config=config)], operation_timeout=20).values():
        f.result(30)
    load.full_isr(cluster, topic, 1, len(replicas))


def record(n): return b"%08d:" % n + b"v" * 1000


def produce(cluster, topic, first_batch, batches):
    with wire.Conn(cluster.address(load.partitions_of(cluster, topic)[0]["leader"])) as c:
        for b in range(first_batch, first_batch + batches):
            error, base, _ = wire.produce(c, topic, 0, wire.batch([record(n) for n in range(b * RECORDS, (b + 1) * RECORDS)]))
            assert (error, base) == (0, b * RECORDS), f"batch {b}: error {error}, offset {base}"


def assert_holds(cluster, topic, batches):
    rows = load.read_all(cluster, topic, 1)[0]
    assert rows == [(n, record(n)) for n in range(batches * RECORDS)], f"{topic}: {len(rows)} records, not {batches * RECORDS} in order"


def lead(cluster, topic, node):
    """Makes the node, the first replica, the leader."""
    def leads():
        run([WEIR, "elect", topic, "--dir", cluster.dir])
        return load.partitions_of(cluster, topic)[0]["leader"] == node
    wait_for(f"node {node} leads {topic}", 20, leads)


def stop(cluster, node):
    run([WEIR, "cluster", "stop", node, "--dir", cluster.dir], timeout=60)


def log_of(cluster, node):
    with open(os.path.join(cluster.dir, f"node-{node}.log"), errors="replace") as f:
        return f.read()


class Damage:
    """What can happen to the files of one log directory."""

    def __init__(self, directory):
        self.directory = directory
        self.segments = sorted(f for f in os.listdir(directory) if f.endswith(".log"))

    def path(self, i): return os.path.join(self.directory, self.segments[i])
    def first_gone(self): os.unlink(self.path(0))
    def middle_gone(self): os.unlink(self.path(len(self.segments) // 2))
    def last_gone(self): os.unlink(self.path(-1))
    def all_gone(self): shutil.rmtree(self.directory)
    def cut_in_half(self): os.truncate(self.path(-1), os.path.getsize(self.path(-1)) // 2)

    def zeros_at_the_end(self):
        size = os.path.getsize(self.path(-1))
        os.truncate(self.path(-1), size - 5000)
        os.truncate(self.path(-1), size)


def test_lost_files_are_fetched_again():
    with Cluster(3) as cluster:
        for n, damage in enumerate((Damage.first_gone, Damage.middle_gone, Damage.last_gone, Damage.cut_in_half, Damage.zeros_at_the_end,
                                    Damage.all_gone)):
            topic = damage.__name__.replace("_", "-")
            create(cluster, topic, [2, 1, 3])
            produce(cluster, topic, 0, BATCHES)
            stop(cluster, 2)
            said = len(log_of(cluster, 2))
            damage(Damage(f"{cluster.dir}/data-2/{topic}-0"))
            cluster.start(2)
            load.full_isr(cluster, topic, 1)
            lines = [line for line in log_of(cluster, 2)[said:].splitlines() if " ERROR " in line and topic in line]
            assert lines, "the node does not say what it lost"
            lead(cluster, topic, 2)
            assert_holds(cluster, topic, BATCHES)
            produce(cluster, topic, BATCHES, 1)
            say(f"{topic}: {lines[0][25:120]} … all fetched again")


def test_the_last_in_sync_that_lost_records_does_not_lead():
    with Cluster(3) as cluster:
        topic = "last-in-sync"
        create(cluster, topic, [3, 2], **{"min.insync.replicas": "1"})
        produce(cluster, topic, 0, BATCHES)
        cluster.kill(2)
        wait_for("ISR of node 3 alone", 20, lambda: load.partitions_of(cluster, topic)[0]["isr"] == [3])
        produce(cluster, topic, BATCHES, 5)
        stop(cluster, 3)
        Damage(f"{cluster.dir}/data-3/{topic}-0").first_gone()
        cluster.start(2, 3)

        def stays_without(what):
            wait_for("three nodes", 20, lambda: len(alive(cluster)) == 3)
            end = time.monotonic() + 2
            while time.monotonic() < end:
                row = load.partitions_of(cluster, topic)[0]
                assert row["leader"] == -1 and row["isr"] == [], f"{what}: {row}"
                time.sleep(0.1)
        stays_without("after the start")
        cluster.kill(3)
        cluster.start(3)
        stays_without("after another start of the damaged node")
        controller = load.controller_of(cluster)
        cluster.kill(controller)
        cluster.start(controller)
        stays_without("under another controller")
        assert any(f"weir elect {topic} --partition 0 --unclean" in log_of(cluster, n) for n in (1, 2, 3)), "nobody says what to do"
        # Somebody decides: node 2 lacks only what node 3 alone had.
        refused = run([WEIR, "elect", topic, "--unclean", "--dir", cluster.dir], check=False, stdin=subprocess.DEVNULL)
        assert refused.returncode == 4 and "--yes" in refused.stdout, refused
        run([WEIR, "elect", topic, "--partition", 0, "--unclean", "--yes", "--dir", cluster.dir])
        wait_for("node 2 leads", 20, lambda: load.partitions_of(cluster, topic)[0]["leader"] == 2)
        load.full_isr(cluster, topic, 1, 2)
        assert_holds(cluster, topic, BATCHES)
        produce(cluster, topic, BATCHES, 1)


def alive(cluster):
    try:
        with wire.Conn(cluster.address(1), timeout=5) as c:
            return wire.metadata(c, [])["brokers"]
    except (OSError, wire.Closed):
        return {}


def test_lost_metadata_is_fetched_again():
    with Cluster(3) as cluster:
        topics = [f"topic-{n}" for n in range(12)]
        for n, topic in enumerate(topics):
            create(cluster, topic, [n % 3 + 1, (n + 1) % 3 + 1, (n + 2) % 3 + 1])
            produce(cluster, topic, 0, 1)
        for node in (1, 2, 3):
            stop(cluster, node)
            damage = Damage(f"{cluster.dir}/data-{node}/__cluster_metadata-0")
            (damage.cut_in_half, damage.last_gone, damage.zeros_at_the_end)[node - 1]()
            cluster.start(node)
            for topic in topics:
                load.full_isr(cluster, topic, 1)
            assert "lost metadata records" in log_of(cluster, node)
        cluster.kill_all()
        cluster.start(1, 2, 3)
        for topic in topics:
            load.full_isr(cluster, topic, 1)
            assert_holds(cluster, topic, 1)
        say("three nodes lost metadata in turn; every topic is there")


if __name__ == "__main__":
    main([test_lost_files_are_fetched_again, test_the_last_in_sync_that_lost_records_does_not_lead, test_lost_metadata_is_fetched_again])
