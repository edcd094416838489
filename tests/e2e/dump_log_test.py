"""Kafka's own kafka-dump-log reads our files: segments with --deep-iteration, offset and time indexes, the offsets and the metadata log
with their decoders. (Producer snapshots hold five batches a producer and are in a format of our own: log/format.md.) Once after a clean stop and once after kill -9.

    dump_log_test.py"""
import base64
import glob
import os
import re
import sys

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from clients_test import CODECS, TOOLS, java
from harness import WEIR, Cluster, gone, run, say, wait_for

PARTITIONS, COUNT = 2, 3000  # records for each codec
COMPLAINTS = re.compile(r"(?i)mismatch|invalid bytes|corrupt|exception|not valid|isvalid: false|non-increasing|out of order|Indexed offset|Could not")


def dump(files, *options):
    """The tool's output for the files; a word of complaint in it is an error. It ends with 0 even where it complains."""
    r = run(java(TOOLS + "DumpLogSegments", *options, "--files", ",".join(files)), timeout=120)
    bad = [line for line in r.stdout.splitlines() if COMPLAINTS.search(line)]
    assert not bad, f"kafka-dump-log {' '.join(options)} complains:\n" + "\n".join(bad[:10])
    return r.stdout


def produce(cluster, topic, first):
    """COUNT records a codec, numbered from `first` on; the next number."""
    for codec in CODECS:
        p = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True, "compression.type": codec, "linger.ms": 5,
                      "batch.num.messages": 50})
        failed, filler = [], base64.b64encode(os.urandom(48000)).decode()
        for i in range(first, first + COUNT):
            p.produce(topic, f"value {i} {filler[i * 977 % 60000:][:500]}", key=str(i), partition=i % PARTITIONS, headers={"n": str(i)},
                      on_delivery=lambda e, m: failed.append(e) if e else None)
            p.poll(0)
        assert p.flush(60) == 0 and not failed, failed[:3]
        first += COUNT
    return first


def commit(cluster, topic):
    c = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "dumped", "enable.auto.commit": False})
    c.commit(offsets=[TopicPartition(topic, p, 17 + p) for p in range(PARTITIONS)], asynchronous=False)
    c.close()


def data_dir(cluster):
    found = glob.glob(f"{cluster.dir}/**/commit.journal", recursive=True)
    assert len(found) == 1, found
    return os.path.dirname(found[0])


def check_partition(folder, expect, whole):
    """`expect`: record numbers that have to be in the segments, in order. Indexes are saved at checkpoints: after a kill the newest lack."""
    logs = sorted(glob.glob(f"{folder}/*.log"))
    assert len(logs) > 2, f"{len(logs)} segments in {folder}"
    text = dump(logs, "--deep-iteration", "--print-data-log")
    batches = re.findall(r"^baseOffset: (\d+) lastOffset: (\d+) count: (\d+).*?isvalid: (\w+)", text, re.M)
    assert batches and all(b[3] == "true" for b in batches)
    at = 0
    for base, last, count, _ in batches:
        assert int(base) == at and int(last) - int(base) + 1 == int(count), f"{folder}: batch {base}-{last} of {count} records at {at}"
        at = int(last) + 1
    numbers = [int(n) for n in re.findall(r"payload: value (\d+) ", text)]
    assert len(numbers) == at and numbers == expect[:len(numbers)], f"{folder}: {len(numbers)} records are not those that were sent"
    for kind in ("index", "timeindex"):
        files = sorted(glob.glob(f"{folder}/*.{kind}"))
        assert len(files) >= (len(logs) - 1 if whole else 1), f"{len(files)} .{kind} for {len(logs)} segments"
        said = dump(files, "--index-sanity-check")
        assert said.count("passed sanity check") == len(files), said
        dump(files, "--verify-index-only")
        dump(files)
    return len(numbers), len(logs)


def check_all(cluster, sent, whole, when):
    root = data_dir(cluster)
    for p in range(PARTITIONS):
        expect = [i for i in range(sent) if i % PARTITIONS == p]
        records, segments = check_partition(f"{root}/dump-{p}", expect, whole)
        assert records == len(expect) or not whole, f"partition {p}: {records} of {len(expect)} records"
        say(f"{when}: partition {p}: {records} of {len(expect)} records in {segments} segments: no complaint")
    groups = [f for f in glob.glob(f"{root}/__consumer_offsets-*/*.log") if os.path.getsize(f)]
    if whole:
        assert "dumped" in dump(groups, "--offsets-decoder")
    metadata = [f for f in glob.glob(f"{root}/__cluster_metadata-*/*.log") if os.path.getsize(f)]
    assert not whole or metadata
    if metadata:
        text = dump(metadata, "--cluster-metadata-decoder", "--deep-iteration")
        assert not whole or '"TOPIC_RECORD"' in text and '"dump"' in text, text[-2000:]
    say(f"{when}: offsets and metadata log: no complaint")


def main():
    settings = {"offsets.topic.num.partitions": 1, "log.index.interval.bytes": 512}
    with Cluster(1, settings=settings) as cluster:
        topic = NewTopic("dump", PARTITIONS, 1, config={"segment.bytes": str(1 << 20)})
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
        admin.create_topics([topic])["dump"].result(20)
        sent = produce(cluster, "dump", 0)
        commit(cluster, "dump")
        pid = cluster.known[1]
        run([WEIR, "cluster", "down", "--dir", cluster.dir], timeout=40)
        wait_for("the node's end", 20, lambda: gone(pid))
        check_all(cluster, sent, True, "after a clean stop")
        cluster.start(1)
        sent = produce(cluster, "dump", sent)
        cluster.kill(1)
        check_all(cluster, sent, False, "after kill -9")
        cluster.start(1)
        pid = cluster.known[1]
        run([WEIR, "cluster", "down", "--dir", cluster.dir], timeout=40)
        wait_for("the node's end", 20, lambda: gone(pid))
        check_all(cluster, sent, True, "after recovery and a clean stop")
    return 0


if __name__ == "__main__":
    sys.exit(main())
