"""Runs the playbooks on a country's machines, in the same way for the command `provision run` and for the menu."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from diwan_provisioning.bundle import BundleError, check
from diwan_provisioning.inventory.country import UnreadableCountry, read
from diwan_provisioning.inventory.new import FILE, VAULT, VAULT_KEY
from diwan_provisioning.place import provisioning_folder

LOG: Final = "technician.log"
KNOWN_HOSTS: Final = "known_hosts"
NEEDS_CENTRE: Final = ("site", "verify", "enrol")
"""Playbooks that speak with the centre when they are limited to other machines."""


class CannotRun(Exception):
    """A playbook was not started; the text says why and the remedy."""


def find_bundle(folder: Path, named: Path | None = None) -> Path:
    """The bundle somebody named; without it, the one in the country's folder, or the one beside it."""
    inside = folder / "bundle"
    return named or (inside if inside.is_dir() else folder.resolve().parent / "bundle")


@dataclass(frozen=True)
class Run:
    """Which playbooks, on which country, from which bundle."""

    folder: Path
    bundle: Path
    playbooks: Sequence[str]
    only: str = ""
    """The name of one machine; empty for all."""
    variables: Mapping[str, str] | None = None
    vault_key: Path | None = None
    """Where the vault's key is; without it, beside the inventory if it still is there."""

    def command(self) -> list[str]:
        """The command line of Ansible. Raises CannotRun."""
        playbooks = provisioning_folder() / "playbooks"
        for name in self.playbooks:
            if not (playbooks / f"{name}.yml").is_file():
                known = sorted(path.stem for path in playbooks.glob("*.yml"))
                raise CannotRun(f"there is no playbook {name!r}. There are: {', '.join(known)}.")
        if not (self.bundle / "bundle.json").is_file():
            raise CannotRun(
                f"{self.bundle} holds no bundle: copy it there, name another with --bundle, or make it where there is "
                f"internet: `diwan bundle make {self.bundle} --key ~/.ssh/id_ed25519`."
            )
        argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(self.folder / FILE)]
        argv += [str(playbooks / f"{name}.yml") for name in self.playbooks]
        argv += ["-e", f"diwan_bundle_folder={self.bundle.resolve()}"]
        key = self.vault_key or self.folder / VAULT_KEY
        if key.is_file() and (self.folder / VAULT).is_file():
            argv += ["-e", f"@{self.folder / VAULT}", "--vault-password-file", str(key)]
        elif self.vault_key:
            raise CannotRun(f"the vault's key {key} is not there. Plug in the stick you moved it to, or name it.")
        if self.only:
            with_centre = any(name in NEEDS_CENTRE for name in self.playbooks) and self.only != "central"
            argv += ["--limit", f"{self.only},central" if with_centre else self.only]
        for name, value in (self.variables or {}).items():
            argv += ["-e", f"{name}={value}"]
        return argv

    def unread_secrets(self) -> str:
        """What to tell a person where there are secrets and no key for them; empty otherwise."""
        if (self.folder / VAULT).is_file() and not (self.vault_key or self.folder / VAULT_KEY).is_file():
            return (
                f"{self.folder / VAULT} is not read, since {self.folder / VAULT_KEY} is not there. Where passphrases "
                "of disks or of wireless networks are needed, name the key with --vault-key."
            )
        return ""

    def check_bundle(self) -> str:
        """Refuse a bundle that none of the country's technicians signed, nor whoever runs this: what it holds becomes
        root on every machine. What to tell where it is of another release than the playbooks. Raises CannotRun."""
        own = sorted(Path("~/.ssh").expanduser().glob("*.pub"))
        try:
            keys = [str(key) for key in read(self.folder / FILE).variables.get("diwan_admin_keys") or []]
            keys += [line for path in own for line in path.read_text().splitlines()]
            released, ours = check(self.bundle, keys).version, version("diwan-provisioning")
        except (BundleError, UnreadableCountry, OSError) as error:
            text = str(error).replace("name their public key with --signer", "add their public key to diwan_admin_keys")
            raise CannotRun(f"nothing was touched: {text}") from error
        if released == ours:
            return ""
        return f"{self.bundle} is of release {released}, and these playbooks are of {ours}: use those of its release."

    def environment(self) -> dict[str, str]:
        """Ansible's settings, and the keys of hosts: the first key a machine shows is kept beside the inventory, and a
        machine that later shows another one is refused (RFC 4251, 4.1)."""
        known = self.folder.resolve() / KNOWN_HOSTS
        shared = "-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
        ssh = f'{shared} -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="{known}"'
        own = {"ANSIBLE_CONFIG": str(provisioning_folder() / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
        return own | {"ANSIBLE_SSH_ARGS": ssh} | os.environ


Start = Callable[[Sequence[str], Mapping[str, str]], int]
"""Starts a command line with an environment and waits for its exit code."""


def start_here(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command on this terminal."""
    return subprocess.run(argv, check=False, env=dict(environment)).returncode


def run(what: Run, start: Start = start_here) -> int:
    """Run it here and now, with a line in the log beside the inventory before and after; Ansible's exit code.

    Raises CannotRun, also where the bundle is not as a trusted person signed it."""
    argv = what.command()
    for told in (what.check_bundle(), what.unread_secrets()):
        if told:
            print(told, file=sys.stderr)
    note(what.folder, f"begins: {shlex.join(argv)}")
    try:
        code = start(argv, what.environment())
    except KeyboardInterrupt:
        note(what.folder, "interrupted")
        raise CannotRun(
            f"interrupted. What was begun is finished by running it again: `diwan provision run {what.folder}`."
        ) from None
    note(what.folder, f"ended with {code}")
    return code


def note(folder: Path, text: str) -> None:
    """Add a line to the technician's log; a log that cannot be written must not stop a repair."""
    try:
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")
    except OSError as error:
        print(f"(the log {folder / LOG} cannot be written: {error.strerror})", file=sys.stderr)
