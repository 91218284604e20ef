"""Exact decimal numbers as text, and conversion of quantities to kilograms, pieces or litres."""

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


KILOGRAM: Final = "KGM"
PIECE: Final = "C62"
LITRE: Final = "LTR"

# Conversion factors of UNECE Recommendation 20, exact. Pound, ounce, grain: yard and pound agreement of 1959.
_KILOGRAMS: Final = {
    "KGM": "1", "GRM": "0.001", "MGM": "0.000001", "MC": "0.000000001", "CGM": "0.00001", "DG": "0.0001", "DJ": "0.01",
    "HGM": "0.1", "DTN": "100", "TNE": "1000", "KTN": "1000000", "2U": "1000", "TV": "1000", "HK": "100",
    "LBR": "0.45359237", "ONZ": "0.028349523125", "OZ": "0.028349523125", "GRN": "0.00006479891",
    "APZ": "0.0311034768", "LBT": "0.3732417216", "STI": "6.35029318", "STN": "907.18474", "LTN": "1016.0469088",
    "CWA": "45.359237", "CWI": "50.80234544", "DRA": "0.0017718451953125", "DRI": "0.0017718451953125",
    "CTM": "0.0002", "58": "1", "E4": "1", "53": "1",
}  # fmt: skip
_PIECES: Final = {
    "C62": "1", "H87": "1", "EA": "1", "NAR": "1", "PR": "2", "NPR": "2", "TPR": "20", "DZN": "12", "DPC": "12",
    "DPR": "24", "HD": "6", "GRO": "144", "GGR": "1728", "CEN": "100", "HC": "100", "MIL": "1000", "T3": "1000",
    "STK": "1", "STC": "1", "TTS": "10000", "MIO": "1000000",
}  # fmt: skip
_LITRES: Final = {
    "LTR": "1", "MLT": "0.001", "CLT": "0.01", "DLT": "0.1", "A44": "10", "HLT": "100", "K6": "1000", "MAL": "1000000",
    "4G": "0.000001", "MTQ": "1000", "DMQ": "1", "CMQ": "0.001", "MMQ": "0.000001", "GLL": "3.785411784",
    "GLI": "4.54609", "OZA": "0.0295735295625", "OZI": "0.0284130625", "PT": "0.473176473", "PTL": "0.473176473",
    "PTI": "0.56826125", "QT": "0.946352946", "QTL": "0.946352946", "QTI": "1.1365225", "BLL": "158.987294928",
    "D40": "1000", "H2": "0.5",
}  # fmt: skip
_FACTORS: Final = {
    unit: (base, Decimal(factor))
    for base, factors in ((KILOGRAM, _KILOGRAMS), (PIECE, _PIECES), (LITRE, _LITRES))
    for unit, factor in factors.items()
}


def normalise(quantity: str, unit: str) -> tuple[str, str] | None:
    """The quantity in kilograms, pieces or litres: ("0.907184740" …) as (decimal text, "KGM" | "C62" | "LTR").

    `quantity` is a canonical decimal, `unit` a code of Recommendation 20. None where the unit has no fixed factor (a
    carton, a bag) or the result does not fit: unknown is not zero.
    """
    found = _FACTORS.get(unit)
    if found is None:
        return None
    base, factor = found
    try:
        return decimal_text(_EXACT.multiply(Decimal(decimal_text(quantity)), factor)), base
    except NotADecimal:
        return None
