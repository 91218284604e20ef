"""Small pieces of HTML for the press; every text is escaped here and nowhere else."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from diwan_core.web.paper.press import NotPrinted, print_paper

_TYPED: Final = re.compile(r"`([^`]+)`")


class NoPaper(Exception):
    """The PDF was not made; the message says why and what to do."""


def press(html: str) -> bytes:
    """The PDF of a page. Raises NoPaper."""
    with tempfile.TemporaryDirectory(prefix="diwan-paper-") as folder:
        try:
            return print_paper(html, {}, Path(folder))
        except NotPrinted as error:
            raise NoPaper(
                f"The PDF was not made: {error}. The packages libpango-1.0-0, libpangoft2-1.0-0, "
                "libharfbuzz-subset0 and "
                "fonts-noto-core must be installed; order less at once if it became too large."
            ) from error


def text(value: object) -> str:
    """A text, escaped and set apart from what surrounds it, whatever its direction (UAX #9)."""
    return f"\u2068{escape(str(value))}\u2069"


def prose(value: str) -> str:
    """A sentence, escaped; what stands between `marks` is what somebody types."""
    return _TYPED.sub(r"<code>\1</code>", escape(value))


def paragraph(value: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{kind}">{prose(value)}</p>' if kind else f"<p>{prose(value)}</p>"


def items(values: Iterable[str], kind: str = "ul") -> str:
    """A list of sentences; nothing where there are none."""
    rows = "".join(f"<li>{prose(value)}</li>" for value in values)
    return f"<{kind}>{rows}</{kind}>" if rows else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], kind: str = "") -> str:
    """A table with a head that is repeated on each page. Columns that begin with # hold numbers."""
    sides = [' class="n"' if head.startswith("#") else "" for head in heads]
    top = "".join(f"<th{side}>{escape(head.lstrip('#'))}</th>" for head, side in zip(heads, sides, strict=True))
    body = "".join(f"<tr>{_cells(row, sides)}</tr>" for row in rows)
    return f'<table class="grid {kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _cells(row: Sequence[object], sides: Sequence[str]) -> str:
    return "".join(f"<td{side}>{escape(str(cell))}</td>" for cell, side in zip(row, sides, strict=True))
