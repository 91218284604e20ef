"""Makes a bundle: fetch, build, pack, describe, sign. After an interruption, run again, it continues with what is
there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diwan_provisioning.bundle import archive, packages, sbom, signing, wheels
from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.manifest import FILE, FORMAT, Manifest, described
from diwan_provisioning.bundle.targets import Target

SPACE_BYTES: Final = 3 * 1024**3
PUBLIC_KEY: Final = "apt-key.asc"
SBOM: Final = "sbom.cdx.json"
LICENCES: Final = "licences.tar"
PLAYBOOKS: Final = "provisioning.tar"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to make. `source`: the tree the bundle is made from. `key`: SSH private key of whoever signs. `home`: where
    this technician's repository key and what was fetched before are kept."""

    source: Path
    folder: Path
    targets: Sequence[Target]
    key: Path
    home: Path
    mirror: str = packages.MIRROR
    security: str = packages.SECURITY


def make(order: Order, tell: Tell) -> Manifest:
    """Make the bundle; its list. Raises BundleError, OSError."""
    if (order.folder / FILE).exists():
        raise BundleError(
            f"{order.folder} holds a bundle already, and a bundle is never changed. Choose another folder."
        )
    order.folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(order.folder).free < SPACE_BYTES:
        raise BundleError(f"the disk of {order.folder} has less than 3 GB free. Make room or choose another folder.")
    with closing(signing.RepositoryKey(order.home / "apt-key")) as repository_key:
        repository_key.ensure()
        return _made(order, tell, repository_key)


def _made(order: Order, tell: Tell, repository_key: signing.RepositoryKey) -> Manifest:
    work = order.folder / ".work"
    lock = order.source / "requirements/run.txt"
    tell("building our own packages")
    ours = wheels.build_ours(order.source, _fresh(work / "ours"))
    names = packages.wanted(order.source / "provisioning/packages.toml")
    everything: list[Path] = []
    for number, target in enumerate(order.targets, 1):
        tell(f"{target}, {number} of {len(order.targets)}: Debian packages")
        cache = order.home / "cache" / str(target)
        debs = packages.fetch(target, names, cache / "apt", order.mirror, order.security)
        packages.make_repository(debs, target, _fresh(work / f"apt-{target}"), repository_key)
        tell(f"{target}, {number} of {len(order.targets)}: Python packages")
        fetched = _fresh(work / f"fetched-{target}")
        wheels.fetch(target, lock, fetched)
        installer = order.source / "core/diwan_core/release/install.py"
        wheels.gather(target, fetched, ours, lock, installer, _fresh(work / f"wheels-{target}"))
        for kind, name in (("apt", target.apt_archive), ("wheels", target.wheel_archive)):
            archive.pack(work / f"{kind}-{target}", order.folder / name)
            everything.append(work / f"{kind}-{target}")
    repository_key.export(order.folder / PUBLIC_KEY)
    tell("playbooks, list of components, licences")
    _pack_playbooks(order.source, work, order.folder)
    version = wheels.release_version(ours)
    components = sbom.components(everything)
    (order.folder / SBOM).write_text(sbom.document(components, version))
    sbom.pack_licences(components, _fresh(work / "licences"), order.folder / LICENCES)
    return _described(order, version, tell, work)


def _described(order: Order, version: str, tell: Tell, work: Path) -> Manifest:
    names = sorted(path.name for path in order.folder.iterdir() if path.is_file() and not path.name.startswith("."))
    tell("checksums and signature")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(FORMAT, version, made, tuple(order.targets), described(order.folder, names))
    partial = work / FILE
    partial.write_bytes(manifest.to_json())
    signing.sign(partial, order.key)
    (work / f"{FILE}.sig").replace(order.folder / f"{FILE}.sig")
    partial.replace(order.folder / FILE)
    shutil.rmtree(work)
    return manifest


def _pack_playbooks(source: Path, work: Path, folder: Path) -> None:
    place = _fresh(work / "provisioning")
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info", ".venv", "diwan_provisioning")
    shutil.copytree(source / "provisioning", place, dirs_exist_ok=True, ignore=skipped)
    archive.pack(place, folder / PLAYBOOKS)


def _fresh(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder
