"""A full disk: produces are refused with KAFKA_STORAGE_ERROR, the log says once what to do, reads and group commits go on, nothing
acknowledged is lost, and produces are taken again when there is room, without a restart and after one. The node's data directory is an ext4
on a loop device. Needs root and loop devices; says so and is counted as skipped otherwise.

    full_disk_test.py [-k floor|full]"""
import os
import sys
import time

import wire
from disk import disk_or_skip
from harness import WEIR, Cluster, gone, main, run, say, wait_for

TOPIC, STORAGE_ERROR = "full", 56
BATCHES = [wire.batch([os.urandom(1000) for _ in range(100)], timestamp=int(time.time() * 1000) + i) for i in range(4)]


class Node:
    """One node whose data lies on the disk, and what it acknowledged."""

    def __init__(self, disk, **settings):
        self.data = os.path.join(disk.mount_point, "data")
        self.cluster = Cluster(1, settings={"log.dirs": self.data, "weir.journal.bytes": 16 << 20, **settings})
        self.filler = os.path.join(disk.mount_point, "filler")
        self.mount_point = disk.mount_point
        self.acked = 0

    def __enter__(self):
        self.cluster.__enter__()
        with self.connect() as c:
            assert wire.create_topic(c, TOPIC) == 0
        return self

    def __exit__(self, *how): self.cluster.__exit__(*how)
    def connect(self): return wire.Conn(self.cluster.address(1))

    def free(self):
        s = os.statvfs(self.mount_point)
        return s.f_bavail * s.f_frsize

    def leave(self, free_bytes):
        """Another program's file takes all but so many bytes."""
        with open(self.filler, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, self.free() - free_bytes)
        say(f"{self.free() >> 10} KiB free")

    def produce(self, c):
        """The error code of one more batch; which one follows from its place, so that a reader knows what it must find."""
        error, base, _ = wire.produce(c, TOPIC, 0, BATCHES[self.acked % len(BATCHES)])
        if error == 0:
            assert base == 100 * self.acked, f"batch {self.acked} got offset {base}"
            self.acked += 1
        return error

    def produce_until_refused(self):
        with self.connect() as c:
            before = self.acked
            while (error := self.produce(c)) == 0:
                assert self.acked < before + 3000, "the disk never gets full"
        assert error == STORAGE_ERROR, f"error {error}"
        say(f"refused after {self.acked - before} batches of 100 KB, {self.free() >> 10} KiB free")

    def produce_again(self, batches=20):
        def accepted():
            with self.connect() as c:
                return self.produce(c) == 0
        t = time.monotonic()
        wait_for("produces are taken again", 10, accepted, 0.1)
        say(f"produces are taken again {time.monotonic() - t:.1f} s after there was room")
        with self.connect() as c:
            for _ in range(batches):
                assert self.produce(c) == 0

    def verify(self):
        """Everything acknowledged is there, byte for byte but for offset and epoch."""
        with self.connect() as c:
            at = 0
            while at < 100 * self.acked:
                _, _, found = wire.fetch(c, [(TOPIC, 0, at)], max_bytes=8 << 20, part_bytes=8 << 20)
                part = found[TOPIC, 0]
                assert part["error"] == 0, part["error"]
                rows = wire.batches_of(part["records"])
                assert rows, f"nothing at {at}, {100 * self.acked} were acknowledged"
                for i, row in enumerate(rows):
                    sent, got = BATCHES[row[0] // 100 % len(BATCHES)], part["records"][i * len(BATCHES[0]):]
                    assert row[0] == at and got[16:len(sent)] == sent[16:], f"another batch at {at}"
                    at += 100
        say(f"all {self.acked} acknowledged batches are there")

    def commit(self):
        with wire.Conn(self.cluster.address(1)) as c:
            wire.find_coordinator(c, "group")
            body = wire.W().str("group").i32(-1).str("").i64(-1)
            body.array([TOPIC], lambda t: body.str(t).array([0], lambda p: body.i32(p).i64(7).str("")))

            def done():
                r = c.call(wire.OFFSET_COMMIT, 2, body.done())
                error = r.array(lambda: (r.str(), r.array(lambda: (r.i32(), r.i16())[1]))[1])[0][0]
                assert error in (0, 14, 15, 16), f"commit answers {error}"
                return error == 0
            wait_for("a commit", 10, done, 0.1)

    def lines(self, words):
        return [l for f in self.cluster.log_files() for l in open(f, errors="replace") if words in l]


def floor_test():
    """Less free than weir.free.bytes.floor."""
    with disk_or_skip(256) as disk, Node(disk) as node:
        node.commit()
        node.leave(72 << 20)
        node.produce_until_refused()
        said = node.lines("produces are refused")
        assert len(said) == 1 and "Make room" in said[0], said
        assert node.free() > 40 << 20
        with node.connect() as c:
            assert wire.create_topic(c, "made-meanwhile") == 0
        node.commit()
        node.verify()
        os.remove(node.filler)
        node.produce_again()
        node.verify()
        assert len(node.lines("accepted again")) == 1


def full_test():
    """No byte is free."""
    with disk_or_skip(256) as disk, Node(disk, **{"weir.free.bytes.floor": 0}) as node:
        with node.connect() as c:
            for _ in range(200):
                assert node.produce(c) == 0
        time.sleep(1)
        node.leave(3 << 20)
        node.produce_until_refused()
        assert len(node.lines("the disk is full")) == 1, node.lines("the disk is full")
        node.verify()
        os.remove(node.filler)
        node.produce_again(200)
        node.verify()

        say("full again, and the process is killed")
        node.leave(1 << 20)
        node.produce_until_refused()
        node.cluster.kill(1)
        started = run([WEIR, "cluster", "start", "1", "--dir", node.cluster.dir], timeout=60, check=False)
        say(f"start on the full disk: exit {started.returncode}")
        if started.returncode:
            assert node.lines("make room"), "the start fails and does not say what to do"
        else:
            node.cluster.remember()
            node.verify()
            node.cluster.kill(1)
        os.remove(node.filler)
        node.cluster.start(1)
        node.produce_again()
        node.verify()

        say("full again, and the node is asked to stop")
        node.leave(1 << 20)
        node.produce_until_refused()
        pid, t = node.cluster.known[1], time.monotonic()
        run([WEIR, "cluster", "down", "--dir", node.cluster.dir], timeout=60, check=False)
        wait_for("the node's end", 20, lambda: gone(pid))
        say(f"stopped in {time.monotonic() - t:.1f} s")
        os.remove(node.filler)
        node.cluster.start(1)
        node.produce_again()
        node.verify()


if __name__ == "__main__":
    main([floor_test, full_test])
