"""The web server of real nodes, as a browser and Prometheus see it: every page's document, /metrics, the live stream with its snapshot, deltas
and resume; a node that dies is on the page of another; a result row is on the stream soon after the record that closes its window.

  dashboard_test.py [-k documents|stream|death|latency]
"""
import json
import re
import threading
import time
import urllib.error
import urllib.request

import websocket
from confluent_kafka import Producer

import windows as windows_job
from harness import Cluster, main, say, wait_for
from load import create_topic

WINDOWS = 300


def get(cluster, node, path):
    with urllib.request.urlopen(cluster.http(node) + path, timeout=10) as reply:
        return reply.read().decode()


class Live:
    """One WebSocket; messages are kept, and the state that they add up to."""

    def __init__(self, cluster, node):
        self.socket = websocket.create_connection(cluster.http(node).replace("http", "ws", 1) + "/v1/live", timeout=30)
        self.hello = json.loads(self.socket.recv())

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def next(self, op):
        while True:
            message = json.loads(self.socket.recv())
            assert message["op"] != "error", message
            if message["op"] == op:
                return message

    def subscribe(self, channel, **more):
        self.send(op="sub", id=1, channel=channel, **more)

    def close(self):
        self.socket.close()


def apply(items, message):
    for key, value in message.get("items", message.get("set", {})).items():
        items[key] = value
    for key in message.get("del", []):
        items.pop(key, None)


def documents():
    """Every route of every node tells of the cluster."""
    with Cluster(3) as cluster:
        windows_job.start_job(cluster)
        producer = Producer({"bootstrap.servers": cluster.bootstrap})
        for i in range(3):
            producer.produce("in", windows_job.record(i))
        assert producer.flush(30) == 0
        for node in (1, 2, 3):
            wait_for(f"the quorum as node {node} shows it", 20, lambda: all(
                v["log_end_offset"] is not None for v in json.loads(get(cluster, node, "/v1/cluster"))["quorum"]["voters"] if not v["observer"]))
            nodes = json.loads(get(cluster, node, "/v1/nodes"))["nodes"]
            assert sorted(n["id"] for n in nodes) == [1, 2, 3] and all(n["alive"] and n["rss_bytes"] > 0 for n in nodes), nodes
            assert {"in", "out"} <= {t["name"] for t in json.loads(get(cluster, node, "/v1/topics"))["topics"]}
            partitions = json.loads(get(cluster, node, "/v1/partitions?topic=in"))["partitions"]
            assert len(partitions) == 1 and sorted(partitions[0]["isr"]) == [1, 2, 3], partitions
            wait_for(f"the job's rows on node {node}", 20, lambda: [
                j for j in json.loads(get(cluster, node, "/v1/jobs"))["jobs"] if j["state"] == "running" and j["rows_in"] == 3])
            wait_for(f"the results on node {node}", 20, lambda: json.loads(get(cluster, node, "/v1/series"))["rows"])
            assert json.loads(get(cluster, node, "/v1/groups"))["groups"] == []
            assert get(cluster, node, "/readyz").startswith("ready") and "<div" in get(cluster, node, "/")
            for path, code in (("/v1/nothing", 404), ("/v1/series?range_ms=x", 400), ("/v1/live", 426), ("/no/such/page.js", 404)):
                try:
                    get(cluster, node, path)
                    raise AssertionError(f"{path} was answered with success")
                except urllib.error.HTTPError as e:
                    assert e.code == code, (path, e.code)
            declared = set()
            for line in get(cluster, node, "/metrics").splitlines():
                if line.startswith("# TYPE "):
                    declared.add(line.split()[2])
                elif not line.startswith("#"):
                    sample = re.fullmatch(r'([a-z_]+)(\{([a-z_]+="(?:[^"\\]|\\.)*",?)*\})? (-?[0-9.e+]+|NaN)', line)
                    assert sample, f"not the Prometheus text format: {line}"
                    assert sample[1] in declared, f"no TYPE before: {line}"
            assert "weir_partition_high_watermark" in declared


