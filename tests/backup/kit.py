"""A centre with cases, pictures and people, and its repositories in folders."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec
from diwan_backup.init import Begun, init
from diwan_backup.node_backups import NodeBackups
from diwan_backup.run import MadeArchive, make
from diwan_backup.verify import Verified, verify
from diwan_central import setup as central_setup
from diwan_central.network import console_certificates
from diwan_core.archives import settings as all_settings
from diwan_core.register import Edit, Register
from diwan_core.trust.consoles.console_limits import PRIVATE_RANGES
from diwan_core.trust.custodians import backup_keys
from diwan_core.trust.people.accounts import Accounts

from tests.exchange.network import case

PICTURES = [b"\x89PNG\r\n\x1a\n" + bytes([number]) * (20_000 + number) for number in range(3)]
PASSWORD = "a long pass phrase nobody else has 7"


def make_template(folder: Path) -> Path:
    """A centre with three cases, three pictures and a person who can sign in."""
    central_setup.create(folder, "Centre", "127.0.0.1", 18_883, "127.0.0.1", 0, web_tls="off")
    console_certificates.make(folder, (), PRIVATE_RANGES)
    with Register.open(folder, role="writer") as register:
        for number, picture in enumerate(PICTURES):
            (record,) = register.save([Edit("case", case(place=f"Gate {number}"))], author="officer").records
            register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
    Accounts.open(folder).close()
    return folder


@dataclass
class Centre:
    """One centre and the place its repositories are in."""

    folder: Path
    place: Path
    clock_ms: int = 1_795_000_000_000

    def now_ms(self) -> int:
        """A clock that goes on by a minute each time it is looked at."""
        self.clock_ms += 60_000
        return self.clock_ms

    def backups(self) -> NodeBackups:
        """The backups of this centre by its clock."""
        return NodeBackups(self.folder, now_ms=self.now_ms)

    def repository(self, name: str, *, detached: bool = False) -> Begun:
        """A new repository in a folder."""
        with self.backups() as backups:
            return init(backups, str(self.place / f"{name}.borg"), name, detached=detached)

    def make(self, name: str) -> MadeArchive:
        """One archive, not read back."""
        with self.backups() as backups:
            return make(backups, backups.settings.repository(name), quiet=True)

    def verify(self, name: str) -> Verified:
        """Read the newest archive of a repository back."""
        with self.backups() as backups:
            return verify(backups, backups.settings.repository(name), quiet=True)

    def save_case(self, place: str) -> str:
        """Report one more case; its id."""
        with Register.open(self.folder, role="writer") as register:
            return register.save([Edit("case", case(place=place))], author="officer").records[0]

    def borg(self, *arguments: str, given: bytes | None = None) -> bytes:
        """borg as somebody else runs it, who has the passphrase."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "BORG_BASE_DIR": str(self.place / "other-borg"),
            "BORG_PASSPHRASE": backup_keys.passphrase(self.folder).decode(),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }
        done = subprocess.run(["borg", *arguments], env=environment, capture_output=True, check=False, input=given)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def settle(self, **changes: object) -> None:
        """Agree on something else."""
        settings = all_settings.load(self.folder)
        all_settings.save(self.folder, msgspec.structs.replace(settings, **changes))


def copy_of(template: Path, place: Path) -> Centre:
    """A centre of its own for one test."""
    folder = place / "centre"
    shutil.copytree(template, folder)
    return Centre(folder, place)
