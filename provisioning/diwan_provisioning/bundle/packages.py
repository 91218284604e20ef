"""The Debian packages of a bundle: everything that the lists in `packages.toml` need on one kind of machine, as a
signed repository.

apt itself resolves and fetches, in a root of its own whose list of installed packages is empty: so everything a package
depends on comes along, and the laptop's own Debian and architecture play no part.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.signing import RepositoryKey, run
from diwan_provisioning.bundle.targets import Target

KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR: Final = "http://deb.debian.org/debian"
SECURITY: Final = "http://deb.debian.org/debian-security"
SUITE: Final = "diwan"
ORIGIN: Final = "Diwan"
"""What unattended-upgrades knows the repository by."""


def wanted(lists: Path, parts: Iterable[str] = ()) -> list[str]:
    """The packages of some parts (all without `parts`), sorted. Raises BundleError."""
    try:
        table = tomllib.loads(lists.read_text())
        chosen = list(parts) or list(table)
        return sorted({name for part in chosen for name in table[part]["packages"]})
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BundleError(f"{lists} cannot be understood: {error}") from error


def fetch(target: Target, names: Sequence[str], work: Path, mirror: str = MIRROR, security: str = SECURITY) -> Path:
    """Fetch the packages and all they depend on; the folder with the .deb files. Raises BundleError.

    What an earlier run fetched into `work` is used again, after apt has compared its hash."""
    options = _private_apt(target, work, mirror, security)
    run(["apt-get", *options, "update"], f"reading the package lists of {target}")
    # What every Debian has comes along in its newest version: security updates for machines without a network.
    base = _base(options)
    command = ["apt-get", *options, "install", "-y", "--no-install-recommends", "--download-only"]
    run([*command, *names, *base], f"fetching the packages of {target}")
    return work / "cache/archives"


def _private_apt(target: Target, work: Path, mirror: str, security: str) -> list[str]:
    work = work.resolve()
    for folder in ("etc/apt/preferences.d", "etc/apt/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    signed = f"[signed-by={KEYRING}]"
    lines = [f"deb {signed} {mirror} {suite} main" for suite in (target.release, f"{target.release}-updates")]
    lines.append(f"deb {signed} {security} {target.release}-security main")
    (work / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
    settings = {
        "Dir": work, "Dir::Etc": "etc/apt", "Dir::State": "state", "Dir::State::status": work / "status",
        "Dir::Cache": "cache", "APT::Architecture": target.architecture, "APT::Architectures": target.architecture,
        "Debug::NoLocking": "1", "APT::Sandbox::User": "", "Acquire::Languages": "none", "Acquire::Retries": "3",
    }  # fmt: skip
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _base(options: Sequence[str]) -> list[str]:
    """Packages of priority required or important."""
    listed = run(["apt-cache", *options, "dumpavail"], "reading the base packages")
    base, name = set(), ""
    for line in listed.splitlines():
        if line.startswith("Package: "):
            name = line[9:]
        elif line in ("Priority: required", "Priority: important"):
            base.add(name)
    return sorted(base)


def make_repository(packages: Path, target: Target, folder: Path, key: RepositoryKey) -> None:
    """Make `folder` an apt repository of the fetched packages, for `deb [signed-by=…] file:FOLDER ./`."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted(packages.glob("*.deb")):
        # apt writes the epoch's colon as %3a, which a file: source would decode again.
        name = package.name.replace("%3a", "_")
        (folder / name).unlink(missing_ok=True)
        (folder / name).hardlink_to(package)
    index = run(["apt-ftparchive", "packages", "."], "indexing the packages", cwd=folder)
    (folder / "Packages").write_text(index)
    release_options = {"Origin": ORIGIN, "Label": ORIGIN, "Suite": SUITE, "Codename": target.release,
                       "Architectures": target.architecture}  # fmt: skip
    options = [w for n, v in release_options.items() for w in ("-o", f"APT::FTPArchive::Release::{n}={v}")]
    release = run(["apt-ftparchive", *options, "release", "."], "describing the repository", cwd=folder)
    (folder / "Release").write_text(release)
    key.sign_inline(folder / "Release", folder / "InRelease")
