"""A machine with its own kernel in a process (user-mode Linux), for tests of encrypted disks and power cuts.

Its root file system is this machine's, read-only; what a script writes goes into memory or onto the disks it is given.
Ending the process is the power cut."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

PROGRAM: Final = "linux.uml"
ROOT: Final = Path(__file__).resolve().parents[2]
_NEEDED: Final = (PROGRAM, "cryptsetup", "modprobe", "mkfs.ext4")
_MODULES: Final = "aes_ti cbc ecb xts hmac algif_skcipher algif_hash dm-crypt softdog"
_BEGIN: Final = """#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8
mount -t proc proc /proc; mount -t sysfs sys /sys
for place in /run /dev/shm; do mount -t tmpfs tmpfs $place; done 2>/dev/null
# A checkout may itself lie in /tmp, which is to be empty and writable here.
mkdir /run/checkout && mount --bind {checkout} /run/checkout
mount -t tmpfs tmpfs /tmp
mkdir -p {checkout} 2>/dev/null && mount --bind /run/checkout {checkout}
mkdir -p /run/cryptsetup /tmp/modules/lib/modules /tmp/state
ln -s /usr/lib/uml/modules/$(uname -r) /tmp/modules/lib/modules/$(uname -r)
for module in {modules}; do modprobe -d /tmp/modules $module 2>/dev/null; done
mount --bind /tmp/state /var/lib
echo MACHINE-BEGINS
(
{script}
)
echo "MACHINE-ENDS $?"
sync
poweroff -f
"""


def missing() -> str:
    """Why no such machine can be started here; "" where one can."""
    lacking = [name for name in _NEEDED if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if lacking:
        return f"{', '.join(lacking)} not installed: apt install user-mode-linux cryptsetup-bin kmod e2fsprogs"
    return "" if os.geteuid() == 0 else "needs root"


class Machine:
    """One start of a machine that runs a script of the shell and goes off. Disk n is /dev/ubda, ubdb, …"""

    def __init__(self, folder: Path, script: str, disks: list[Path], memory_mb: int = 512) -> None:
        self._console = folder / "console.log"
        start = folder / "init.sh"
        start.write_text(
            _BEGIN.replace("{modules}", _MODULES).replace("{checkout}", str(ROOT)).replace("{script}", script)
        )
        start.chmod(0o700)
        drives = [f"ubd{number}={disk}" for number, disk in enumerate(disks)]
        argv = [
            PROGRAM, f"mem={memory_mb}M", *drives, "rootfstype=hostfs", "root=/dev/none", "rootflags=/", "ro", "quiet",
            f"init={start}", "con=null", "con0=null,fd:1",
        ]  # fmt: skip
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else str(folder)
        with self._console.open("wb") as console:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "TMPDIR": memory},
            )  # fmt: skip

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def said(self) -> str:
        """What the script has printed until now."""
        return self._console.read_text(errors="replace").rpartition("MACHINE-BEGINS")[2]

    def has_ended(self) -> bool:
        """Whether it has gone off."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> str:
        """What the script printed, once the machine has gone off. Raises TimeoutExpired."""
        self._process.wait(seconds)
        return self.said()

    def cut(self) -> None:
        """Take its power away. Every process of its own ends with it."""
        if not self.has_ended():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
