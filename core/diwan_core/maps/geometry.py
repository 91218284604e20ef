"""Reads outlines from the two common formats of map data: TopoJSON and GeoJSON (RFC 7946).

Both are read from files of unknown origin, so everything is bounded and each fault names its place."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_POINTS: Final = 400_000
MOST_COUNTRIES: Final = 2_000
_NAME: Final = 100

Point = tuple[float, float]
"""Longitude and latitude, degrees (WGS 84)."""
Ring = tuple[Point, ...]


class Outline(NamedTuple):
    """One country, or another area, as the file draws it."""

    key: str
    """The file's own identifier: for a country its ISO 3166-1 code, numeric or alpha-2; "" where it has none."""
    name: str
    rings: tuple[Ring, ...]


class NotAMap(Exception):
    """The file is not a map this program can draw; the text says what is wrong and where."""


def read_outlines(content: bytes) -> list[Outline]:
    """The areas of a TopoJSON or GeoJSON file. Raises NotAMap."""
    if len(content) > MOST_BYTES:
        raise NotAMap(f"the file has {len(content):,} bytes, and a map may have {MOST_BYTES:,}: take a coarser one")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise NotAMap("the file is not JSON: give a TopoJSON or GeoJSON file of countries") from None
    if not isinstance(data, dict):
        raise NotAMap("the file holds no object: give a TopoJSON or GeoJSON file of countries")
    try:
        found = list(_of_topology(data) if data.get("type") == "Topology" else _of_features(data))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NotAMap(f"the file is damaged, or is not a map of countries ({type(error).__name__})") from None
    if not found:
        raise NotAMap("the file draws no area: give one with the countries as polygons")
    if len(found) > MOST_COUNTRIES:
        raise NotAMap(f"the file draws {len(found):,} areas, and at most {MOST_COUNTRIES:,} can be kept")
    points = sum(len(ring) for outline in found for ring in outline.rings)
    if points > MOST_POINTS:
        raise NotAMap(f"the file has {points:,} points, and at most {MOST_POINTS:,} can be drawn: take a coarser one")
    return found


def _of_topology(data: Mapping[str, Any]) -> Iterator[Outline]:
    """TopoJSON: arcs shared by neighbours, as differences between whole numbers where there is a transform
    (github.com/topojson/topojson-specification)."""
    objects = data["objects"]
    drawn = objects.get("countries") or next(iter(objects.values()))
    arcs = [_arc(arc, data.get("transform")) for arc in data["arcs"]]
    room = MOST_POINTS
    for geometry in drawn["geometries"]:
        found = []
        for polygon in _polygons(geometry["type"], geometry.get("arcs", [])):
            for indexes in polygon:
                found.append(_ring(_joined(arcs, indexes, room)))
                room -= len(found[-1])  # a small file may name the same arc again and again
        rings = tuple(found)
        if rings:
            yield Outline(str(geometry.get("id") or ""), _named(geometry.get("properties")), rings)


def _arc(arc: Sequence[Sequence[float]], transform: Mapping[str, Any] | None) -> list[Point]:
    if transform is None:
        return [(float(x), float(y)) for x, y, *_ in arc]
    (across, up), (left, bottom) = transform["scale"], transform["translate"]
    points: list[Point] = []
    x = y = 0.0
    for dx, dy, *_ in arc:
        x, y = x + dx, y + dy
        points.append((x * across + left, y * up + bottom))
    return points


def _joined(arcs: Sequence[list[Point]], indexes: Sequence[int], room: int) -> list[Point]:
    """A ring of arcs one after another; ~n is arc n backwards. Each begins where the one before ended."""
    ring: list[Point] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
        if len(ring) > room:
            raise NotAMap(f"the file has more than {MOST_POINTS:,} points: take a coarser one")
    return ring


def _of_features(data: Mapping[str, Any]) -> Iterator[Outline]:
    for feature in data["features"]:
        geometry = feature["geometry"] or {}
        polygons = _polygons(geometry.get("type", ""), geometry.get("coordinates", []))
        rings = tuple(_ring([(float(x), float(y)) for x, y, *_ in ring]) for polygon in polygons for ring in polygon)
        if rings:
            said = feature.get("properties") or {}
            key = feature.get("id") or said.get("iso_a2") or said.get("ISO_A2") or ""
            yield Outline(str(key), _named(said), rings)


def _polygons(kind: str, held: list[Any]) -> list[Any]:
    match kind:
        case "Polygon":
            return [held]
        case "MultiPolygon":
            return held
        case _:
            return []


def _named(said: Mapping[str, Any] | None) -> str:
    name = str((said or {}).get("name") or (said or {}).get("NAME") or "")
    return "".join(c for c in name if c.isprintable())[:_NAME]


def _ring(points: list[Point]) -> Ring:
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y) and -180.001 <= x <= 180.001 and -90.001 <= y <= 90.001):
            raise NotAMap(f"the point {x}, {y} is not on the earth: longitudes are -180 to 180, latitudes -90 to 90")
    return tuple((round(x, 3), round(y, 3)) for x, y in points)
