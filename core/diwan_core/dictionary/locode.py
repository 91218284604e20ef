"""Reading UN/LOCODE: our sample's layout, with a header, and the official one of UNECE, 12 columns and none."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .codelist import CodeTable

_CODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_OFFICIAL_POSITION: Final = re.compile(r"([0-9]{2})([0-9]{2})([NS]) ([0-9]{3})([0-9]{2})([EW])")
_HEADER: Final = [
    "country",
    "location",
    "name",
    "nameWoDiacritics",
    "subdivision",
    "status",
    "function",
    "iata",
    "lat",
    "lon",
]
_OFFICIAL_COLUMNS: Final = 12
_DECIMALS: Final = 5  # of a degree: about a metre; UN/LOCODE itself gives minutes, about two kilometres


class NotALocodeFile(Exception):
    """The file has neither layout; the text says what was found."""


@dataclass(frozen=True, slots=True)
class Place:
    """One location. `position` is "lat,lon" in degrees, "" when not known; `marked_for_removal` is UN/LOCODE's X."""

    code: str
    name: str
    plain_name: str
    position: str
    marked_for_removal: bool = False


def read_places(path: Path) -> Iterator[Place]:
    """The places of a file in either layout, UTF-8 or Latin-1. Raises NotALocodeFile, and OSError as opening does."""
    rows = csv.reader(_text_of(path).splitlines())
    first = next(rows, None)
    if first is None:
        raise NotALocodeFile(f"{path.name} is empty")
    if first[: len(_HEADER)] == _HEADER:
        yield from _sample(rows, "geocoded" in first, first)
    elif len(first) == _OFFICIAL_COLUMNS:
        yield from _official(first, rows)
    else:
        raise NotALocodeFile(
            f"{path.name}: expected the 12 columns of the UNECE list, or the header {','.join(_HEADER)}; "
            f"found {len(first)} columns"
        )


def table_of(places: Iterable[Place]) -> CodeTable:
    """The code list of these places. A code given twice keeps its first name and is also found by the second."""
    labels: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    positions: dict[str, str] = {}
    withdrawn: set[str] = set()
    for place in places:
        # A few names in circulating copies have lost a letter to a wrong conversion; the plain name has not.
        name = place.plain_name if "\ufffd" in place.name else place.name
        named = labels.setdefault(place.code, name)
        more = [other for other in (name, place.plain_name) if other and other != named]
        if more:
            synonyms[place.code] = ", ".join(dict.fromkeys([*filter(None, [synonyms.get(place.code)]), *more]))
        if place.position:
            positions[place.code] = place.position
        if place.marked_for_removal:
            withdrawn.add(place.code)
    return CodeTable({"en": labels}, {}, synonyms, positions, frozenset(withdrawn))


def _text_of(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _sample(rows: Iterable[list[str]], has_flag: bool, header: list[str]) -> Iterator[Place]:
    flag = header.index("geocoded") if has_flag else -1
    for row in rows:
        code = row[0] + row[1]
        if _CODE.fullmatch(code) is None:
            continue
        # Coordinates a geocoder added may be under a share-alike licence: they are not UN/LOCODE's and are left out.
        geocoded = has_flag and row[flag].strip().lower() == "true"
        yield Place(code, row[2].strip(), row[3].strip(), "" if geocoded else _degrees(row[8], row[9]))


def _degrees(latitude: str, longitude: str) -> str:
    if not latitude or not longitude:
        return ""
    return ",".join(f"{float(angle):.{_DECIMALS}f}".rstrip("0").rstrip(".") for angle in (latitude, longitude))


def _official(first: list[str], rows: Iterable[list[str]]) -> Iterator[Place]:
    for row in (first, *rows):
        if len(row) != _OFFICIAL_COLUMNS:
            continue
        change, country, location, name, plain_name, _, _, _, _, _, position, _ = (value.strip() for value in row)
        code = country + location
        if _CODE.fullmatch(code) is None:
            continue  # the line that names the country, or a reference from one spelling to another
        yield Place(code, name, plain_name, _from_minutes(position), change == "X")


def _from_minutes(position: str) -> str:
    """ "2932N 03500E" in degrees and minutes (UN/LOCODE manual §1.10) as "29.53333,35"."""
    found = _OFFICIAL_POSITION.fullmatch(position)
    if found is None:
        return ""
    latitude = (int(found[1]) + int(found[2]) / 60) * (-1 if found[3] == "S" else 1)
    longitude = (int(found[4]) + int(found[5]) / 60) * (-1 if found[6] == "W" else 1)
    return _degrees(str(latitude), str(longitude))
