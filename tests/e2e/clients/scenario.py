"""What the Python client programs share: flags, the records, and when members come and go (see ../go/scenario/scenario.go).

A program prints "r MEMBER PARTITION OFFSET INDEX" for each record processed and "j MEMBER TOTAL PARTITIONS" for each assignment."""
import argparse
import sys
import threading
import time

FILLER = ("the river measures itself " * 4)[:92].encode()


class Run:
    def __init__(self):
        p = argparse.ArgumentParser()
        p.add_argument("--bootstrap", required=True)
        p.add_argument("--topic", required=True)
        p.add_argument("--codec", default="none")
        p.add_argument("--count", type=int, default=100000)
        p.add_argument("--partitions", type=int, default=6)
        self.args = a = p.parse_args()
        self.bootstrap, self.topic, self.codec, self.count, self.partitions = a.bootstrap, a.topic, a.codec, a.count, a.partitions
        self.lock, self.lines, self.total, self.b_got = threading.Lock(), [], 0, 0
        self.b_join, self.b_leave, self.done = threading.Event(), threading.Event(), threading.Event()

    def record(self, member, partition, offset, value):
        """Notes a processed record; a goes slowly while b has not got its share, so that the rebalance falls into the middle."""
        with self.lock:
            self.lines.append(f"r {member} {partition} {offset} {value[:8].decode()}\n")
            self.total += 1
            if self.total == self.count // 5:
                self.b_join.set()
            if member == "b":
                self.b_got += 1
            if self.b_got >= self.count // 10 or self.b_got and self.total >= self.count * 7 // 10:
                self.b_leave.set()
            if self.total >= self.count:
                self.done.set()
            slow = member == "a" and self.total > self.count // 5 and self.b_got == 0 and self.total % 100 == 0
        if slow:
            time.sleep(2500 / self.count)

    def joined(self, member, partitions):
        with self.lock:
            self.lines.append(f"j {member} {self.total} {sorted(partitions)}\n")

    def members(self, member, limit=100):
        """Runs member(name, leave event) for a and b in threads until all records are processed."""
        failed = []

        def body(name, begin, leave):
            try:
                while begin and not begin.wait(0.2):
                    if failed or self.done.is_set():
                        return
                member(name, leave)
            except BaseException as e:
                failed.append(f"{name}: {e!r}")
                self.done.set()
                self.b_leave.set()
        threads = [threading.Thread(target=body, args=("a", None, self.done), daemon=True),
                   threading.Thread(target=body, args=("b", self.b_join, self.b_leave), daemon=True)]
        for t in threads:
            t.start()
        end = time.monotonic() + limit
        for t in threads:
            t.join(max(0, end - time.monotonic()))
            if t.is_alive():
                failed.append(f"not finished in {limit} s: {self.total} of {self.count} processed")
                break
        sys.stdout.writelines(self.lines)
        sys.stdout.flush()
        if failed:
            sys.exit("; ".join(failed))


def value(i):
    return b"%08d" % i + FILLER
