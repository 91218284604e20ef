"""A country of lab hosts: which machines, their inventory, and the playbooks run on them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diwan_lab.command import diwan, program
from diwan_lab.hosts import network
from diwan_lab.hosts.base import LabUnavailable, bare_debian
from diwan_lab.hosts.host import Host
from diwan_lab.machine import CACHE

ROOT: Final = Path(__file__).resolve().parents[3]
PROVISIONING: Final = ROOT / "provisioning"
STATE: Final = "lab.json"
LONGEST_S: Final = 900.0
SSH_OF_A_LAB: Final = (
    "-o ControlMaster=auto -o ControlPersist=30s -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
    " -o StrictHostKeyChecking=accept-new"
)


@dataclass
class Country:
    """The hosts of one lab and where their things are kept."""

    folder: Path
    suite: str
    network: network.Network
    hosts: dict[str, Host] = field(default_factory=dict)

    @property
    def key(self) -> Path:
        """The technician's SSH key of this lab."""
        return self.folder / "technician"

    @property
    def bundle(self) -> Path:
        """The bundle its machines are made from."""
        return self.folder / "bundle"

    @property
    def land(self) -> Path:
        """The technician's folder of the country."""
        return self.folder / "land"

    @property
    def inventory(self) -> Path:
        """What the playbooks read."""
        return self.land / "country.yml"

    def add(self, name: str) -> Host:
        """Prepare one more host and boot it."""
        address = self.network.address(len(self.hosts) + 1)
        host = Host(
            name, self.folder / "hosts" / name, bare_debian(self.suite), self.network.bridge, address,
            self.network.gateway, self.key,
        )  # fmt: skip
        host.prepare()
        self.hosts[name] = host
        self.save()
        host.start()
        return host

    def write_inventory(self, posts: Sequence[str], laptops: Sequence[str] = ()) -> None:
        """The inventory of a centre, these posts and technicians' laptops, as `provision new` writes it."""
        shutil.rmtree(self.land, ignore_errors=True)
        arguments: list[str | Path] = ["--country", "XA", "--administration", "Customs of Example Country"]
        arguments += ["--domain", "customs.example", "--key", self.key.with_suffix(".pub")]
        arguments += ["--network", str(self.network.network), "--central", self.hosts["central"].address]
        for number, name in enumerate(posts, 1):
            arguments += ["--post", f"Post {number},XA{number:03},{self.hosts[name].address}"]
        for name in laptops:
            arguments += ["--laptop", f"{name},technician,{self.hosts[name].address}"]
        diwan("provision", "new", self.land, *arguments)

    def set_up(self, *playbooks: str, seconds: float = 1800) -> str:
        """What a technician runs: `diwan provision run`; what it printed. Raises PlayFailed."""
        argv = [program(), "provision", "run", str(self.land), *playbooks, "--bundle", str(self.bundle)]
        return self._ran(argv, seconds)

    def play(self, playbook: str, *arguments: str, seconds: float = 1800) -> str:
        """Run one of the playbooks with Ansible's own options; what it printed. Raises PlayFailed."""
        return self._ran(self._argv(playbook, arguments), seconds)

    def _ran(self, argv: Sequence[str], seconds: float) -> str:
        done = subprocess.run(
            argv, env=self._environment(), capture_output=True, text=True, timeout=seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            what = " ".join(Path(word).name for word in argv[:6])
            raise PlayFailed(f"{what} failed:\n{(done.stdout + done.stderr)[-6000:]}")
        return done.stdout

    def interrupt(self, playbook: str, at: str) -> None:
        """Begin a playbook, and end it as a laptop's empty battery would when it prints `at`. Raises PlayFailed where
        it ends before that."""
        process, log = self._begin(playbook, ())
        try:
            self._wait_for(at, process, log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def fail(self, playbook: str, at: str = "", disturb: Callable[[], None] | None = None, *arguments: str) -> str:
        """Run a playbook that cannot succeed, with what disturbs it when it prints `at`; what it printed. Raises
        PlayFailed where it succeeds all the same."""
        process, log = self._begin(playbook, arguments)
        try:
            if disturb is not None:
                self._wait_for(at, process, log)
                disturb()
            process.wait(LONGEST_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said = log.read_text(errors="replace")
        if process.returncode == 0:
            raise PlayFailed(f"playbook {playbook} succeeded although it was disturbed:\n{said[-4000:]}")
        return said

    def _begin(self, playbook: str, arguments: Sequence[str]) -> tuple[subprocess.Popen[bytes], Path]:
        log = self.folder / "disturbed.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self._argv(playbook, arguments), env=self._environment(), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        return process, log

    @staticmethod
    def _wait_for(at: str, process: subprocess.Popen[bytes], log: Path) -> None:
        end = time.monotonic() + LONGEST_S
        while at not in (said := log.read_text(errors="replace")):
            if process.poll() is not None or time.monotonic() > end:
                raise PlayFailed(f"the playbook never came to {at!r}:\n{said[-4000:]}")
            time.sleep(0.2)

    @staticmethod
    def _own(name: str) -> str:
        return str(Path(sys.executable).with_name(name))

    def _argv(self, playbook: str, arguments: Sequence[str]) -> list[str]:
        play = str(PROVISIONING / "playbooks" / f"{playbook}.yml")
        bundle = f"diwan_bundle_folder={self.bundle}"
        return [self._own("ansible-playbook"), "-i", str(self.inventory), play, "-e", bundle, *arguments]

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "ANSIBLE_CONFIG": str(PROVISIONING / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.folder / "ansible"), "LC_ALL": "C.UTF-8",
            "ANSIBLE_PRIVATE_KEY_FILE": str(self.key),
            "ANSIBLE_SSH_ARGS": f"{SSH_OF_A_LAB} -o UserKnownHostsFile={self.folder / 'known_hosts'}",
        }  # fmt: skip

    def save(self) -> None:
        """Write down what was made, so that another process can end it."""
        plain = {
            "suite": self.suite, "bridge": self.network.bridge, "network": str(self.network.network),
            "hosts": {name: host.address for name, host in self.hosts.items()},
        }  # fmt: skip
        (self.folder / STATE).write_text(json.dumps(plain, indent=1) + "\n")

    def remove(self) -> None:
        """End every host and delete the lab's folder; the bare Debian and fetched packages stay for the next lab."""
        for host in self.hosts.values():
            host.remove()
        network.remove(self.network)
        shutil.rmtree(self.folder, ignore_errors=True)


class PlayFailed(Exception):
    """A playbook ended with an error; the message holds the end of what it printed."""


def create(folder: Path, suite: str = "bookworm") -> Country:
    """Begin a lab in an empty folder: network and key. Raises LabUnavailable."""
    if (folder / STATE).exists():
        raise LabUnavailable(f"{folder} holds a lab already: end it with `diwan lab down --dir {folder}`")
    bare_debian(suite)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Country(folder.resolve(), suite, network.create(folder.resolve()))
    made.save()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made.key)], check=True)
    return made


def load(folder: Path) -> Country:
    """A lab that another process made. Raises LabUnavailable."""
    import ipaddress

    folder = folder.resolve()
    try:
        plain = json.loads((folder / STATE).read_text())
    except (OSError, ValueError) as error:
        raise LabUnavailable(f"{folder} holds no lab: start one with `diwan lab up --dir {folder}`") from error
    net = network.Network(plain["bridge"], ipaddress.IPv4Network(plain["network"]))
    found = Country(folder, plain["suite"], net)
    for name, address in plain["hosts"].items():
        found.hosts[name] = Host(
            name, folder / "hosts" / name, bare_debian(found.suite), net.bridge, address, net.gateway, found.key
        )
    return found


def make_bundle(country: Country) -> None:
    """The bundle for this lab's kind of machine, from this source tree; what was fetched is kept for the next."""
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    diwan(
        "bundle", "make", country.bundle, "--target", f"{country.suite}-{architecture}", "--key", country.key,
        "--source", ROOT, "--home", CACHE / "bundle", seconds=900,
    )  # fmt: skip
