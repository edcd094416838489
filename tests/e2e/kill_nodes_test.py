"""kill -9, pause and total loss of nodes under idempotent acks=all load; nothing acknowledged may be lost, doubled or reordered.

    kill_nodes_test.py [--scenario one|all|pause] [--kills 30]

one:   kills single nodes in turn (leader of partition 0, controller, another), prints the time from the kill to the next ack for
       the partitions the node led and for those it only followed
all:   kills all three at once, restarts them; committed group offsets are never seen lower than they were acknowledged. A client that
       met a refused port comes back when its reconnect back-off ends: to 10 s in librdkafka, whatever we do; --reconnect-max sets it
pause: stops (SIGSTOP) each node for some seconds, then lets it go on. A frozen node keeps its connections, so how soon a client
       turns away from what the node led is its own request timeout: 60 s in librdkafka, set to 2 s here, of which it takes one to three

all and pause print beside it when a client that comes anew is served again: that is the cluster's own part."""
import argparse
import sys
import threading
import time

import wire
from harness import Cluster, say, wait_for
from load import Load, controller_of, create_topic, full_isr, partitions_of, served_again, show_times

TOPIC, PARTITIONS = "kills", 12
ANEW = "anew"  # for clients that come anew


def victim(cluster, turn, rows):
    leader, controller = rows[0]["leader"], controller_of(cluster)
    others = [n for n in range(1, cluster.n + 1) if n not in (leader, controller)] or [n for n in range(1, cluster.n + 1) if n != leader]
    return [(leader, "leader of partition 0"), (controller or leader, "controller"), (others[turn % len(others)], "another")][turn % 3]


def one(a):
    led_times, followed_times = [], []
    with Cluster(3) as cluster:
        create_topic(cluster, TOPIC, PARTITIONS)
        with Load(cluster, TOPIC, PARTITIONS) as load:
            for k in range(a.kills):
                rows = partitions_of(cluster, TOPIC)
                node, why = victim(cluster, k, rows)
                led = [p for p in rows if rows[p]["leader"] == node]
                followed = [p for p in rows if rows[p]["leader"] != node]
                t = cluster.kill(node)
                after = load.next_ack(t, range(PARTITIONS), 90)
                led_times += [after[p] for p in led]
                followed_times += [after[p] for p in followed]
                say(f"kill {k + 1}/{a.kills}, node {node} ({why}, led {len(led)}): next ack max "
                    f"{max([after[p] for p in led], default=0) * 1000:.0f} ms led, "
                    f"{max([after[p] for p in followed], default=0) * 1000:.0f} ms followed")
                cluster.start(node)
                full_isr(cluster, TOPIC, PARTITIONS)
                time.sleep(a.settle)
            load.finish()
            show_times("kill to next ack, partitions the node led", led_times)
            show_times("kill to next ack, partitions the node followed", followed_times)
            load.verify()


class Committer:
    """Commits growing offsets for one group on a bare socket and knows the highest that was acknowledged."""

    def __init__(self, cluster, group, topic):
        self.cluster, self.group, self.topic, self.acked = cluster, group, topic, -1
        self.stop_asked = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        c, offset = None, 0
        while not self.stop_asked.is_set():
            try:
                if c is None:
                    with wire.Conn(self.cluster.address(1), timeout=5) as any_node:
                        c = wire.Conn(wire.find_coordinator(any_node, self.group), timeout=5)
                w = wire.W()
                w.str(self.group).i32(-1).str("").i64(-1)
                w.array([self.topic], lambda t: w.str(t).array([0], lambda p: w.i32(p).i64(offset).str("")))
                r = c.call(wire.OFFSET_COMMIT, 2, w.done())
                error = r.array(lambda: (r.str(), r.array(lambda: (r.i32(), r.i16())))[1])[0][0][1]
                if error == 0:
                    self.acked, offset = offset, offset + 1
            except (OSError, wire.Closed, AssertionError):
                c = None
            time.sleep(0.003)


def committed(c, group, topic):
    """The committed offset, or None when the node gives an error (loading, not coordinator …)."""
    w = wire.W()
    w.str(group).array([topic], lambda t: w.str(t).array([0], w.i32))
    r = c.call(wire.OFFSET_FETCH, 5, w.done())
    r.i32()
    rows = r.array(lambda: (r.str(), r.array(lambda: (r.i32(), r.i64(), r.i32(), r.str(), r.i16())))[1])
    return rows[0][0][1] if r.i16() == 0 and rows[0][0][4] == 0 else None


def watch(cluster, group, topic, stop, seen):
    """Asks every node for the committed offset as early and as often as it answers."""
    conns = {}
    while not stop.is_set():
        for node in range(1, cluster.n + 1):
            try:
                if node not in conns:
                    conns[node] = wire.Conn(cluster.address(node), timeout=5)
                offset = committed(conns[node], group, topic)
                if offset is not None:
                    seen.append(offset)
            except (OSError, wire.Closed, ValueError, AssertionError):
                conns.pop(node, None)
        time.sleep(0.005)


