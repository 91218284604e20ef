"""Reads UN/LOCODE files: the official layout of UNECE (12 columns without a header), and files with a header.

A file that was joined from the files of several countries is read too, with a header before each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .code_lines import BadLine, Cells, NotACodeFile, cells_of, unreadable
from .code_table import CodeTable

_CODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}", re.ASCII)
_MINUTES: Final = re.compile(r"([0-9]{2})([0-9]{2})([NS]) *([0-9]{3})([0-9]{2})([EW])", re.ASCII)
_ANGLE: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?", re.ASCII)
_FUNCTION: Final = re.compile(r"[0-9B-]{8}", re.ASCII)
_STATUS: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_OFFICIAL: Final = (
    "change", "country", "location", "name", "namewodiacritics", "subdivision", "function", "status", "date", "iata",
    "coordinates", "remarks",
)  # fmt: skip
_ALSO: Final = {"ch": "change", "locode": "location", "subdiv": "subdivision", "latitude": "lat", "longitude": "lon"}
_NEEDED: Final = frozenset({"country", "location", "name"})
_LONGEST_NAME: Final = 200
_DECIMALS: Final = 5  # of a degree: about a metre; UN/LOCODE itself gives minutes, about two kilometres


class NotALocodeFile(NotACodeFile):
    """The file has neither layout; the text says what was found."""


@dataclass(frozen=True, slots=True)
class Place:
    """One location. `position` is "lat,lon" in degrees, "" when not known; `marked_for_removal` is UN/LOCODE's X."""

    code: str
    name: str
    plain_name: str
    position: str
    marked_for_removal: bool = False


class _Wrong(Exception):
    """The error about a line."""


def read_places(path: Path) -> Iterator[Place | BadLine]:
    """The places of a file, and the lines that are none. Raises NotALocodeFile, NotACodeFile, and OSError as opening
    does."""
    columns: tuple[str, ...] | None = None
    for cells in cells_of(path):
        if isinstance(cells, BadLine):
            yield cells
            continue
        header = _header(cells.values)
        if header is not None:
            columns = header
            continue
        if columns is None:
            if len(cells.values) != len(_OFFICIAL):
                raise NotALocodeFile(
                    f"{path.name}: expected the 12 columns of the UNECE list, or a header with country, location and "
                    f"name; found {len(cells.values)} columns"
                )
            columns = _OFFICIAL
        try:
            yield from _place(path.name, columns, cells)
        except _Wrong as wrong:
            yield BadLine(path.name, cells.line, str(wrong))


def _header(values: list[str]) -> tuple[str, ...] | None:
    names = tuple(_ALSO.get(name, name) for name in ("".join(value.lower().split()) for value in values))
    return names if _NEEDED.issubset(names) else None


def _place(file: str, columns: tuple[str, ...], cells: Cells) -> Iterator[Place | BadLine]:
    if len(cells.values) != len(columns):
        shape = "short" if len(cells.values) < len(columns) else "long"
        raise _Wrong(f"it is too {shape}: {len(cells.values)} cells where there are {len(columns)} columns")
    row = dict(zip(columns, cells.values, strict=True))
    change, name, plain = row.get("change", ""), row["name"], row.get("namewodiacritics", "")
    if not row["location"] and (name.startswith(".") or change == "="):
        return  # the line that names the country, or a reference from one spelling to another
    code = row["country"] + row["location"]
    if _CODE.fullmatch(code) is None:
        raise _Wrong(
            f"{code[:20]!r} is not a UN/LOCODE: two letters of the country, then three letters or digits 2 to 9"
        )
    if _STATUS.fullmatch(row.get("function", "")) or _FUNCTION.fullmatch(row.get("iata", "")):
        raise _Wrong("its cells are in the wrong columns: perhaps a name has a comma and no quotation marks")
    if unreadable(name) and plain and not unreadable(plain):
        name = plain  # a name that has lost a letter to a wrong conversion gives way to the plain one
    if unreadable(name) or not (name or plain):
        raise _Wrong(unreadable(name) or "it has no name")
    if max(len(name), len(plain)) > _LONGEST_NAME:
        raise _Wrong(f"its name is longer than {_LONGEST_NAME} characters")
    position, wrong = "", ""
    # Coordinates a geocoder added may be under a share-alike licence: they are not UN/LOCODE's and are left out.
    if row.get("geocoded", "").lower() != "true":
        try:
            position = _position(row)
        except _Wrong as error:
            wrong = str(error)
    yield Place(code, name or plain, "" if unreadable(plain) else plain, position, change == "X")
    if wrong:
        yield BadLine(file, cells.line, f"{code} is taken without its position: {wrong}", taken=True)


def _position(row: dict[str, str]) -> str:
    """ "2932N 03500E" in degrees and minutes (UN/LOCODE manual §1.10), or two angles, as "29.53333,35"."""
    written = row.get("coordinates", "")
    if written:
        found = _MINUTES.fullmatch(written)
        if found is None or int(found[2]) > 59 or int(found[5]) > 59:
            raise _Wrong(f"{written[:40]!r} is not a position in degrees and minutes such as 2932N 03500E")
        latitude = (int(found[1]) + int(found[2]) / 60) * (-1 if found[3] == "S" else 1)
        longitude = (int(found[4]) + int(found[5]) / 60) * (-1 if found[6] == "W" else 1)
    else:
        angles = row.get("lat", ""), row.get("lon", "")
        if not any(angles):
            return ""
        if not all(map(_ANGLE.fullmatch, angles)):
            raise _Wrong(f"{', '.join(angles)[:40]!r} are not two numbers of degrees")
        latitude, longitude = map(float, angles)
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise _Wrong(f"{latitude:g}, {longitude:g} is not a position on the earth")
    return ",".join(f"{angle:.{_DECIMALS}f}".rstrip("0").rstrip(".") for angle in (latitude, longitude))


def table_of(places: Iterable[Place | BadLine]) -> CodeTable:
    """The code list of these places. A code given twice keeps its first name and is also found by the second."""
    labels: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    positions: dict[str, str] = {}
    withdrawn: set[str] = set()
    for place in places:
        if isinstance(place, BadLine):
            continue
        named = labels.setdefault(place.code, place.name)
        more = [other.replace(",", " ") for other in (place.name, place.plain_name) if other and other != named]
        if more:
            synonyms[place.code] = ", ".join(dict.fromkeys([*filter(None, [synonyms.get(place.code)]), *more]))
        if place.position:
            positions[place.code] = place.position
        if place.marked_for_removal:
            withdrawn.add(place.code)
    return CodeTable({"en": labels}, {}, synonyms, positions, frozenset(withdrawn))
