"""The list of a bundle's components (CycloneDX 1.6, JSON) with the licence of each."""

from __future__ import annotations

import email.parser
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from diwan_provisioning.bundle import archive
from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.signing import run

_LICENCE_FILE: Final = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright)[^/]*$", re.I)
_MAX_LICENCE: Final = 1024 * 1024


@dataclass(frozen=True)
class Component:
    """One package: `kind` is deb or pypi."""

    kind: str
    name: str
    version: str
    architecture: str
    licence: str
    sha256: str
    path: Path

    @property
    def purl(self) -> str:
        """Its package URL (purl specification)."""
        if self.kind == "deb":
            return f"pkg:deb/debian/{self.name}@{quote(self.version)}?arch={self.architecture}"
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def components(folders: Iterable[Path]) -> list[Component]:
    """Every package in these folders, each once. Raises BundleError."""
    found: dict[str, Component] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.whl")):
            made = _wheel(path)
            found.setdefault(f"{path.name}", made)
        for path in sorted(folder.glob("*.deb")):
            found.setdefault(path.name, _deb(path))
    return sorted(found.values(), key=lambda each: (each.kind, each.name, each.version, each.architecture, each.sha256))


def document(found: Sequence[Component], version: str) -> str:
    """The list as CycloneDX JSON; the same components give the same bytes."""
    listed: list[dict[str, Any]] = []
    for each in found:
        entry: dict[str, Any] = {
            "type": "library", "bom-ref": f"{each.purl}#{each.sha256[:12]}", "name": each.name,
            "version": each.version, "purl": each.purl,
            "hashes": [{"alg": "SHA-256", "content": each.sha256}],
        }  # fmt: skip
        if each.licence:
            entry["licenses"] = [{"license": {"name": each.licence}}]
        listed.append(entry)
    about = {"type": "application", "name": "diwan", "version": version, "bom-ref": "diwan"}
    plain = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": about},
        "components": listed,
    }  # fmt: skip
    return json.dumps(plain, indent=1) + "\n"


def pack_licences(found: Sequence[Component], work: Path, target: Path) -> None:
    """The licence texts that the packages carry, one folder a package, as an archive."""
    for each in found:
        folder = work / each.kind / f"{each.name}-{each.version}".replace("/", "_")
        if folder.exists():
            continue
        texts = _texts_of_wheel(each.path) if each.kind == "pypi" else _texts_of_deb(each.path)
        for name, content in texts.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    archive.pack(work, target)
    shutil.rmtree(work)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wheel(path: Path) -> Component:
    try:
        with zipfile.ZipFile(path) as opened:
            name = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
            facts = email.parser.BytesParser().parsebytes(opened.read(name), headersonly=True)
    except (StopIteration, zipfile.BadZipFile) as error:
        raise BundleError(f"{path} is not a wheel: delete it and make the bundle again") from error
    licence = facts.get("License-Expression") or facts.get("License") or ""
    classifiers = [c.split(" :: ")[-1] for c in facts.get_all("Classifier", []) if c.startswith("License ::")]
    if not licence or "\n" in licence or len(licence) > 80:
        licence = " AND ".join(classifiers)
    return Component("pypi", str(facts["Name"]), str(facts["Version"]), "", licence, _sha256(path), path)


def _deb(path: Path) -> Component:
    fields = run(["dpkg-deb", "--field", str(path), "Package", "Version", "Architecture"], f"reading {path.name}")
    facts = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line)
    return Component("deb", facts["Package"], facts["Version"], facts["Architecture"], "", _sha256(path), path)


def _texts_of_wheel(path: Path) -> dict[str, bytes]:
    found = {}
    with zipfile.ZipFile(path) as opened:
        for entry in opened.infolist():
            if (
                _LICENCE_FILE.search(entry.filename)
                and ".dist-info/" in entry.filename
                and entry.file_size < _MAX_LICENCE
            ):
                found[entry.filename.rsplit("/", 1)[-1]] = opened.read(entry)
    return found


def _texts_of_deb(path: Path) -> dict[str, bytes]:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE) as process:
        found = {}
        with tarfile.open(fileobj=process.stdout, mode="r|") as opened:
            for entry in opened:
                if entry.isfile() and entry.name.endswith("/copyright") and entry.size < _MAX_LICENCE:
                    content = opened.extractfile(entry)
                    found["copyright"] = content.read() if content else b""
    return found
