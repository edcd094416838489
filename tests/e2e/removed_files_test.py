"""Somebody removes a running node's files: its directory, one partition's, the journal alone. Writes and syncs of a file without a name
succeed, so the node has to look: within about a second it says what is gone and ends with an error, others lead, and nothing that was
acknowledged is missing. With an empty directory it comes back and catches up.

    removed_files_test.py [-k directory|partition|journal]"""
import os
import shutil
import time

from harness import WEIR, Cluster, gone, main, run, say, wait_for
from load import Load, create_topic, full_isr, partitions_of, verify

TOPIC, PARTITIONS, NOTICED = "gone", 6, 4.0  # seconds; the node looks once a second, the rest is for a busy machine


def taken_away(what, led, start_anew):
    """`what(data directory)` takes files away from the leader of partition 0, or from a node that does not lead it."""
    with Cluster(3) as cluster:
        create_topic(cluster, TOPIC, PARTITIONS)
        leader = partitions_of(cluster, TOPIC)[0]["leader"]
        node = leader if led else leader % 3 + 1
        data = os.path.join(cluster.dir, f"data-{node}")
        with Load(cluster, TOPIC, PARTITIONS, rate=1500) as load:
            time.sleep(2)
            t = time.monotonic()
            missing = what(data)
            wait_for(f"the end of node {node}", 20, lambda: gone(cluster.known[node]), 0.01)
            took = time.monotonic() - t
            acks = load.next_ack(t + took, range(PARTITIONS), 30)
            say(f"node {node} ended {took:.2f} s after {missing} was gone; next acks after {1000 * max(acks.values()):.0f} ms at most")
            assert took < NOTICED, took
            with open(os.path.join(cluster.dir, f"node-{node}.log"), errors="replace") as f:
                said = [line for line in f if " ERROR " in line]
            assert any(data in line and "is offline" in line and missing in line and "start it again" in line for line in said), said
            assert any("this node ends" in line for line in said), said
            wait_for("the others without it", 10, lambda: all(row["leader"] not in (node, -1) and node not in row["isr"]
                                                              for row in partitions_of(cluster, TOPIC).values()))
            time.sleep(1)
            start_anew(cluster, node, data)
            t = time.monotonic()
            cluster.start(node)
            full_isr(cluster, TOPIC, PARTITIONS)
            say(f"node {node} is in every ISR {time.monotonic() - t:.2f} s after its start")
            time.sleep(1)
            load.finish()
        verify(cluster, TOPIC, load.acked, load.errors)


def whole(data):
    shutil.rmtree(data, ignore_errors=True)  # what the node makes meanwhile is left to the second
    shutil.rmtree(data, ignore_errors=True)
    return data


def one_partition(data):
    path = os.path.join(data, f"{TOPIC}-0")
    shutil.rmtree(path)
    return path


def with_what_is_left(*_): pass
def with_nothing(cluster, node, data): whole(data)


def not_without_journal(cluster, node, data):
    refused = run([WEIR, "cluster", "start", node, "--dir", cluster.dir], check=False)
    assert refused.returncode == 1 and "commit.journal is missing" in refused.stdout, refused.stdout
    whole(data)


def journal(data):
    path = os.path.join(data, "commit.journal")
    os.remove(path)
    return path


def directory_test():
    """rm -rf of the directory of a leader."""
    taken_away(whole, True, with_nothing)


def partition_test():
    """rm -rf of one partition's directory at its leader; the rest of the node's files stay."""
    taken_away(one_partition, True, with_what_is_left)


def journal_test():
    """The journal of a follower unlinked. Without it the directory is refused; the node gets an empty one."""
    taken_away(journal, False, not_without_journal)


if __name__ == "__main__":
    main([directory_test, partition_test, journal_test])
