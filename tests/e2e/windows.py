"""A job whose windows close one by one, for tests that time their rows: one-second windows from topic `in` to topic `out`, each closed by one record."""
import json
import statistics
import time

from confluent_kafka import Producer

from harness import WEIR, run, say
from load import create_topic

JOB = """
CREATE TABLE i (ts BIGINT, v BIGINT, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR et AS et) WITH (
  'connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');
CREATE TABLE o (window_start TIMESTAMP(3), window_end TIMESTAMP(3), n BIGINT, total BIGINT) WITH (
  'connector' = 'kafka', 'topic' = 'out', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'format' = 'json');
INSERT INTO o SELECT window_start, window_end, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE i, DESCRIPTOR(et), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
"""
BASE_MS = 1_700_000_000_000


def record(second):
    """The record of second i closes the window of second i-1, whose total is i-1."""
    return json.dumps({"ts": BASE_MS + second * 1000, "v": second}).encode()


def start_job(cluster):
    for topic in ("in", "out"):
        create_topic(cluster, topic, 1)
    run([WEIR, "sql", "-e", JOB, "--var", f"BOOTSTRAP={cluster.bootstrap}", "--bootstrap", cluster.bootstrap], timeout=60)


def close_windows(cluster, windows):
    """Closes so many windows, 20 ms apart; {total of the window: when its closing record was sent}."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True, "linger.ms": 0})
    sent = {}
    for i in range(windows + 1):
        sent[i - 1] = time.perf_counter()
        producer.produce("in", record(i))
        producer.flush(30)
        time.sleep(0.02)
    return sent


def report(what, sent, arrived, windows):
    taken = sorted((arrived[i] - sent[i]) * 1000 for i in range(windows))
    say(f"closing record sent → {what}: p50 {statistics.median(taken):.1f} ms, p99 {taken[int(len(taken) * 0.99)]:.1f} ms, "
        f"max {taken[-1]:.1f} ms over {windows} windows (goal: p99 100 ms)")
