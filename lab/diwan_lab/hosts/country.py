"""A country of lab hosts: which machines, their inventory, and the playbooks run on them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diwan_lab.command import diwan
from diwan_lab.hosts import network
from diwan_lab.hosts.base import LabUnavailable, bare_debian
from diwan_lab.hosts.host import Host
from diwan_lab.machine import CACHE

ROOT: Final = Path(__file__).resolve().parents[3]
PROVISIONING: Final = ROOT / "provisioning"
STATE: Final = "lab.json"
SSH_OF_A_LAB: Final = "-o ControlMaster=auto -o ControlPersist=30s -o ServerAliveInterval=5 -o ServerAliveCountMax=3"


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
    def inventory(self) -> Path:
        """What the playbooks read."""
        return self.folder / "country.yml"

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
        """The inventory of a centre, these posts and technicians' laptops, as `provision new` would write it, plus what
        only a lab needs."""
        central = self.hosts["central"]
        variables = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            "diwan_country": "XA",
            "diwan_admin_keys": [self.key.with_suffix(".pub").read_text().strip()],
            "diwan_ssh_root_with_key": True,
            "diwan_console_networks": [str(self.network.network)],
            "diwan_bundle_folder": str(self.bundle),
        }
        plain: dict[str, Any] = {"all": {"vars": variables, "children": {
            "central": {"hosts": {"central": {
                "ansible_host": central.address, "diwan_label": "Headquarters", "diwan_public_name": central.address,
            }}},
            "posts": {"hosts": {
                name: {"ansible_host": self.hosts[name].address, "diwan_label": f"Post {number}",
                       "diwan_office": f"XA{number:03}"}
                for number, name in enumerate(posts, 1)
            }},
            "laptops": {"hosts": {
                name: {"ansible_host": self.hosts[name].address, "diwan_laptop_kind": "technician"} for name in laptops
            }},
        }}}  # fmt: skip
        self.inventory.write_text(json.dumps(plain, indent=1) + "\n")  # JSON is YAML

    def play(self, playbook: str, *arguments: str, seconds: float = 1800) -> str:
        """Run one of the real playbooks; what it printed. Raises PlayFailed."""
        done = subprocess.run(
            self._argv(playbook, arguments), env=self._environment(), capture_output=True, text=True, timeout=seconds,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise PlayFailed(f"playbook {playbook} failed:\n{(done.stdout + done.stderr)[-4000:]}")
        return done.stdout

    def interrupt(self, playbook: str, at: str, seconds: float = 600) -> None:
        """Begin a playbook, and end it as a laptop's empty battery would when it prints `at`. Raises PlayFailed where
        it ends before that."""
        log = self.folder / "interrupted.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self._argv(playbook, ()), env=self._environment(), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            end = time.monotonic() + seconds
            while at not in log.read_text(errors="replace"):
                if process.poll() is not None or time.monotonic() > end:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise PlayFailed(
                        f"playbook {playbook} never came to {at!r}:\n{log.read_text(errors='replace')[-4000:]}"
                    )
                time.sleep(0.2)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @staticmethod
    def _own(name: str) -> str:
        return str(Path(sys.executable).with_name(name))

    def _argv(self, playbook: str, arguments: Sequence[str]) -> list[str]:
        play = str(PROVISIONING / "playbooks" / f"{playbook}.yml")
        return [self._own("ansible-playbook"), "-i", str(self.inventory), play, *arguments]

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "ANSIBLE_CONFIG": str(PROVISIONING / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.folder / "ansible"), "LC_ALL": "C.UTF-8", "ANSIBLE_SSH_ARGS": SSH_OF_A_LAB,
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
    made = Country(folder.resolve(), suite, network.create())
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
