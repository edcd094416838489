"""A small disk of a test's own: an ext4 on a loop device. Needs root and loop devices; the test counts as skipped otherwise."""
import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from harness import run, say, wait_for

SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2  # linux: EXT4_IOC_SHUTDOWN = _IOR('X', 125, __u32), EXT4_GOING_FLAGS_NOLOGFLUSH


class Disk:
    """An ext4 on a loop device. What was not synced to it before `cut` is gone after `mount`, as with a real disk whose power fails:
    the file system stops at once, the page cache is dropped by unmounting."""

    def __init__(self, folder, mib):
        self.image, self.mount_point = os.path.join(folder, "disk.img"), os.path.join(folder, "disk")
        with open(self.image, "wb") as f:
            f.truncate(mib << 20)
        run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image])
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


@contextlib.contextmanager
def disk_or_skip(mib):
    """A mounted Disk of so many MiB; unmounted and gone afterwards."""
    if os.geteuid() != 0:
        skip("mounting a loop device needs root")
    folder = tempfile.mkdtemp(prefix="weir-disk-")
    disk = None
    try:
        try:
            disk = Disk(folder, mib)
        except (RuntimeError, OSError, subprocess.SubprocessError) as e:
            skip(f"no loop device here: {str(e).splitlines()[-1]}")
        yield disk
    finally:
        if disk and os.path.ismount(disk.mount_point):
            disk.unmount()
        shutil.rmtree(folder, ignore_errors=True)
