"""Draws two numbers for each of some words as bars, one above the other: SVG made by the server, without a script.

Widths are shares of the drawing, so that letters keep their size on a phone. The later number is a filled bar and the
earlier one an outlined, hatched one; both have their figures beside them, so that nothing hangs on a colour. Bars begin
at the side where lines of the language begin. A table with the same figures stands beside each drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

_WIDEST: Final = 82
"""Share of the drawing that the longest bar has; the rest is for its figure."""
_ROW: Final = 58
_BAR: Final = 14


class Pair(NamedTuple):
    """A word with its two numbers, and the sentence that says both."""

    label: str
    now: int
    before: int
    said: str


def bars(pairs: Sequence[Pair], title: str, description: str, *, right_to_left: bool) -> str:
    """An `<svg>` element; "" where there is nothing to compare."""
    most = max((number for pair in pairs for number in (pair.now, pair.before)), default=0)
    if not most:
        return ""
    height = _ROW * len(pairs)
    parts = [
        f'<svg class="bars" role="img" direction="{"rtl" if right_to_left else "ltr"}" width="100%" height="{height}" '
        'aria-labelledby="bars-title bars-desc" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="bars-title">{escape(title)}</title><desc id="bars-desc">{escape(description)}</desc>'
        '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="bars-line" d="M0 0V6"/></pattern></defs>'
    ]
    for number, pair in enumerate(pairs):
        parts += _pair(pair, number * _ROW, most, right_to_left)
    return "".join([*parts, "</svg>"])


def _pair(pair: Pair, top: int, most: int, right_to_left: bool) -> Iterator[str]:
    # `start` is the side where the drawing's own lines begin: right where they run to the left
    edge = 100 if right_to_left else 0
    yield f"<g><title>{escape(pair.said)}</title>"
    yield f'<text x="{edge}%" y="{top + 16}" text-anchor="start">{escape(pair.label)}</text>'
    for kind, number, y in (("now", pair.now, top + 22), ("before", pair.before, top + 22 + _BAR + 2)):
        wide = _WIDEST * number / most
        left = 100 - wide if right_to_left else 0
        end = 100 - wide if right_to_left else wide
        yield f'<rect class="bars-{kind}" x="{left:.1f}%" y="{y}" width="{wide:.1f}%" height="{_BAR}"/>'
        yield (
            f'<text class="bars-number" x="{end:.1f}%" dx="{-6 if right_to_left else 6}" y="{y + _BAR - 3}" '
            f'text-anchor="start">{number}</text>'
        )
    yield "</g>"
