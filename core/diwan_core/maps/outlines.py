"""The outlines of countries that a node keeps in `DIR/maps/outlines.json`; an administrator can load others, since
borders are disputed."""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from diwan_core.dictionary import DICTIONARY, fold
from diwan_core.maps.geometry import NotAMap, Outline, read_outlines

FOLDER: Final = "maps"
_FILE: Final = "outlines.json"
_FORMAT: Final = 1


def file_of(folder: Path) -> Path:
    """The file of a node's outlines, loaded or not."""
    return folder / FOLDER / _FILE


def load(folder: Path, content: bytes, source: str) -> int:
    """Keep the countries of a TopoJSON or GeoJSON file in place of those that are there; how many they are. `source`
    is shown under each map. Raises NotAMap, OSError; then the old ones stay."""
    outlines = read_outlines(content)
    kept = {
        "format": _FORMAT,
        "source": "".join(c for c in source if c.isprintable())[:120],
        "countries": [[_code_of(one), one.name, one.rings] for one in outlines],
    }
    target = file_of(folder)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    made = target.with_suffix(".new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, target)
    return len(outlines)


def kept(folder: Path) -> tuple[str, tuple[Outline, ...]]:
    """The source of the outlines and the countries, each with its alpha-2 code as key; empty where no file was loaded
    or it cannot be read."""
    path = file_of(folder)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, TypeError, KeyError):
        return "", ()


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> tuple[str, tuple[Outline, ...]]:
    data = json.loads(path.read_bytes())
    countries = data["countries"] if data["format"] == _FORMAT else []
    found = (
        Outline(key, name, tuple(tuple((x, y) for x, y in ring) for ring in rings)) for key, name, rings in countries
    )
    return str(data["source"]), tuple(found)


def _code_of(outline: Outline) -> str:
    """The alpha-2 code of a country that a file names by numeric code, alpha-2 code or English name; "" for others."""
    key = outline.key.strip().upper()
    if key.isascii() and key.isdigit():
        return _numeric().get(int(key), "")
    return key if key in _numeric().values() else _by_name().get(fold(outline.name), "")


@cache
def _numeric() -> dict[int, str]:
    text = resources.files(__package__).joinpath("iso_numeric.txt").read_text("ascii")
    return {int(word[2:]): word[:2] for line in text.splitlines() if line[:1] != "#" for word in line.split()}


@cache
def _by_name() -> dict[str, str]:
    codes = DICTIONARY.codes("country")
    return {fold(codes.label(code)): code for code in codes}


__all__ = ["NotAMap", "Outline", "file_of", "kept", "load"]