def stream():
    """Deltas follow a snapshot without a gap, and a browser that comes back gets only what it missed."""
    with Cluster(3) as cluster:
        live = Live(cluster, 1)
        live.subscribe("topics")
        first = live.next("snapshot")
        items, seq = {}, first["seq"]
        apply(items, first)
        create_topic(cluster, "one", 1)
        while "topic/one" not in items:
            delta = live.next("delta")
            assert delta["prev"] == seq, (delta["prev"], seq)
            seq = delta["seq"]
            apply(items, delta)
        live.close()
        create_topic(cluster, "two", 1)
        # Somebody looks, so that the change is noticed while the first is away.
        other = Live(cluster, 1)
        other.subscribe("topics")
        wait_for("the second topic", 20, lambda: "topic/two" in other.next("snapshot").get("items", {}) or "topic/two" in other.next("delta")["set"], every=0)
        other.close()
        again = Live(cluster, 1)
        assert again.hello["epoch"] == live.hello["epoch"]
        again.subscribe("topics", from_seq=seq, epoch=live.hello["epoch"])
        message = json.loads(again.socket.recv())
        while "topic/two" not in items:
            assert message["op"] == "delta" and message["prev"] <= seq, message
            apply(items, message)
            if "topic/two" not in items:
                message = again.next("delta")
        again.close()


def death():
    """A node is killed: the page of another shows it down, its partitions led by others, and both as events; then it comes back."""
    with Cluster(3) as cluster:
        for topic in ("in", "out"):
            create_topic(cluster, topic, 1)
        live = Live(cluster, 1)
        live.subscribe("cluster")
        items = {}
        apply(items, live.next("snapshot"))

        def follow(what, holds):
            limit = time.monotonic() + 30
            while not holds():
                assert time.monotonic() < limit, f"not seen on the stream: {what}"
                apply(items, live.next("delta"))

        follow("three live nodes", lambda: all(items.get(f"node/{n}", {}).get("alive") for n in (1, 2, 3)))
        started = time.monotonic()
        cluster.kill(3)
        follow("node 3 down", lambda: not items["node/3"]["alive"])
        say(f"node 3 shown down {time.monotonic() - started:.2f} s after its death")
        follow("the event", lambda: any(e.get("kind") == "node_down" for k, e in items.items() if k.startswith("event/")))
        partitions = json.loads(get(cluster, 1, "/v1/partitions"))["partitions"]
        assert all(p["leader"] in (1, 2) for p in partitions), partitions
        cluster.start(3)
        follow("node 3 up", lambda: items["node/3"]["alive"])
        live.close()


def latency():
    """From a window's closing record to its row on the stream of a node."""
    with Cluster(3) as cluster:
        windows_job.start_job(cluster)
        live = Live(cluster, 2)
        live.subscribe("series", params={"range_ms": 600_000})
        arrived, doubled, over = {}, [], threading.Event()

        def listen():
            live.socket.settimeout(0.5)
            while not over.is_set():
                try:
                    message = json.loads(live.socket.recv())
                except websocket.WebSocketTimeoutException:
                    continue
                now = time.perf_counter()
                for row in message.get("rows", []) + [c for c in message.get("changes", []) if isinstance(c, list)]:
                    total = row[-1][-1]
                    if total in arrived:
                        doubled.append(total)
                    arrived[total] = now

        listener = threading.Thread(target=listen)
        listener.start()
        sent = windows_job.close_windows(cluster, WINDOWS)
        try:
            wait_for("every window's row", 30, lambda: len(arrived) >= WINDOWS)
        finally:
            over.set()
            listener.join()
        live.close()
        assert sorted(arrived) == list(range(WINDOWS)) and not doubled, (sorted(arrived)[:5], doubled[:5])
        windows_job.report("row on the live stream", sent, arrived, WINDOWS)


main([documents, stream, death, latency])
