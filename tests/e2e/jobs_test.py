"""SQL jobs on real nodes. The oracle cases (tests/sql/oracle) through topics of a three-node cluster give exactly Flink's rows, undisturbed and with
the node that runs the job killed in the middle; and the time from a window's closing record to its row on the output topic is printed.

  jobs_test.py oracle [CASE…]     jobs_test.py restart     jobs_test.py latency [--windows N]
"""
import glob
import json
import math
import os
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

import windows as windows_job
from harness import ROOT, WEIR, Cluster, run, say, wait_for
from load import create_topic

CASES = os.path.join(ROOT, "tests/sql/oracle")
ALL = sorted(os.listdir(CASES))


def lines_of(path):
    text = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    return text.decode().splitlines()


def inputs_of(case):
    """Lines of each partition."""
    single = os.path.join(CASES, case, "input.jsonl.zst")
    if os.path.exists(single):
        return [lines_of(single)]
    return [lines_of(p) for p in sorted(glob.glob(os.path.join(CASES, case, "input.p*.jsonl.zst")))]


def produce(cluster, topic, inputs, upto=None, start=0):
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True, "linger.ms": 5})
    failed = []
    for partition, lines in enumerate(inputs):
        for line in lines[start:upto]:
            while True:
                try:
                    producer.produce(topic, line.encode(), partition=partition, on_delivery=lambda e, _: e and failed.append(e))
                    break
                except BufferError:
                    producer.poll(0.1)
    assert producer.flush(60) == 0 and not failed, failed[:3]


def read_all(cluster, topic):
    """Every record of the topic up to its end."""
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": f"read-{time.time()}", "enable.auto.commit": False,
                         "enable.partition.eof": False})
    rows = []
    for partition in consumer.list_topics(topic, 30).topics[topic].partitions:
        tp = TopicPartition(topic, partition, 0)
        _, end = consumer.get_watermark_offsets(tp, 30)
        consumer.assign([tp])
        limit = time.monotonic() + 60
        while end and time.monotonic() < limit:
            for m in consumer.consume(1000, 1.0):
                assert not m.error(), m.error()
                rows.append(m.value().decode())
            if consumer.position([tp])[0].offset >= end:
                break
    consumer.close()
    return rows


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9)
    return a == b


def compare(case, rows):
    with open(os.path.join(CASES, case, "expected.jsonl")) as f:
        want = sorted(json.dumps(json.loads(l), sort_keys=True) for l in f)
    got = sorted(json.dumps(json.loads(r), sort_keys=True) for r in rows)
    assert len(got) == len(want), f"{case}: {len(got)} rows, Flink gave {len(want)}"
    for g, w in zip(got, want):
        g, w = json.loads(g), json.loads(w)
        assert g.keys() == w.keys() and all(same(g[k], w[k]) for k in w), f"{case}: {g} where Flink gave {w}"


def sql(cluster, case, source, sink, name, text=None):
    command = [WEIR, "sql", "--bootstrap", cluster.bootstrap, "--name", name, "--var", f"IN={source}", "--var", f"OUT={sink}",
               "--var", f"BOOTSTRAP={cluster.bootstrap}"]
    command += ["-e", text] if text else ["-f", os.path.join(CASES, case, "job.sql")]
    return command


def oracle(cases):
    with Cluster(3) as cluster:
        for case in cases:
            inputs = inputs_of(case)
            source, sink = f"in-{case}", f"out-{case}"
            create_topic(cluster, source, len(inputs))
            create_topic(cluster, sink, 1)
            produce(cluster, source, inputs)
            began = time.monotonic()
            run(sql(cluster, case, source, sink, case), timeout=90)
            took = time.monotonic() - began
            rows = read_all(cluster, sink)
            compare(case, rows)
            say(f"{case}: {sum(map(len, inputs))} records, {len(rows)} rows, exactly Flink's; {took:.2f} s with the start of weir sql")


def leader_of(cluster, topic):
    meta = AdminClient({"bootstrap.servers": cluster.bootstrap}).list_topics(topic, 10)
    return meta.topics[topic].partitions[0].leader


def restart():
    """An unbounded job; the node that runs it is killed after half of the input; a last record closes what is open."""
    case = "tumble-basic"
    with open(os.path.join(CASES, case, "job.sql")) as f:
        text = f.read().replace("'scan.bounded.mode' = 'latest-offset',", "'scan.bounded.mode' = 'unbounded',")
    with Cluster(3) as cluster:
        [lines] = inputs_of(case)
        create_topic(cluster, "in", 1)
        create_topic(cluster, "out", 1)
        run(sql(cluster, case, "in", "out", "restarted", text), timeout=60)
        half = len(lines) // 2
        produce(cluster, "in", [lines], upto=half)
        wait_for("rows of the first half", 30, lambda: len(read_all(cluster, "out")) > 20, every=0.5)
        victim = leader_of(cluster, "__weir_jobs")
        say(f"killing node {victim}, which runs the job")
        cluster.kill(victim)
        produce(cluster, "in", [lines], start=half)
        # Far behind everything: closes the windows that Flink closed at the end of its bounded input.
        last = max(json.loads(l)["ts"] for l in lines) + 3_600_000
        produce(cluster, "in", [[json.dumps({"ts": last, "service": "end", "endpoint": "/", "status": 200, "duration_ms": 1, "user": "u"})]])
        with open(os.path.join(CASES, case, "expected.jsonl")) as f:
            want = sum(1 for _ in f)
        try:
            wait_for("all rows", 40, lambda: len(read_all(cluster, "out")) >= want, every=0.5)
        except TimeoutError:
            say(f"{len(read_all(cluster, 'out'))} of {want} rows; the job:\n" + run([WEIR, "job", "show", "restarted", "--bootstrap", cluster.bootstrap], check=False).stdout)
            raise
        time.sleep(1)  # a row too many would come now
        rows = read_all(cluster, "out")
        compare(case, rows)
        say(f"{len(rows)} rows, exactly Flink's, each once, over the death of the job's node")


def latency(windows):
    """One-second windows closed by one record each; the row is awaited by a consumer at the output topic's end."""
    with Cluster(3) as cluster:
        windows_job.start_job(cluster)
        consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "latency", "fetch.wait.max.ms": 500})
        consumer.assign([TopicPartition("out", 0, 0)])
        arrived = {}
        over = threading.Event()

        def listen():
            while not over.is_set():
                m = consumer.poll(0.2)
                if m and not m.error():
                    arrived[json.loads(m.value())["total"]] = time.perf_counter()

        listener = threading.Thread(target=listen)
        listener.start()
        sent = windows_job.close_windows(cluster, windows)
        wait_for("all windows' rows", 30, lambda: len(arrived) >= windows)
        over.set()
        listener.join()
        consumer.close()
        windows_job.report("row read", sent, arrived, windows)


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "oracle":
        oracle(rest or ALL)
    elif what == "restart":
        restart()
    elif what == "latency":
        latency(int(rest[1]) if rest[:1] == ["--windows"] else 300)
    else:
        sys.exit(__doc__)


main()
