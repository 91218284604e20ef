"""Plots as small SVG files, legible on a light page and on a dark one, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 640
_LEFT: Final = 190
_RIGHT: Final = 70
_ROW: Final = 24
_TOP: Final = 34
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#57606a}.t{font-weight:600}.e{text-anchor:end}.m{text-anchor:middle}"
    ".a{fill:#2f6fb0}.b{fill:#98a2ad}.g{stroke:#98a2ad;stroke-opacity:.35}.x{stroke:#c2571a;stroke-dasharray:5 3}"
    ".k{fill:#c2571a}.s{fill:none;stroke:#2f6fb0;stroke-width:1.6}.s.b{stroke:#98a2ad}"
    "@media(prefers-color-scheme:dark){text{fill:#a5afba}.a{fill:#5b9bd9}.s{stroke:#5b9bd9}.k{fill:#e08a4f}"
    ".x{stroke:#e08a4f}}"
)


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart; `ours` tells it from those it is compared with."""

    label: str
    value: float
    ours: bool = True


@dataclass(frozen=True)
class Curve:
    """Points by x. `steps` joins them as a count that grows; else each is a dot."""

    label: str
    points: Sequence[tuple[float, float]]
    steps: bool = False
    ours: bool = True


def bars(title: str, unit: str, items: Sequence[Bar], asked: float | None = None, digits: int = 0) -> str:
    """Horizontal bars from zero, with a line at what is asked."""
    most = max([item.value for item in items] + ([asked] if asked is not None else []))
    scale = (WIDTH - _LEFT - _RIGHT) / most
    height = _TOP + _ROW * len(items) + (26 if asked is not None else 8)
    out = [_text(0, 16, f"{title}, {unit}", "t")]
    for at, item in enumerate(items):
        top = _TOP + _ROW * at
        length = item.value * scale
        out.append(_text(_LEFT - 8, top + 13, item.label, "e"))
        kind = "a" if item.ours else "b"
        out.append(f'<rect class="{kind}" x="{_LEFT}" y="{top + 2}" width="{length:.1f}" height="15" rx="2"/>')
        out.append(_text(_LEFT + length + 6, top + 14, f"{item.value:,.{digits}f}"))
    if asked is not None:
        x, bottom = _LEFT + asked * scale, _TOP + _ROW * len(items)
        out.append(f'<line class="x" x1="{x:.1f}" y1="{_TOP - 4}" x2="{x:.1f}" y2="{bottom}"/>')
        out.append(_text(x, bottom + 15, f"asked {asked:,.{digits}f}", "k m"))
    return _svg(title, height, out)


def curves(title: str, across: str, up: str, drawn: Sequence[Curve], asked: float | None = None) -> str:
    """Curves and dots over time, with a line at what is asked."""
    left, right, top, bottom, height = 56, 12, 44, 44, 270
    xs = [x for curve in drawn for x, _ in curve.points]
    ys = [y for curve in drawn for _, y in curve.points] + ([asked] if asked is not None else [])
    x_step, y_step = _step(max(xs)), _step(max(ys))
    x_most, y_most = _round_up(max(xs), x_step), _round_up(max(ys), y_step)

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x / x_most * (WIDTH - left - right), height - bottom - y / y_most * (height - top - bottom)

    out = [_text(0, 16, title, "t"), _text(0, 34, up)]
    for number in range(round(y_most / y_step) + 1):
        _, y = place(0, number * y_step)
        out.append(f'<line class="g" x1="{left}" y1="{y:.1f}" x2="{WIDTH - right}" y2="{y:.1f}"/>')
        out.append(_text(left - 6, y + 4, f"{number * y_step:,g}", "e"))
    for number in range(round(x_most / x_step) + 1):
        x, _ = place(number * x_step, 0)
        out.append(_text(x, height - bottom + 16, f"{number * x_step:,g}", "m"))
    out.append(_text(WIDTH - right, height - 8, across, "e"))
    key = left
    for curve in drawn:
        places = [place(x, y) for x, y in curve.points]
        kind = "a" if curve.ours else "b"
        if curve.steps:
            out.append(f'<path class="s {kind}" d="{_steps(places)}"/>')
        else:
            out += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="1.7"/>' for x, y in places]
        out.append(f'<rect class="{kind}" x="{key}" y="{height - 18}" width="10" height="10" rx="2"/>')
        out.append(_text(key + 15, height - 8, curve.label))
        key += 34 + 7 * len(curve.label)
    if asked is not None:
        _, y = place(0, asked)
        out.append(f'<line class="x" x1="{left}" y1="{y:.1f}" x2="{WIDTH - right}" y2="{y:.1f}"/>')
        out.append(_text(WIDTH - right, y - 5, f"asked {asked:,g}", "k e"))
    return _svg(title, height, out)


def _steps(places: Sequence[tuple[float, float]]) -> str:
    (x, y), *rest = places
    return f"M{x:.1f} {y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in rest)


def _step(most: float) -> float:
    """A round distance of which four to eight go into `most`."""
    unit = 1.0
    while most / unit > 80:
        unit *= 10
    while most / unit < 8:
        unit /= 10
    return next(unit * times for times in (1, 2, 5, 10, 20) if most / (unit * times) <= 8)


def _round_up(most: float, step: float) -> float:
    return step * max(1, -(-most // step))


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">\n<style>{_STYLE}</style>\n{inside}\n</svg>\n'
    )
