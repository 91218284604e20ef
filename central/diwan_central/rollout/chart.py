"""Draws the plan as a chart of bars over time (a Gantt chart): SVG made by the server, without a script.

Time runs in the reader's direction: to the right, in Arabic to the left. Each state has a look of its own beside its
colour, and everything stands in the table too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Final

_WIDTH: Final = 960
_LABEL: Final = 170
_LANE: Final = 12
_PAD: Final = 5
_HEAD: Final = 26
_MONTHS_SHOWN: Final = 14
_LETTERS: Final = 26
_ROOM: Final = 48
"""For the words of a month beside its line."""
_COLOURS: Final[Mapping[str, str]] = {
    "done": "#1d6238", "under_way": "#0d5c63", "planned": "#ffffff", "late": "#fbeae7",
}  # fmt: skip
"""For paper, where no stylesheet reaches into the drawing; in the console the stylesheet says otherwise."""


@dataclass(frozen=True)
class Bar:
    """A stretch of time: days as YYYY-MM-DD, a state of milestones, and what is said of it in full."""

    starts: str
    ends: str
    state: str
    title: str


@dataclass(frozen=True)
class ChartRow:
    """A line of the chart."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class _Scale:
    first: date
    days: int
    right_to_left: bool

    def x(self, day: date) -> float:
        """The point where a day begins; mirrored in languages that run to the left."""
        along = _LABEL + (_WIDTH - _LABEL - 8) * (day - self.first).days / self.days
        return _WIDTH - along if self.right_to_left else along

    def label_x(self) -> float:
        return _WIDTH - 2 if self.right_to_left else 2


def chart(rows: Sequence[ChartRow], today: date, title: str, today_words: str, *, right_to_left: bool) -> str:
    """An `<svg>` element; "" where no row has a bar."""
    days = [date.fromisoformat(day) for row in rows for bar in row.bars for day in (bar.starts, bar.ends)]
    if not days:
        return ""
    first = min(days).replace(day=1)
    scale = _Scale(first, max(28, (max(days) - first).days + 7), right_to_left)
    lanes = [_lanes(row.bars) for row in rows]
    heights = [max(2, 1 + max(lane, default=0)) * _LANE + 2 * _PAD for lane in lanes]
    height = _HEAD + sum(heights) + 4
    way = "rtl" if right_to_left else "ltr"
    parts = [
        f'<svg class="chart" role="img" direction="{way}" viewBox="0 0 {_WIDTH} {height}"'
        f' xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12"><title>{escape(title)}</title>',
        *_months(scale, max(days), height),
        *_today(scale, today, max(days), height, today_words),
    ]
    top = _HEAD
    for row, lane, tall in zip(rows, lanes, heights, strict=True):
        parts += _row(row, lane, top, tall, scale)
        top += tall
    return "".join([*parts, "</svg>"])


def _lanes(bars: Sequence[Bar]) -> list[int]:
    """The lane of each bar: the first in which nothing is at that time."""
    ends: list[str] = []
    found = []
    for bar in bars:
        lane = next((number for number, end in enumerate(ends) if end < bar.starts), len(ends))
        if lane == len(ends):
            ends.append(bar.ends)
        else:
            ends[lane] = bar.ends
        found.append(lane)
    return found


def _months(scale: _Scale, last: date, height: int) -> Iterator[str]:
    months = (last.year - scale.first.year) * 12 + last.month - scale.first.month + 1
    step = next((step for step in (1, 2, 3, 6) if months <= step * _MONTHS_SHOWN), 0)
    step = step or 12 * -(-months // (12 * _MONTHS_SHOWN))
    for number in range(0, months + 1, step):
        year, month = divmod(scale.first.year * 12 + scale.first.month - 1 + number, 12)
        day = date(year, month + 1, 1)
        x = scale.x(day)
        if day > last + timedelta(days=6) or not _ROOM < x < _WIDTH - _ROOM:
            continue
        yield f'<path class="chart-month" stroke="#d9d8d1" d="M{x:.1f} {_HEAD - 6}V{height - 4}"/>'
        beside = x - 3 if scale.right_to_left else x + 3
        yield (
            f'<text class="chart-quiet" fill="#59636a" x="{beside:.1f}" y="13" font-size="11" direction="ltr" '
            f'text-anchor="{"end" if scale.right_to_left else "start"}">{day:%Y-%m}</text>'
        )


def _today(scale: _Scale, today: date, last: date, height: int, words: str) -> Iterator[str]:
    if scale.first <= today <= last + timedelta(days=6):
        yield (
            f'<path class="chart-today" stroke="#b45a00" stroke-width="2" stroke-dasharray="4 3" '
            f'd="M{scale.x(today):.1f} {_HEAD - 6}V{height - 4}"><title>{escape(words)}</title></path>'
        )


def _row(row: ChartRow, lanes: Sequence[int], top: int, tall: int, scale: _Scale) -> Iterator[str]:
    yield f'<path class="chart-month" stroke="#d9d8d1" d="M0 {top}H{_WIDTH}"/>'
    label = row.label if len(row.label) <= _LETTERS else row.label[: _LETTERS - 1] + "…"
    # `start` is the side at which the line of the drawing's own direction begins: right where it runs to the left
    yield (
        f'<text class="chart-label" fill="#1d2428" x="{scale.label_x():.0f}" y="{top + tall / 2 + 4:.0f}" '
        f'text-anchor="start"><title>{escape(row.label)}</title>{escape(label)}</text>'
    )
    for bar, lane in zip(row.bars, lanes, strict=True):
        begin = scale.x(date.fromisoformat(bar.starts))
        end = scale.x(date.fromisoformat(bar.ends) + timedelta(days=1))
        left, wide = min(begin, end), max(2.0, abs(end - begin) - 1)
        y = top + _PAD + lane * _LANE
        yield (
            f'<g class="chart-{bar.state}"><title>{escape(bar.title)}</title><rect x="{left:.1f}" y="{y}" '
            f'width="{wide:.1f}" height="{_LANE - 3}" rx="2" fill="{_COLOURS[bar.state]}" stroke="#1d2428"/>'
            f"{_mark(bar.state, left, y, wide)}</g>"
        )


def _mark(state: str, left: float, y: int, wide: float) -> str:
    """The sign that shows a state without its colour: a cross for late, a half-filled bar for under way."""
    middle, low = left + wide / 2, y + _LANE - 3
    if state == "late":
        return (
            f'<path stroke="#a3231b" stroke-width="1.5" d="M{middle - 3:.1f} {y + 1.5}L{middle + 3:.1f} {low - 1.5}'
            f'M{middle + 3:.1f} {y + 1.5}L{middle - 3:.1f} {low - 1.5}"/>'
        )
    if state == "under_way":
        return f'<path stroke="#ffffff" stroke-width="1.5" d="M{left + 2:.1f} {y + 4.5}H{left + wide - 2:.1f}"/>'
    return ""
