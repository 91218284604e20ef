"""Converts places on the earth to points of a drawing, in a frame around what is shown, with north above.

Over the width of a country it is enough to shorten degrees of longitude by the cosine of the middle latitude
(equirectangular projection); nothing is measured on these maps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from diwan_core.maps.geometry import Point

MARGIN: Final = 0.08
SMALLEST: Final = 1.0
"""Degrees that are shown at the least: a single place has surroundings."""


@dataclass(frozen=True)
class Frame:
    """The frame of a drawing: the middle in degrees, and the size in pixels."""

    longitude: float
    latitude: float
    scale: float
    """Pixels to a degree of latitude."""
    width: int
    height: int

    def place(self, point: Point) -> Point:
        """The point of a place in the drawing; x may lie outside of it."""
        return self.draw((self.near(point[0], self.longitude), point[1]))

    def draw(self, point: Point) -> Point:
        """The same for a longitude that has been brought near the middle already, and may be over 180."""
        across = self.scale * math.cos(math.radians(self.latitude))
        x = self.width / 2 + (point[0] - self.longitude) * across
        return x, self.height / 2 - (point[1] - self.latitude) * self.scale

    @staticmethod
    def near(longitude: float, other: float) -> float:
        """The same meridian, at most half way round the earth from the other."""
        return other + (longitude - other + 540) % 360 - 180


def around(points: Iterable[Point], width: int, height: int) -> Frame:
    """The frame that shows all of these; the whole earth where there are none."""
    held = list(points)
    if not held:
        return Frame(0.0, 0.0, min(width / 360, height / 180), width, height)
    left, right = _span(sorted(x for x, _ in held))
    bottom, top = min(y for _, y in held), max(y for _, y in held)
    latitude = (bottom + top) / 2
    shortened = max(0.05, math.cos(math.radians(latitude)))
    wide = max(right - left, SMALLEST) * shortened * (1 + 2 * MARGIN)
    high = max(top - bottom, SMALLEST) * (1 + 2 * MARGIN)
    middle = Frame.near((left + right) / 2, 0.0)
    return Frame(middle, latitude, min(width / wide, height / high), width, height)


def _span(longitudes: list[float]) -> tuple[float, float]:
    """The shortest stretch of meridians that holds all: everything but the widest gap between two neighbours."""
    gaps = [(following - one, place + 1) for place, (one, following) in enumerate(pairwise(longitudes))]
    gaps.append((longitudes[0] + 360 - longitudes[-1], 0))
    _, first = max(gaps)
    return longitudes[first], longitudes[first - 1] + (360 if first else 0)
