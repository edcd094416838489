"""Power cut of all three nodes: their data directories lie on file systems of a loop device that are shut down without a flush
(EXT4_IOC_SHUTDOWN, as the xfstests do it), while idempotent acks=all producers run. After mounting again nothing acknowledged
may be missing. Needs root and loop devices; says so and is counted as skipped otherwise.

    power_cut_test.py [--rounds 2]"""
import argparse
import os
import sys
import time

from disk import disk_or_skip
from harness import Cluster, say
from load import Load, create_topic, full_isr, verify

TOPIC, PARTITIONS = "cut", 12


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=2)
    a = p.parse_args()
    with disk_or_skip(1500) as disk:
        with Cluster(3, directory=disk.mount_point) as cluster:
            create_topic(cluster, TOPIC, PARTITIONS)
            acked = [[] for _ in range(PARTITIONS)]
            for turn in range(a.rounds):
                # A client that outlives the cut would send again what it has not seen acknowledged, which is its right; a fresh client
                # each round makes the check about acknowledged records only.
                load = Load(cluster, TOPIC, PARTITIONS, rate=3000)
                offset = [max((s for s, _ in rows), default=-1) + 1 + 1000000 * (turn > 0) for rows in acked]
                load.sent = list(offset)
                os.sync()  # the files of the harness and of a start long ago are on the disk; only the load's records are at stake
                with load:
                    time.sleep(4)
                    disk.cut()
                    cluster.kill_all()
                    load.stop_asked.set()
                load.producer.purge()
                load.producer.flush(5)
                for p_, rows in enumerate(load.acked):
                    acked[p_] += rows
                say(f"round {turn + 1}: power cut with {load.total()} records acknowledged in this round")
                disk.unmount()
                disk.mount()
                t = time.monotonic()
                cluster.start(1, 2, 3)
                full_isr(cluster, TOPIC, PARTITIONS)
                say(f"round {turn + 1}: all replicas in sync {time.monotonic() - t:.2f} s after the restart")
                verify(cluster, TOPIC, acked, [])
    return 0


if __name__ == "__main__":
    sys.exit(main())
