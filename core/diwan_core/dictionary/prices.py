"""What goods are worth by the national price table: suggestions for a person, shown with the day of the
price, and never kept by themselves."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, NamedTuple

from .amounts import OF_UNIT, Amounts
from .decimals import NotADecimal, decimal_text
from .units import UNITS

_EXACT: Final = Context(prec=100)
_CENT: Final = Decimal("0.01")


class Price(NamedTuple):
    """One `per` of goods is worth `price`, for what happened from one day to another ("" = no end)."""

    record: str
    product_group: str
    sub_group: str
    hs_code: str
    per: str
    price: str
    currency: str
    value_kind: str
    valid_from: str
    valid_until: str
    source: str


class Suggestion(NamedTuple):
    """A value for a goods line, and the price it is from."""

    value: str
    price: Price


def suggest(line: Mapping[str, Any], amounts: Amounts, prices: Iterable[Price], day: str) -> list[Suggestion]:
    """The values of a goods line, one for each kind of value, each by the price that fits best: for its HS code rather
    than for its sub-group, for that rather than for its product group, and of these the one that began last before the
    day ("" = of all). None where no price fits, or the line's amount is not known in the unit of the price."""
    fitting = (price for price in prices if _fits(line, price) and _holds(price, day))
    found: dict[str, Suggestion] = {}
    for price in sorted(fitting, key=_rank, reverse=True):
        if price.value_kind not in found and (value := _value(line, amounts, price)) is not None:
            found[price.value_kind] = Suggestion(value, price)
    return list(found.values())


def _fits(line: Mapping[str, Any], price: Price) -> bool:
    heading = line.get("hs_code")
    return (
        line.get("product_group") == price.product_group
        and (not price.sub_group or line.get("sub_group") == price.sub_group)
        and (not price.hs_code or (isinstance(heading, str) and heading.startswith(price.hs_code)))
    )


def _holds(price: Price, day: str) -> bool:
    return not day or (price.valid_from <= day and (not price.valid_until or day <= price.valid_until))


def _rank(price: Price) -> tuple[int, bool, str, str]:
    return len(price.hs_code), bool(price.sub_group), price.valid_from, price.record


def _value(line: Mapping[str, Any], amounts: Amounts, price: Price) -> str | None:
    """The number of units times the price, rounded once to a hundredth."""
    number, size = line.get("quantity") if line.get("unit") == price.per else None, Decimal(1)
    if not isinstance(number, str):
        base, size = UNITS.get(price.per, ("", size))
        number = getattr(amounts, OF_UNIT[base]) if base in OF_UNIT else None
    if number is None:
        return None
    try:
        exact = _EXACT.divide(_EXACT.multiply(Decimal(decimal_text(number)), Decimal(price.price)), size)
        return decimal_text(exact.quantize(_CENT, rounding=ROUND_HALF_EVEN, context=_EXACT))
    except (NotADecimal, ArithmeticError):
        return None
