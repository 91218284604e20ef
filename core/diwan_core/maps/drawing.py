"""Draws a map as SVG: outlines of countries with places on them, without a script and legible without colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from diwan_core.maps.frame import Frame, around
from diwan_core.maps.geometry import Outline, Point, Ring

Mark = Literal["good", "warning", "fault", "plain"]
_SHAPES: Final[dict[Mark, str]] = {
    "good": '<circle r="6"/>',
    "warning": '<path d="M0-8 8 6H-8Z"/>',
    "fault": '<path d="M-6-6 6 6M6-6-6 6" fill="none"/>',
    "plain": '<rect x="-5" y="-5" width="10" height="10"/>',
}
"""Each meaning has a shape of its own, so that it does not hang on a colour alone."""
_LEAST_STEP: Final = 0.7
"""Points of a border that would lie closer together than this, in pixels, are left out."""
_LABEL_HEIGHT: Final = 15


@dataclass(frozen=True)
class Place:
    """Something to be shown on a map."""

    longitude: float
    latitude: float
    label: str
    mark: Mark = "plain"
    title: str = ""
    """What is said of it in full, where the pointer rests or a screen reader comes by."""
    href: str = ""

    @property
    def point(self) -> Point:
        """Longitude and latitude."""
        return self.longitude, self.latitude


def draw(
    outlines: Sequence[Outline],
    places: Sequence[Place],
    *,
    home: str = "",
    title: str,
    width: int = 720,
    height: int = 480,
) -> str:
    """An `<svg>` element that shows all places, and the country `home` (alpha-2) whole where it is given."""
    own = [one for one in outlines if home and one.key == home]
    frame = around(
        [place.point for place in places] + [point for one in own for point in _main_part(one)], width, height
    )
    parts = [
        f'<svg class="map" role="img" direction="ltr" viewBox="0 0 {width} {height}"'
        ' xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
        f'<rect class="map-sea" width="{width}" height="{height}"/>',
        *_countries(outlines, home, frame),
        *_places(places, frame),
        "</svg>",
    ]
    return "".join(parts)


def _main_part(outline: Outline) -> Ring:
    """The part of a country with the most points: islands over the sea do not make its map small."""
    return max(outline.rings, key=len)


def _countries(outlines: Iterable[Outline], home: str, frame: Frame) -> Iterator[str]:
    for outline in outlines:
        path = "".join(_path(ring, frame) for ring in outline.rings)
        if path:
            kind = "map-home" if home and outline.key == home else "map-land"
            yield f'<path class="{kind}" fill-rule="evenodd" d="{path}"/>'


def _path(ring: Ring, frame: Frame) -> str:
    """A ring as the `d` of a path; "" where none of it is within the frame."""
    drawn: list[tuple[float, float]] = []
    before = frame.longitude
    low = [float(frame.width), float(frame.height)]
    high = [0.0, 0.0]
    for longitude, latitude in ring:
        before = frame.near(longitude, before)
        x, y = frame.draw((before, latitude))
        low, high = [min(low[0], x), min(low[1], y)], [max(high[0], x), max(high[1], y)]
        if not drawn or abs(x - drawn[-1][0]) + abs(y - drawn[-1][1]) >= _LEAST_STEP:
            drawn.append((x, y))
    if len(drawn) < 3 or high[0] <= 0 or high[1] <= 0 or low[0] >= frame.width or low[1] >= frame.height:
        return ""
    return "M" + "L".join(f"{_within(x)} {_within(y)}" for x, y in drawn) + "Z"


def _within(value: float) -> str:
    """A coordinate; what lies far outside is brought nearer, since drawing programs stumble over large numbers."""
    return f"{max(-20_000.0, min(20_000.0, value)):.1f}"


def _places(places: Sequence[Place], frame: Frame) -> Iterator[str]:
    taken: list[tuple[float, float]] = []
    for place in sorted(places, key=lambda one: (-one.latitude, one.longitude)):
        x, y = frame.place(place.point)
        sideways, anchor = (-10, "end") if x > frame.width * 0.7 else (10, "start")
        beside = y + 4
        while any(abs(beside - other) < _LABEL_HEIGHT and abs(x - at) < 110 for at, other in taken):
            beside += _LABEL_HEIGHT
        taken.append((x, beside))
        shown = (
            f'<g class="map-place map-{place.mark}"><g transform="translate({x:.1f} {y:.1f})">'
            f"<title>{escape(place.title or place.label)}</title>{_SHAPES[place.mark]}</g>"
            f'<text x="{x + sideways:.1f}" y="{beside:.1f}" text-anchor="{anchor}" unicode-bidi="plaintext">'
            f"{escape(place.label)}</text></g>"
        )
        yield f'<a href="{escape(place.href)}">{shown}</a>' if place.href else shown
