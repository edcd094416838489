"""Power cut of all three nodes: their data directories lie on file systems of a loop device that are shut down without a flush
(EXT4_IOC_SHUTDOWN, as the xfstests do it), while idempotent acks=all producers run. After mounting again nothing acknowledged
may be missing. Needs root and loop devices; says so and is counted as skipped otherwise.

    power_cut_test.py [--rounds 2]"""
import argparse
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from harness import Cluster, run, say, wait_for
from load import Load, create_topic, full_isr, verify

SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2  # linux: EXT4_IOC_SHUTDOWN = _IOR('X', 125, __u32), EXT4_GOING_FLAGS_NOLOGFLUSH
TOPIC, PARTITIONS = "cut", 12


class Disk:
    """An ext4 on a loop device. What was not synced to it before `cut` is gone after `mount`, as with a real disk whose power fails:
    the file system stops at once, the page cache is dropped by unmounting."""

    def __init__(self, folder, mib=1500):
        self.image, self.mount_point = os.path.join(folder, "disk.img"), os.path.join(folder, "disk")
        with open(self.image, "wb") as f:
            f.truncate(mib << 20)
        run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image])
        os.mkdir(self.mount_point)
        self.mount()

    def mount(self):
        run(["mount", "-o", "loop", self.image, self.mount_point])

    def cut(self):
        fd = os.open(self.mount_point, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def unmount(self):
        wait_for("umount", 20, lambda: run(["umount", self.mount_point], check=False).returncode == 0, 0.2)


def skip(why):
    say(f"skipped: {why}")
    sys.exit(77)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=2)
    a = p.parse_args()
    if os.geteuid() != 0:
        skip("mounting a loop device needs root")
    folder = tempfile.mkdtemp(prefix="weir-power-cut-")
    disk = None
    try:
        try:
            disk = Disk(folder)
        except (RuntimeError, OSError, subprocess.SubprocessError) as e:
            skip(f"no loop device here: {str(e).splitlines()[-1]}")
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
    finally:
        if disk and os.path.ismount(disk.mount_point):
            disk.unmount()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
