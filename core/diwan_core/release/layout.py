"""The folders of an installed machine (releases, settings, data), and which release is in use.

/opt/diwan/releases/VERSION/   a virtual environment, owned by root, read-only; release.json says what it is
/opt/diwan/current             symbolic link to one of them
/usr/local/bin/diwan           symbolic link to /opt/diwan/current/bin/diwan
/etc/diwan/                    settings; roles holds a line for each part this machine plays, "central" or "post"
/var/lib/diwan/ROLE/           the node's data folder, owned by the user diwan
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROLES: Final = ("central", "post")
VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+([a-z0-9.+-]{0,40})")
FILE: Final = "release.json"


class ReleaseError(Exception):
    """Something about releases cannot be done; the text says what and the remedy."""


class NoSuchRelease(ReleaseError):
    """The version is not installed on this machine."""


@dataclass(frozen=True)
class Release:
    """One installed release. `schema` is the mark its registers carry, `dictionary` the version of its dictionary."""

    version: str
    folder: Path
    dictionary: int
    built: str

    @property
    def program(self) -> Path:
        """The `diwan` program of this release."""
        return self.folder / "bin" / "diwan"

    @property
    def units(self) -> Path:
        """The systemd units it brings."""
        return self.folder / "lib" / "systemd" / "system"


@dataclass(frozen=True)
class Layout:
    """The folders of a machine; tests give another `root`."""

    root: Path = Path("/")

    @property
    def releases(self) -> Path:
        return self.root / "opt/diwan/releases"

    @property
    def link(self) -> Path:
        return self.root / "opt/diwan/current"

    @property
    def settings(self) -> Path:
        return self.root / "etc/diwan"

    @property
    def units(self) -> Path:
        return self.root / "etc/systemd/system"

    def data(self, role: str) -> Path:
        """The data folder of the node that plays `role` here."""
        return self.root / "var/lib/diwan" / role

    def roles(self) -> list[str]:
        """The roles of this machine, from /etc/diwan/roles. Raises ReleaseError for a word that is not a role."""
        try:
            words = (self.settings / "roles").read_text().split()
        except FileNotFoundError:
            return []
        for word in words:
            if word not in ROLES:
                raise ReleaseError(f"{self.settings / 'roles'} names {word!r}; it may name {' and '.join(ROLES)}")
        return words

    def installed(self) -> list[Release]:
        """Every whole release, the oldest version first. One without its release.json was not finished."""
        found = []
        for folder in self.releases.glob("*"):
            if VERSION.fullmatch(folder.name) and (folder / FILE).is_file():
                found.append(self.release(folder.name))
        return sorted(found, key=lambda release: _order(release.version))

    def release(self, version: str) -> Release:
        """The installed release of this version. Raises NoSuchRelease, ReleaseError."""
        if not VERSION.fullmatch(version):
            raise NoSuchRelease(f"{version!r} is not a version; `diwan release list` shows what is installed")
        folder = self.releases / version
        try:
            facts = json.loads((folder / FILE).read_text())
            if facts["version"] != version:
                raise ReleaseError(f"{folder / FILE} says version {facts['version']}; install the release anew")
            return Release(version, folder, int(facts["dictionary"]), str(facts["built"]))
        except FileNotFoundError as error:
            raise NoSuchRelease(
                f"release {version} is not installed here; `diwan release list` shows what is, and the playbook "
                "installs a new one from the bundle"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"{folder / FILE} cannot be understood; install the release anew") from error

    def current(self) -> Release | None:
        """The release in use; None before the first."""
        try:
            target = os.readlink(self.link)
        except FileNotFoundError:
            return None
        return self.release(Path(target).name)

    def point_to(self, release: Release) -> None:
        """Make `release` the current one: the link changes in one step, and is on the disk when this returns."""
        partial = self.link.with_name(f".current.{secrets.token_hex(4)}")
        os.symlink(os.path.relpath(release.folder, self.link.parent), partial)
        os.replace(partial, self.link)
        descriptor = os.open(self.link.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _order(version: str) -> tuple[list[int], bool, str]:
    """A pre-release such as 0.2.0rc1 comes before 0.2.0."""
    numbers, rest = re.match(r"([0-9.]+)(.*)", version + " ").groups()  # type: ignore[union-attr]
    rest = rest.strip()
    return [int(part) for part in numbers.strip(".").split(".")], not rest or rest.startswith("+"), rest
