"""Reads the prices that the administration filled into the bill's CSV. A wrong price is refused with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from diwan_hardware.purchase import Price

ITEM, PRICE, CURRENCY = "item", "unit_price", "currency"
_LARGEST: Final = 4 * 1024 * 1024
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_MOST: Final = Decimal(10) ** 12


class BadPrices(Exception):
    """The prices cannot be used; a line for each fault, with its line in the file and the remedy."""


def read_prices(file: Path, known: Collection[str]) -> dict[str, Price]:
    """The prices of a filled-in bill, by item. Lines without a price are left out. Raises BadPrices."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadPrices(f"{file}: cannot be read ({error.strerror}).") from error
    if len(content) > _LARGEST:
        raise BadPrices(f"{file}: is larger than {_LARGEST // 1024**2} MB and is not a bill of materials.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPrices(f'{file}: is no CSV in UTF-8. Save it as "CSV UTF-8".') from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    missing = [name for name in (ITEM, PRICE, CURRENCY) if name not in (reader.fieldnames or ())]
    if missing:
        raise BadPrices(
            f"{file}: has no column {', '.join(missing)}. Fill in the CSV that `diwan hardware plan --csv` wrote."
        )
    prices: dict[str, Price] = {}
    try:
        faults = list(_read(reader, prices, known))
    except csv.Error as error:
        raise BadPrices(f"{file}: line {reader.line_num}: {error}. Correct that line.") from error
    if faults:
        raise BadPrices("\n".join(f"{file}: {fault}" for fault in faults))
    return prices


def _read(reader: csv.DictReader[str], prices: dict[str, Price], known: Collection[str]) -> Iterator[str]:
    for row in reader:
        where = f"line {reader.line_num}"
        key, written, currency = ((row.get(name) or "").strip() for name in (ITEM, PRICE, CURRENCY))
        if not written:
            continue
        if key not in known:
            yield f"{where}: {key!r} is not an item. Keep the column `{ITEM}` as the bill has it."
            continue
        if key in prices:
            yield f"{where}: {key} has a price already. Keep one line of the two."
            continue
        amount = _amount(written)
        if amount is None:
            yield (
                f"{where}: {PRICE} {written!r} is not a price. Write digits and a point, such as 48.50, without a "
                "currency."
            )
        elif not _CURRENCY.fullmatch(currency):
            yield (
                f"{where}: {CURRENCY} {currency!r} is not a currency. Write three capital letters (ISO "
                f"4217), such as USD."
            )
        elif prices and currency != (other := next(iter(prices.values())).currency):
            yield f"{where}: the price is in {currency}, those above are in {other}. Write all in one currency."
        else:
            prices[key] = Price(amount, currency)


def _amount(written: str) -> Decimal | None:
    """A price that can be read in one way only: 48.50. Texts such as 1,200 and 48,50 are refused, not guessed at."""
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", written, re.ASCII):
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return None
    return amount if amount < _MOST else None
