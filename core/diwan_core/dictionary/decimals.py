"""Exact decimal numbers as text."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from .problem import N_

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_EXACT: Final = Context(prec=100)
_STEP: Final = Decimal("1e-9")
_LARGEST: Final = Decimal("1e12")


class NotADecimal(ValueError):
    """The text is not a number the register can hold exactly; the message says why."""


def decimal_text(value: str | int | Decimal, *, exact: bool = False) -> str:
    """A number in the one form that documents hold: digits and a point, no sign, exponent or needless zero
    ("0.45359237").

    Range 0 and 1e-9 … 1e12, at most nine digits after the point. A number with more is rounded half to even (a
    billionth of a kilogram is a microgram); with exact=True it is refused instead. A number that would round to zero
    is refused: it is not zero. Raises NotADecimal. A float is refused: it has already lost what was written.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise NotADecimal(f"{type(value).__name__} is not exact; give the digits as text")
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text) is None:
            raise NotADecimal(N_("not a number; write it with digits and a point, for example 1234.5"))
        number = Decimal(text)
    elif isinstance(value, int):
        if abs(value) > 10**12:
            raise NotADecimal(N_("larger than 1000000000000"))
        number = Decimal(value)
    else:
        number = value
    if not number.is_finite():
        raise NotADecimal(N_("not a number"))
    if number < 0:
        raise NotADecimal(N_("less than zero"))
    if number > _LARGEST:
        raise NotADecimal(N_("larger than 1000000000000"))
    rounded = number.copy_abs().quantize(_STEP, rounding=ROUND_HALF_EVEN, context=_EXACT)
    if rounded != number:
        if exact:
            raise NotADecimal(N_("more than nine digits after the point"))
        if not rounded:
            raise NotADecimal(N_("smaller than 0.000000001, yet not zero"))
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".")
