"""The bill of materials as files: CSV to be filled in with prices and read back, and a workbook for a tender."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from diwan_hardware.prices import CURRENCY, ITEM, PRICE
from diwan_hardware.profile import Item, Profile
from diwan_hardware.purchase import Line, Order, bill, machines

COLUMNS: Final = (
    ITEM, "title", "need", "used", "spare", "quantity", PRICE, CURRENCY, "total", "warranty_months", "life_years",
    "specification", "acceptance", "examples", "alternatives",
)  # fmt: skip
_WIDTHS: Final = {
    ITEM: 26, "title": 44, "need": 10, PRICE: 12, CURRENCY: 10, "total": 14, "specification": 70, "acceptance": 60,
    "examples": 50, "alternatives": 50,
}  # fmt: skip
_HEAD: Final = PatternFill("solid", fgColor="0D5C63")
_TO_FILL: Final = PatternFill("solid", fgColor="FFF7D6")


def as_csv(lines: Iterable[Line]) -> str:
    """The bill as CSV. Prices are filled in in the column `unit_price`, and the file is given back with --prices."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow(_row(line))
    return out.getvalue()


def as_workbook(order: Order, profiles: Mapping[str, Profile], lines: Sequence[Line]) -> bytes:
    """The bill as a workbook: what is required, what is optional, the tight budget, what not to buy. Totals are
    formulas, so that a price typed in shows at once."""
    book = Workbook()
    sheet = book.active
    book.remove(sheet)
    prices = {line.key: line.price for line in lines if line.price}
    counts = dict(machines(order, profiles))
    whole = [
        ("Required", list(bill(_with(order, "usual", False), profiles, prices))),
        (
            "Optional",
            [line for line in bill(_with(order, "usual", True), profiles, prices) if line.item.need == "optional"],
        ),
        ("Tight budget", bill(_with(order, "tight", False), profiles, prices)),
    ]
    for title, found in whole:
        _fill(book.create_sheet(title), found)
    _list(book.create_sheet("What not to buy"), ("Profile", "Do not buy"), [
        (profiles[name].title, text) for name in counts for text in profiles[name].avoid
    ])  # fmt: skip
    _list(book.create_sheet("The place"), ("Profile", "What the place must offer"), [
        (profiles[name].title, text) for name in counts for text in profiles[name].site
    ])  # fmt: skip
    _list(book.create_sheet("Machines"), ("Profile", "Machines", "What for"), [
        (profiles[name].title, count, profiles[name].purpose) for name, count in counts.items()
    ])  # fmt: skip
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with(order: Order, budget: str, optional: bool) -> Order:
    return Order(order.counts, "tight" if budget == "tight" else "usual", optional, order.spares)


def _row(line: Line) -> list[object]:
    item = line.item
    return [
        line.key, item.title, item.need, line.used, line.spare, line.quantity,
        "" if line.price is None else str(line.price.amount), "" if line.price is None else line.price.currency,
        "" if line.cost is None else str(line.cost), item.warranty_months, f"{item.life_years:g}",
        " ".join(item.specification), " ".join(item.acceptance), examples(item), " ".join(item.alternatives),
    ]  # fmt: skip


def examples(item: Item) -> str:
    """The named products of an item: never a demand."""
    return "; ".join(f"e.g. {example.name} ({example.why})" for example in item.examples)


def _fill(sheet: Worksheet, lines: Sequence[Line]) -> None:
    _head(sheet, COLUMNS)
    quantity, price, cost = (get_column_letter(COLUMNS.index(name) + 1) for name in ("quantity", PRICE, "total"))
    for number, line in enumerate(lines, 2):
        row = _row(line)
        row[COLUMNS.index(PRICE)] = None if line.price is None else line.price.amount
        row[COLUMNS.index("total")] = f'=IF({price}{number}="","",{quantity}{number}*{price}{number})'
        row[COLUMNS.index("life_years")] = line.item.life_years
        sheet.append(row)
        for name in (PRICE, CURRENCY):
            sheet.cell(number, COLUMNS.index(name) + 1).fill = _TO_FILL
    last = len(lines) + 1
    if lines:
        sheet.append([None] * len(COLUMNS))
        sheet.cell(last + 1, 2, "Total of what is priced").font = Font(bold=True)
        sheet.cell(last + 1, COLUMNS.index("total") + 1, f"=SUM({cost}2:{cost}{last})").font = Font(bold=True)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{max(last, 1)}"


def _list(sheet: Worksheet, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    _head(sheet, heads)
    for row in rows:
        sheet.append(list(row))
    for number, _head_text in enumerate(heads, 1):
        sheet.column_dimensions[get_column_letter(number)].width = 24 if number == 1 else 90
    _wrap(sheet)


def _head(sheet: Worksheet, heads: Sequence[str]) -> None:
    sheet.append(list(heads))
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
    for number, name in enumerate(heads, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(name, 12)
    sheet.freeze_panes = "A2"


def _wrap(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
