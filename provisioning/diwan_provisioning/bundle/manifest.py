"""The list of a bundle: its version, the machines it serves, and the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.targets import Target

FILE: Final = "bundle.json"
SIGNATURE: Final = "bundle.json.sig"
FORMAT: Final = 1
_MAX_BYTES: Final = 4 * 1024 * 1024
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """`files`: name to (bytes, SHA-256 in hex). `made`: date and time with offset, ISO 8601."""

    format: int
    version: str
    made: str
    targets: tuple[Target, ...]
    files: Mapping[str, tuple[int, str]]

    def to_json(self) -> bytes:
        """The form that is signed: sorted, one line a file."""
        plain = asdict(self) | {"targets": [str(target) for target in self.targets]}
        plain["files"] = {name: list(self.files[name]) for name in sorted(self.files)}
        return (json.dumps(plain, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read `bundle.json`; whether it is signed is another question. Raises BundleError."""
        path = folder / FILE
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise BundleError(
                f"{path} cannot be read ({error.strerror}). Name the folder that `diwan bundle make` wrote."
            ) from error
        try:
            return _parsed(json.loads(content))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BundleError(f"{path} is not a bundle's list ({error}). Copy the bundle anew.") from error


def _parsed(plain: Any) -> Manifest:
    if plain["format"] != FORMAT:
        raise BundleError(
            f"the bundle has format {plain['format']}, this release knows {FORMAT}. Use the release that made it."
        )
    files = {}
    for name, (size, digest) in plain["files"].items():
        if "/" in name or name in ("", ".", "..", FILE, SIGNATURE) or len(digest) != 64:
            raise ValueError(f"file {name!r}")
        files[str(name)] = (int(size), str(digest))
    targets = tuple(Target.parse(text) for text in plain["targets"])
    return Manifest(FORMAT, str(plain["version"]), str(plain["made"]), targets, files)


def described(folder: Path, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of files of a folder."""
    return {name: ((folder / name).stat().st_size, digest(folder / name)) for name in names}


def digest(path: Path) -> str:
    """SHA-256 of a file in hex, read a megabyte at a time."""
    running = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            running.update(piece)
    return running.hexdigest()
