"""One systemd host: a copy on write of the bare Debian, in a container. Playbooks reach it by SSH, tests directly."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from diwan_lab.hosts.base import ISOLATED, LabUnavailable
from diwan_lab.machine import Said

UP_S: Final = 90.0
STOP_S: Final = 20.0
INSIDE: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Host:
    """Where a host lives. Its folder holds its writes, its mount point, its console and its process id."""

    name: str
    folder: Path
    base: Path
    bridge: str
    address: str
    gateway: str
    key: Path

    @property
    def root(self) -> Path:
        """The host's file system while it runs."""
        return self.folder / "root"

    def prepare(self) -> None:
        """Lay the host's own layer over the base: name, network, the lab's SSH key."""
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._mount()
        self._write("etc/hostname", f"{self.name}\n")
        self._write("etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n")
        self._write("etc/machine-id", "")
        self._write(
            ISOLATED.lstrip("/"),
            f"[Match]\nName=host0\n[Network]\nAddress={self.address}/24\nGateway={self.gateway}\nDHCP=no\n",
        )
        self._write("root/.ssh/authorized_keys", self.key.with_suffix(".pub").read_text(), 0o600)
        subprocess.run(["ssh-keygen", "-q", "-A", "-f", str(self.root)], check=True)
        for unit, target in (("systemd-networkd", "multi-user"), ("ssh", "multi-user")):
            wants = self.root / f"etc/systemd/system/{target}.target.wants/{unit}.service"
            wants.parent.mkdir(parents=True, exist_ok=True)
            wants.unlink(missing_ok=True)
            wants.symlink_to(f"/lib/systemd/system/{unit}.service")

    def start(self) -> None:
        """Boot it and wait until SSH runs. Raises LabUnavailable with the end of its console."""
        self._mount()
        console = self.folder / "console"
        argv = ["systemd-nspawn", "-q", "-D", str(self.root), "--boot", f"--machine={self._machine}"]
        argv += ["--register=no", "--keep-unit", f"--network-bridge={self.bridge}", "--console=read-only"]
        argv += ["--link-journal=no", "--resolv-conf=off"]
        with console.open("wb") as output:
            nspawn = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )  # fmt: skip
        (self.folder / "pid").write_text(str(nspawn.pid))
        if (
            not _until(lambda: nspawn.poll() is not None or self.run("systemctl is-active ssh", 10).code == 0, UP_S)
            or nspawn.poll() is not None
        ):
            last = console.read_text(errors="replace")[-400:]
            self.cut()
            raise LabUnavailable(f"host {self.name} does not come up: {last}")

    def run(self, command: str, seconds: float = 300) -> Said:
        """Run a shell command as root inside, beside SSH: root may not sign in to a machine that is set up."""
        inside = self.entering()
        if inside is None:
            return Said(255, "", f"host {self.name} is not running")
        try:
            done = subprocess.run(
                [*inside, "/bin/sh", "-c", command], capture_output=True, text=True, timeout=seconds, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Said(255, "", f"no answer within {seconds:.0f} s")
        return Said(done.returncode, done.stdout, done.stderr)

    def entering(self) -> list[str] | None:
        """The beginning of a command line that runs what follows inside, as root; None while it does not run."""
        process = self._process()
        leaders = psutil.Process(process).children() if process is not None else []
        if not leaders:
            return None
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"]
        environment = [f"PATH={INSIDE}", "HOME=/root", "LC_ALL=C.UTF-8", f"TERM={os.environ.get('TERM', 'dumb')}"]
        return ["nsenter", f"--target={leaders[0].pid}", *spaces, "env", "-i", "--chdir=/", *environment]

    def line(self, up: bool) -> None:
        """Pull its network cable, or plug it in again."""
        subprocess.run(["ip", "link", "set", f"vb-{self._machine}", "up" if up else "down"], check=True)

    def stop(self) -> None:
        """Shut it down as a person would, or after a while as a power cut would."""
        process = self._process()
        if process is not None:
            os.kill(process, signal.SIGTERM)
            if not _until(lambda: self._process() is None, STOP_S):
                self.cut()
        self._unmount()

    def cut(self) -> None:
        """Pull the plug: everything in it ends at once, nothing is written any more."""
        process = self._process()
        if process is not None:
            leaders = [child.pid for child in psutil.Process(process).children()]
            # The container's own first process goes first: it would outlive the one that started it.
            for number in (*leaders, process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            _until(lambda: self._process() is None, STOP_S)
        subprocess.run(["ip", "link", "del", f"vb-{self._machine}"], capture_output=True, check=False)
        self._unmount()

    @property
    def running(self) -> bool:
        """Whether its container is there."""
        return self._process() is not None

    def remove(self) -> None:
        """Stop it and delete all it wrote."""
        self.cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _machine(self) -> str:
        """Its name on this machine, short: an interface is named after it, in at most 15 characters."""
        return "dw" + "-".join(self.address.split(".")[2:])

    def _process(self) -> int | None:
        """The container's process, if it is still ours: the number may belong to another by now."""
        try:
            pid = int((self.folder / "pid").read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(self.root).encode() in words and state != "Z" else None

    def _mount(self) -> None:
        if os.path.ismount(self.root):
            return
        layers = f"lowerdir={self.base},upperdir={self.folder / 'upper'},workdir={self.folder / 'work'}"
        done = subprocess.run(
            ["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LabUnavailable(f"the file system of host {self.name} cannot be made: {done.stderr.strip()}")

    def _unmount(self) -> None:
        while os.path.ismount(self.root):
            if subprocess.run(["umount", "-l", str(self.root)], capture_output=True, check=False).returncode:
                return

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text)
        path.chmod(mode)


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