def everything(a):
    own, whole = [], []
    with Cluster(3) as cluster:
        create_topic(cluster, TOPIC, PARTITIONS)
        create_topic(cluster, ANEW, PARTITIONS)
        with Load(cluster, TOPIC, PARTITIONS, **{"reconnect.backoff.max.ms": a.reconnect_max}) as load:
            for turn in range(a.rounds):
                committer = Committer(cluster, "kills-group", TOPIC)
                wait_for("commits", 30, lambda: committer.acked >= 100)
                cluster.kill_all()
                committer.stop_asked.set()
                committer.thread.join(20)
                promised, seen, stop = committer.acked, [], threading.Event()
                watcher = threading.Thread(target=watch, args=(cluster, "kills-group", TOPIC, stop, seen), daemon=True)
                watcher.start()
                t = time.monotonic()
                anew = served_again(cluster, ANEW, PARTITIONS)
                cluster.start(1, 2, 3)
                after = load.next_ack(t, range(PARTITIONS), 120)
                anew = anew()
                own += anew.values()
                whole += after.values()
                wait_for("committed offset", 60, lambda: seen)
                time.sleep(1)
                stop.set()
                watcher.join(20)
                say(f"round {turn + 1}: all killed; restart to next ack {max(after.values()) * 1000:.0f} ms on the last partition, "
                    f"{max(anew.values()) * 1000:.0f} ms for a client that comes anew; "
                    f"committed offset {promised} acknowledged, lowest seen after {min(seen)} in {len(seen)} answers")
                if min(seen) < promised:
                    if cluster.peer == "weir":
                        raise AssertionError(f"committed offset went back: {promised} acknowledged, {min(seen)} seen")
                    say("(Apache Kafka may show older committed offsets for a moment; ours must not)")
                full_isr(cluster, TOPIC, PARTITIONS)
            load.finish()
            show_times(f"restart to next ack, reconnect.backoff.max.ms {a.reconnect_max}", whole)
            show_times("restart to next ack, clients that come anew", own)
            load.verify()


def pause(a):
    times, followed_times, own, own_followed = [], [], [], []
    with Cluster(3) as cluster:
        create_topic(cluster, TOPIC, PARTITIONS)
        create_topic(cluster, ANEW, PARTITIONS)
        with Load(cluster, TOPIC, PARTITIONS, **{"socket.timeout.ms": a.client_timeout}) as load:
            time.sleep(5)  # nodes that know each other for a while
            for node in [n for _ in range(a.rounds) for n in (1, 2, 3)]:
                rows, new_rows, controller = partitions_of(cluster, TOPIC), partitions_of(cluster, ANEW), controller_of(cluster)
                t = time.monotonic()
                cluster.pause(node)
                anew = served_again(cluster, ANEW, PARTITIONS, avoid=(node,))
                try:
                    after = load.next_ack(t, range(PARTITIONS), 90)
                    led = [after[p] for p in rows if rows[p]["leader"] == node]
                    times += led
                    followed = [after[p] for p in rows if rows[p]["leader"] != node]
                    followed_times += followed
                    anew = anew()
                    new_led = [anew[p] for p in new_rows if new_rows[p]["leader"] == node]
                    new_followed = [anew[p] for p in new_rows if new_rows[p]["leader"] != node]
                    own += new_led
                    own_followed += new_followed
                    say(f"node {node} paused{' (controller)' if node == controller else ''}, led {len(led)}: next ack max "
                        f"{max(led, default=0) * 1000:.0f} ms led, {max(followed, default=0) * 1000:.0f} ms followed; a client that comes anew "
                        f"{max(new_led, default=0) * 1000:.0f} and {max(new_followed, default=0) * 1000:.0f} ms")
                    time.sleep(2)
                finally:
                    cluster.resume(node)
                full_isr(cluster, TOPIC, PARTITIONS)
            load.finish()
            show_times(f"pause to next ack, partitions the node led, socket.timeout.ms {a.client_timeout}", times)
            show_times("pause to next ack, partitions the node followed", followed_times)
            show_times("pause to next ack, partitions the node led, clients that come anew", own)
            show_times("pause to next ack, partitions the node followed, clients that come anew", own_followed)
            load.verify()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scenario", choices=["one", "all", "pause"], default="one")
    p.add_argument("--kills", type=int, default=30)
    p.add_argument("--settle", type=float, default=10, help="seconds from the full ISR to the next kill: librdkafka comes back to a restarted node "
                   "when its reconnect back-off (to 10 s) ends, and until then cannot reach a leader there")
    p.add_argument("--client-timeout", type=int, default=2000, help="pause: the client's socket.timeout.ms")
    p.add_argument("--reconnect-max", type=int, default=1000, help="all: the client's reconnect.backoff.max.ms (librdkafka: 10000)")
    p.add_argument("--rounds", type=int, default=None, help="all: 3, pause: 1")
    args = p.parse_args()
    args.rounds = args.rounds or {"all": 3}.get(args.scenario, 1)
    {"one": one, "all": everything, "pause": pause}[args.scenario](args)
    sys.exit(0)
