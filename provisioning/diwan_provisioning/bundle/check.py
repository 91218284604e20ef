"""Checks a bundle: who signed it, that every file is as it was signed, and that there is no other file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.manifest import FILE, SIGNATURE, Manifest, digest
from diwan_provisioning.bundle.signing import verify


def check(folder: Path, signers: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> Manifest:
    """The list of a bundle that is whole and signed by one of `signers` (SSH public keys). Raises BundleError that
    names the first thing that is wrong and the remedy."""
    manifest = Manifest.read(folder)
    verify(folder / FILE, signers)
    for name, (size, expected) in sorted(manifest.files.items()):
        path = folder / name
        tell(name)
        if not path.is_file() or path.is_symlink():
            raise BundleError(f"{path} is missing. Copy the bundle anew; a stick that was full may have cut it short.")
        if path.stat().st_size != size:
            raise BundleError(f"{path} has {path.stat().st_size} bytes instead of {size}. Copy the bundle anew.")
        if digest(path) != expected:
            raise BundleError(f"{path} is not the file that was signed. Copy the bundle anew; do not use this one.")
    strangers = {path.name for path in folder.iterdir()} - {*manifest.files, FILE, SIGNATURE}
    if strangers:
        raise BundleError(f"{folder} holds {', '.join(sorted(strangers))}, which is not part of the bundle. Remove it.")
    return manifest
