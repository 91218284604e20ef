"""Parts of printed pages as HTML for the press. Every text is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from diwan_core.web.language.i18n import direction, language

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ISOLATE, _END = "\u2068", "\u2069"
_STYLE: Final = """
h1 { margin: 0 0 2mm; }
.keep { break-inside: avoid; }
td.n, th.n { text-align: end; white-space: nowrap; }
.grid { margin-block-end: 4mm; }
.grid td { overflow-wrap: break-word; }
.grid td.day { white-space: nowrap; }
.grid thead th { font-weight: bold; }
.ask { margin-block-end: 1.6mm; break-inside: avoid; inline-size: 100%; }
.ask td { padding: .6mm 1.5mm; border: 0; }
.ask .no { inline-size: 8mm; color: #555; }
.ask .answer { inline-size: 78mm; }
.ask .line { border-block-end: .6pt solid #1d2428; }
.ask .end { text-align: end; }
.box { font-family: "DejaVu Sans", sans-serif; }
.code { font-family: "DejaVu Sans Mono", monospace; font-size: 7.5pt; color: #555; }
figure { margin: 0 0 4mm; }
figure svg { width: 176mm; }
"""


def text(value: object) -> str:
    """A text, escaped and set apart from what surrounds it, whatever its direction (UAX #9)."""
    return f"{_ISOLATE}{escape(str(value))}{_END}"


def page(title: str, body: Iterable[str], foot: str, style: str = "") -> str:
    """A whole document in the reader's language."""
    return (
        f'<!doctype html><html lang="{language()}" dir="{direction()}"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title><style>{_STYLE}{style}</style></head><body><div id="foot">{text(foot)}</div>'
        f"{''.join(body)}</body></html>"
    )


def head(title: str, from_: str, below: str = "") -> str:
    """The head of a document: from whom it comes, and its title."""
    under = f'<p class="quiet">{text(below)}</p>' if below else ""
    return f'<header><p class="from"><b>Diwan</b> · {text(from_)}</p><h1>{text(title)}</h1>{under}</header>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose head is repeated on each page. Columns whose heads begin with # hold numbers."""
    sides = [' class="n"' if one.startswith("#") else "" for one in heads]
    top = "".join(f"<th{side}>{escape(one.lstrip('#'))}</th>" for one, side in zip(heads, sides, strict=True))
    body = "".join("<tr>" + "".join(map(_cell, row, sides)) + "</tr>" for row in rows)
    return f'<table class="grid"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: object, side: str) -> str:
    shown = str(value)
    kind = ' class="day"' if _DAY.fullmatch(shown) else side
    return f"<td{kind}>{text(shown)}</td>"
