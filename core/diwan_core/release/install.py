"""Installs a release beside the others: a virtual environment in /opt/diwan/releases/VERSION, made from wheels.

A program of its own that needs nothing but Python 3.11 and its `venv`: on a new machine nothing of ours is there yet.

    python3 install.py --wheels FOLDER --lock FOLDER/requirements.txt --version 0.1.0 --units core,central

The lock names every wheel, ours too, with its SHA-256; pip takes no other file and asks no network. The environment is
built under its final name, since its programs hold that path; it counts only when release.json stands in it, which is
written last. One that was interrupted is removed and built anew. Exit codes: 0 installed or already there, 1 refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FILE: Final = "release.json"
SPACE_BYTES: Final = 400 * 1024 * 1024


class CannotInstall(Exception):
    """Why the release was not installed, and the remedy."""


def install(wheels: Path, lock: Path, version: str, units: list[str], root: Path = Path("/")) -> bool:
    """Install; False where it was there already, from the same lock. Raises CannotInstall."""
    base = root / "opt/diwan/releases"
    folder = base / version
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if _is_whole(folder):
        found = json.loads((folder / FILE).read_text())
        if found.get("lock") == digest and found.get("units") == units:
            return False
        raise CannotInstall(
            f"release {version} is installed from another bundle (its lock differs). A version is never made twice: "
            "give the new bundle a new version, or remove that folder while another release is in use."
        )
    base.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(base).free < SPACE_BYTES:
        raise CannotInstall(
            f"the disk of {base} has less than {SPACE_BYTES // 2**20} MB free. Make room, then try again."
        )
    if folder.exists():
        _remove(folder)
    _run([sys.executable, "-m", "venv", str(folder)], "making the virtual environment")
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "install"]
    names = [f"diwan-{unit}" for unit in units]
    _run(
        [*pip, "--no-index", "--find-links", str(wheels), "--only-binary", ":all:", "--require-hashes", "--no-deps",
         "-r", str(lock)],
        "installing the packages",
    )  # fmt: skip
    program = [str(folder / "bin/python"), "-P", "-c", _ASK]
    told = json.loads(_run([*program, *names], "asking the release what it is"))
    if told["version"] != version:
        raise CannotInstall(f"the wheels are of release {told['version']}, not {version}. Check the bundle.")
    facts = {
        "version": version,
        "dictionary": told["dictionary"],
        "python": told["python"],
        "units": units,
        "lock": digest,
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _make_read_only(folder)
    partial = folder / f".{FILE}"
    partial.write_text(json.dumps(facts, indent=1) + "\n")
    partial.chmod(0o644)
    os.sync()
    partial.replace(folder / FILE)
    return True


_ASK: Final = """
import json, sys
from importlib.metadata import version
from diwan_core.dictionary import DICTIONARY
for name in sys.argv[1:]:
    version(name)
told = {"version": version("diwan-core"), "dictionary": DICTIONARY.version, "python": sys.version.split()[0]}
print(json.dumps(told))
"""


def _is_whole(folder: Path) -> bool:
    return (folder / FILE).is_file()


def _remove(folder: Path) -> None:
    """Remove what an interrupted installation left, read-only parts included."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


def _make_read_only(folder: Path) -> None:
    """Owned by root, and writable by nobody, so that a service cannot change what it runs."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode & 0o111 | 0o444)


def _run(argv: list[str], what: str) -> str:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no reason was given").splitlines()
        raise CannotInstall(f"{what} failed: {lines[-1]}")
    return done.stdout


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description="Install a release of Diwan from wheels.")
    parser.add_argument("--wheels", type=Path, required=True, help="folder with the wheels")
    parser.add_argument("--lock", type=Path, required=True, help="requirements with the hash of every wheel")
    parser.add_argument("--version", required=True, help="the release's version")
    parser.add_argument("--units", required=True, help="names after diwan-, with commas, such as core,central")
    parser.add_argument("--root", type=Path, default=Path("/"), help="for tests: another root folder")
    given = parser.parse_args()
    try:
        changed = install(given.wheels, given.lock, given.version, given.units.split(","), given.root)
    except (CannotInstall, OSError) as error:
        sys.exit(f"install: {error}")
    print(json.dumps({"changed": changed, "version": given.version}))


if __name__ == "__main__":
    main()
