"""The Python packages of a bundle: every wheel of the hashed lock for one kind of machine, and those of our own
units."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.manifest import digest
from diwan_provisioning.bundle.signing import run
from diwan_provisioning.bundle.targets import Target

LOCK: Final = "requirements.txt"
UNITS: Final = ("core", "appliance", "central", "provisioning", "hardware", "backup")
NEEDED: Final = {
    "central": ("core", "central", "hardware", "backup"),
    "post": ("core", "appliance", "hardware"),
    "laptop": ("core", "provisioning", "hardware"),
}
"""The units each part of a machine installs."""
_EPOCH: Final = "1790000000"
"""One date for all files in a wheel, so that the same source gives the same bytes."""


def fetch(target: Target, lock: Path, folder: Path) -> None:
    """Fetch every wheel that the lock names for this kind of machine, with its hash checked. Raises BundleError."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [*_pip("download"), "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    run([*command, "-d", str(folder), *target.pip_options()], f"fetching the Python packages of {target}")


def build_ours(source: Path, folder: Path) -> list[Path]:
    """Build the wheels of our units from the source tree, whose links to the handbook become files. Raises
    BundleError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        for unit in UNITS:
            place = Path(made) / unit
            shutil.copytree(source / unit, place, ignore=shutil.ignore_patterns("__pycache__"))
            command = [*_pip("wheel"), "--no-deps", "--no-build-isolation", "-w", str(folder), str(place)]
            run(command, f"building diwan-{unit}", {"SOURCE_DATE_EPOCH": _EPOCH})
    return sorted(folder.glob("diwan_*.whl"))


def release_version(ours: Sequence[Path]) -> str:
    """The one version of our wheels. Raises BundleError where they differ."""
    versions = {path.name.split("-")[1] for path in ours}
    if len(versions) != 1:
        raise BundleError(f"the units have different versions ({', '.join(sorted(versions))}): set them all to one")
    return versions.pop()


def locks(lock: Path, ours: Sequence[Path], folder: Path) -> None:
    """Write the lock of each part beside its wheels: `requirements-central.txt` and so on, ours with their hashes."""
    digests = {path.name.split("-")[0].removeprefix("diwan_"): digest(path) for path in ours}
    version = release_version(ours)
    common = lock.read_text().rstrip()
    for part, units in NEEDED.items():
        lines = [f"diwan-{unit}=={version} --hash=sha256:{digests[unit]}" for unit in units]
        (folder / f"requirements-{part}.txt").write_text("\n".join([common, *lines]) + "\n")


def gather(target: Target, fetched: Path, ours: Sequence[Path], lock: Path, installer: Path, folder: Path) -> None:
    """Everything that installs a release on one kind of machine, in one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (*sorted(fetched.glob("*.whl")), *ours):
        (folder / path.name).unlink(missing_ok=True)
        (folder / path.name).hardlink_to(path)
    locks(lock, ours, folder)
    shutil.copyfile(installer, folder / "install.py")


def _pip(command: str) -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", command]
