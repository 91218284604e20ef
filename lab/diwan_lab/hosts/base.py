"""The bare Debian with which lab hosts begin: as an installer leaves it, with SSH and nothing of ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from diwan_lab.machine import CACHE

INCLUDED: Final = (
    "ca-certificates", "dbus", "iproute2", "openssh-server", "python3", "sudo", "systemd", "systemd-sysv", "udev",
)  # fmt: skip
SUITES: Final = ("bookworm", "trixie")
ISOLATED: Final = "/etc/systemd/network/10-lab.network"


class LabUnavailable(Exception):
    """The lab cannot run here; the text says why and the remedy."""


def require_programs() -> None:
    """Raises LabUnavailable where not root, or a program is missing."""
    if os.geteuid() != 0:
        raise LabUnavailable("the lab starts containers and needs root: start it with sudo")
    for program, package in (("mmdebstrap", "mmdebstrap"), ("systemd-nspawn", "systemd-container"), ("ip", "iproute2")):
        if shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is None:
            raise LabUnavailable(f"the lab needs {program}: apt install {package}")


def bare_debian(suite: str) -> Path:
    """A folder with the bare system, made once (20 to 40 s) and kept; hosts are copies on write of it."""
    require_programs()
    mark = hashlib.sha256(" ".join((suite, *INCLUDED)).encode()).hexdigest()[:12]
    folder = CACHE / f"host-{suite}-{mark}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = folder.with_name(f"{folder.name}.{os.getpid()}")
    argv = ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(INCLUDED)}", "--format=directory"]
    done = subprocess.run([*argv, suite, str(scratch)], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(scratch, ignore_errors=True)
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabUnavailable(f"a bare Debian {suite} cannot be made: {last}. The lab needs Debian's packages once.")
    (scratch / "etc/resolv.conf").unlink(missing_ok=True)
    (scratch / "etc/resolv.conf").write_text("# the lab has no names outside\n")
    for key in (scratch / "etc/ssh").glob("ssh_host_*"):
        key.unlink()  # each host makes its own
    try:
        scratch.rename(folder)
    except OSError:  # another lab was faster
        shutil.rmtree(scratch)
    return folder
