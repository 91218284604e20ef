"""A freshly installed Debian as a folder: the base system, the network, and a clone of this project.

Commands run in a chroot inside a mount and process namespace of their own, so that mounts and processes end with the
command whatever happens. The base system is built once by mmdebstrap and kept.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
# Not in a temporary folder: whoever else is on the machine could put something there first.
CACHE = (Path("/var/cache") if os.geteuid() == 0 else Path("~/.cache").expanduser()) / "diwan-lab"
CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PIP_CERT": f"/{CERTIFICATES}",
}


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.strip().splitlines()[-1] if self.out.strip() else ""


def base_system(suite: str) -> Path:
    """The archive of a minimal Debian, built when it is not there yet (half a minute)."""
    archive = CACHE / f"{suite}.tar"
    if not archive.exists():
        CACHE.mkdir(exist_ok=True)
        scratch = archive.with_suffix(f".{os.getpid()}.tar")
        try:
            subprocess.run(
                ["mmdebstrap", "--mode=root", "--variant=minbase", "--include=ca-certificates", suite, str(scratch)],
                check=True,
                capture_output=True,
            )
            scratch.replace(archive)
        finally:
            scratch.unlink(missing_ok=True)
    return archive


class Machine:
    """One fresh machine in `folder`."""

    def __init__(self, suite: str, folder: Path) -> None:
        self.root = folder / suite
        self.root.mkdir()
        subprocess.run(["tar", "-xf", str(base_system(suite)), "-C", str(self.root)], check=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        # The network's own certificate authority, if it has one, is known to this host only.
        shutil.copy(Path("/") / CERTIFICATES, self.root / CERTIFICATES)

    def clone(self, where: str) -> None:
        """What a stranger gets: the committed files, nothing of this checkout's environment."""
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(self.root / where)], check=True)

    def run(self, command: str, seconds: float = 900) -> Said:
        """Run a shell command as root in the machine; every process it leaves is killed."""
        script = "mount -t tmpfs tmpfs /dev/shm 2>/dev/null || mkdir -p /dev/shm; " + command
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc"]
        return _call([*enter, "chroot", str(self.root), "/bin/sh", "-c", script], seconds)

    @contextmanager
    def booted(self) -> Iterator["Booted"]:
        """Boot it with systemd in a container that shares this host's network; powered off at the end."""
        argv = ["systemd-nspawn", "-q", "-D", str(self.root), "--boot", "--register=no", "--keep-unit"]
        argv += ["--resolv-conf=off", "--console=read-only", "--link-journal=no", f"--machine=diwan-{os.getpid()}"]
        nspawn = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )
        try:
            yield Booted(_first_child(nspawn.pid))
        finally:
            nspawn.terminate()
            try:
                nspawn.wait(30)
            except subprocess.TimeoutExpired:
                nspawn.kill()
                nspawn.wait()

    def remove(self) -> None:
        shutil.rmtree(self.root)


class Booted:
    """A machine whose systemd runs; `leader` is the process id of that systemd on this host."""

    def __init__(self, leader: int) -> None:
        self._enter = ["nsenter", "-t", str(leader), "-m", "-u", "-i", "-p", "-C", "/bin/sh", "-c"]
        _until(lambda: self.run("systemctl is-system-running").out.strip() in ("running", "degraded"), "booted")

    def run(self, command: str, seconds: float = 900) -> Said:
        """Run a shell command as root in it."""
        return _call([*self._enter, command], seconds)


def _call(argv: list[str], seconds: float) -> Said:
    done = subprocess.run(
        argv, capture_output=True, text=True, env=ENVIRONMENT, timeout=seconds, check=False, stdin=subprocess.DEVNULL
    )
    return Said(done.returncode, done.stdout, done.stderr)


def _first_child(parent: int) -> int:
    children = psutil.Process(parent).children
    _until(lambda: bool(children()), "started")
    return int(children()[0].pid)


def _until(holds: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the machine was not {what} after {seconds:.0f} s")
        time.sleep(0.3)
