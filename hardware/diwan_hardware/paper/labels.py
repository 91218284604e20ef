"""Sheets of asset labels on A4: number, QR code, what it is, whose it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import segno

from diwan_hardware.asset_tag import QR_PREFIX
from diwan_hardware.paper.html import text

_A4_MM: Final = (210.0, 297.0)
MOST: Final = 480
"""At once: twenty sheets."""


class BadSheet(Exception):
    """The labels do not fit on the sheet; the message says which number to change."""


@dataclass(frozen=True)
class Sheet:
    """How a sheet of labels is cut, in millimetres. Without other numbers: 24 labels of 70 × 37."""

    columns: int = 3
    rows: int = 8
    width: float = 70.0
    height: float = 37.0
    left: float = 0.0
    top: float = 0.5

    def __post_init__(self) -> None:
        if not (1 <= self.columns <= 10 and 1 <= self.rows <= 30):
            raise BadSheet(f"{self.columns} × {self.rows} labels: write 1 to 10 columns and 1 to 30 rows.")
        if self.width < 40 or self.height < 20:
            raise BadSheet(
                f"{self.width:g} × {self.height:g} mm is too small for a QR code and a number: at least 40 × 20."
            )
        for name, used, whole in (
            ("columns", self.left + self.columns * self.width, _A4_MM[0]),
            ("rows", self.top + self.rows * self.height, _A4_MM[1]),
        ):
            if used > whole + 0.5 or self.left < 0 or self.top < 0:
                raise BadSheet(f"the {name} need {used:g} mm and A4 has {whole:g}: fewer {name}, or smaller labels.")

    @property
    def on_a_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows


def labels(tags: Sequence[str], sheet: Sheet, owner: str, kind: str = "", used: int = 0) -> str:
    """The HTML of sheets with these numbers; the first `used` places of the first sheet are left empty."""
    if not 0 <= used < sheet.on_a_page:
        raise BadSheet(f"{used} labels are used already: write 0 to {sheet.on_a_page - 1}.")
    places = [""] * used + [_label(tag, sheet, owner, kind) for tag in tags]
    pages = [places[start : start + sheet.on_a_page] for start in range(0, len(places), sheet.on_a_page)]
    body = "".join(f'<table class="sheet">{_rows(page, sheet)}</table>' for page in pages)
    return (
        '<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>Asset labels</title>'
        f"<style>{_style(sheet)}</style></head><body>{body}</body></html>"
    )


def _rows(page: Sequence[str], sheet: Sheet) -> str:
    rows = [page[start : start + sheet.columns] for start in range(0, len(page), sheet.columns)]
    return "".join(
        "<tr>" + "".join(f"<td>{each}</td>" for each in [*row, *[""] * (sheet.columns - len(row))]) + "</tr>"
        for row in rows
    )


def _label(tag: str, sheet: Sheet, owner: str, kind: str) -> str:
    words = f'<div class="tag">{escape(tag)}</div>'
    if kind:
        words += f'<div class="kind">{text(kind)}</div>'
    words += f'<div class="owner">{text(owner)}</div>' if owner else ""
    return f'<table class="label"><tr><td class="qr">{_qr(tag)}</td><td class="words">{words}</td></tr></table>'


def _qr(tag: str) -> str:
    out = io.BytesIO()
    # correction Q: a quarter of the code may be scratched off
    segno.make(QR_PREFIX + tag, error="q", micro=False).save(
        out, kind="svg", xmldecl=False, border=2, dark="#000", omitsize=True
    )
    return out.getvalue().decode()


def _style(sheet: Sheet) -> str:
    size = min(sheet.height - 8, sheet.width * 0.4)
    return f"""
@page {{
  size: A4; margin: {sheet.top}mm 0 0 {sheet.left}mm;
  @bottom-left {{ content: none; }}
  @bottom-right {{ content: none; }}
}}
.sheet {{ border-collapse: collapse; table-layout: fixed; inline-size: {sheet.columns * sheet.width}mm; }}
.sheet {{ break-after: page; }}
.sheet:last-child {{ break-after: auto; }}
.sheet > tbody > tr > td {{ inline-size: {sheet.width}mm; block-size: {sheet.height}mm; padding: 0; border: 0; }}
.sheet > tbody > tr > td {{ vertical-align: middle; }}
.label {{ border-collapse: collapse; margin: 0 4mm; inline-size: {sheet.width - 8}mm; }}
.label td {{ border: 0; padding: 0; vertical-align: middle; }}
.label td.qr {{ inline-size: {size}mm; }}
.qr svg {{ inline-size: {size}mm; block-size: {size}mm; display: block; }}
.label td.words {{ padding-inline-start: 2mm; }}
.tag {{ font: bold 11pt "DejaVu Sans Mono", monospace; white-space: nowrap; }}
.kind {{ font-size: 7.5pt; }}
.owner {{ font-size: 6.5pt; color: #333; line-height: 1.25; }}
"""
