"""Fetches the outlines published by Natural Earth (public domain) from the npm package world-atlas (ISC), checked
against a known hash."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from diwan_core.maps.geometry import NotAMap

PACKAGE: Final = "world-atlas@2.0.2"
SHA512: Final = (
    "2177d5d2ac25297a5c933d458705d5c0a46388884e9d6b6d3ac926e42b7132c8"
    "e013f317018447589aa05cea4cf0891c3c1a179f24d4e651477186b90a11b42d"
)
MEMBER: Final = "package/countries-50m.json"
SOURCE: Final = "Natural Earth, 1:50,000,000, public domain"
WAIT_S: Final = 120


class NotFetched(Exception):
    """The package could not be fetched; the text says why and what else can be done."""


def fetch() -> bytes:
    """The published outlines, as TopoJSON. Raises NotFetched, NotAMap."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetched(
            "npm is not installed on this machine: apt install npm, or load a TopoJSON or GeoJSON file of countries "
            "that you have: diwan maps load FILE --dir DIR"
        )
    with TemporaryDirectory(prefix="diwan-maps-") as folder:
        try:
            done = subprocess.run(
                [npm, "pack", PACKAGE, "--silent"],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=WAIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotFetched(f"npm did not fetch {PACKAGE} within {WAIT_S} s; try again with a better line") from None
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            told = (done.stderr or done.stdout).strip().splitlines()
            raise NotFetched(f"npm could not fetch {PACKAGE}: {told[-1][:200] if told else 'it gave no reason'}")
        return unpack(archives[0].read_bytes())


def unpack(archive: bytes) -> bytes:
    """The countries out of the package. Raises NotAMap where it is not the one whose hash is known."""
    if hashlib.sha512(archive).hexdigest() != SHA512:
        raise NotAMap(f"what was fetched is not {PACKAGE} as this release knows it; nothing was loaded")
    with TemporaryDirectory(prefix="diwan-maps-") as folder:
        held = Path(folder) / "package.tgz"
        held.write_bytes(archive)
        with tarfile.open(held) as tar:
            member = tar.extractfile(MEMBER)
            if member is None:
                raise NotAMap(f"{PACKAGE} holds no {MEMBER}")
            return member.read()
