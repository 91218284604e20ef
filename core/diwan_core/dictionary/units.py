"""What one of each unit of measurement is in kilograms, pieces, litres, cubic metres or metres: the one table of
conversions.

Codes and factors are those of UNECE Recommendation 20, exact by definition. Pound, ounce and grain, foot and yard: the
international yard and pound agreement of 1959; the gallon of the United States has 231 cubic inches."""

from decimal import Context, Decimal
from typing import Final

from .decimals import NotADecimal, decimal_text

KILOGRAM: Final = "KGM"
PIECE: Final = "C62"
LITRE: Final = "LTR"
CUBIC_METRE: Final = "MTQ"
METRE: Final = "MTR"
NATIONAL: Final = "ZZ"
"""Mutually defined: the unit is one that the country has declared (`national_unit`)."""

EXACT: Final = Context(prec=100)

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
    "STK": "1", "STC": "1", "TTS": "10000", "MIO": "1000000", "U2": "1", "AV": "1", "AM": "1", "VI": "1", "AW": "1",
    "BO": "1", "ST": "1", "HI": "100", "TW": "1000", "HEA": "1", "D65": "1", "CQ": "1", "E27": "1",
}  # fmt: skip
_LITRES: Final = {
    "LTR": "1", "MLT": "0.001", "CLT": "0.01", "DLT": "0.1", "A44": "10", "HLT": "100", "K6": "1000", "MAL": "1000000",
    "4G": "0.000001", "GLL": "3.785411784", "GLI": "4.54609", "OZA": "0.0295735295625", "OZI": "0.0284130625",
    "PT": "0.473176473", "PTL": "0.473176473", "PTI": "0.56826125", "QT": "0.946352946", "QTL": "0.946352946",
    "QTI": "1.1365225", "BLL": "158.987294928", "D40": "1000", "H2": "0.5",
}  # fmt: skip
_CUBIC_METRES: Final = {
    "MTQ": "1", "DMQ": "0.001", "CMQ": "0.000001", "MMQ": "0.000000001", "HMQ": "1000000", "FTQ": "0.028316846592",
    "YDQ": "0.764554857984", "INQ": "0.000016387064",
}  # fmt: skip
_METRES: Final = {
    "MTR": "1", "CMT": "0.01", "MMT": "0.001", "KMT": "1000", "FOT": "0.3048", "YRD": "0.9144", "INH": "0.0254",
}  # fmt: skip

UNITS: Final = {
    unit: (base, Decimal(factor))
    for base, factors in (
        (KILOGRAM, _KILOGRAMS), (PIECE, _PIECES), (LITRE, _LITRES), (CUBIC_METRE, _CUBIC_METRES), (METRE, _METRES),
    )
    for unit, factor in factors.items()
}  # fmt: skip
"""Unit -> (what it measures, how many of that one unit is)."""

PURE_ALCOHOL: Final = {"LPA": Decimal(1), "HPA": Decimal(100)}
"""Units of pure alcohol, in litres of it: litres of the drink follow from its strength."""

PACKAGES: Final = frozenset(
    [
        "CT",
        "PA",
        "BX",
        "PK",
        "CS",
        "BG",
        "AB",
        "CY",
        "DR",
        "BE",
        "BL",
        "BO",
        "AM",
        "VI",
        "AW",
        "TN",
        "TU",
        "CA",
        "JR",
        "PU",
        "SP",
        "RO",
        "RL",
        "PF",
        "D97",
        "SET",
    ]
)
"""Units that hold something: how many is in each has to be said."""

OPENED: Final = tuple(sorted(PACKAGES - UNITS.keys()))
"""Packages that are no piece by themselves: how many is in each is asked for beside them. A bottle is a piece too."""

OFTEN_IN_A_PACKAGE: Final = {"PA": ("20",), "CT": ("200", "10000")}
"""How many cigarettes are often in a packet, in a retail carton, in a shipping case. Offered, never assumed."""

GROSS_OR_NET: Final = {"E4": "gross", "58": "net"}
"""Units that say themselves what was weighed."""

_LITRES_IN_A_CUBIC_METRE: Final = Decimal(1000)


def factor(unit: str, to: str) -> Decimal | None:
    """How many `to` one `unit` is; None where there is no exact factor."""
    if unit == to:
        return Decimal(1)
    from_base, size = UNITS.get(unit, ("", Decimal(0)))
    to_base, to_size = UNITS.get(to, ("", Decimal(0)))
    if from_base and from_base == to_base:
        return Context(prec=200).divide(size, to_size)
    match from_base, to_base:
        case "MTQ", "LTR":
            return Context(prec=200).divide(EXACT.multiply(size, _LITRES_IN_A_CUBIC_METRE), to_size)
        case "LTR", "MTQ":
            return Context(prec=200).divide(size, EXACT.multiply(to_size, _LITRES_IN_A_CUBIC_METRE))
        case _:
            return None


def normalise(quantity: str, unit: str) -> tuple[str, str] | None:
    """A quantity in kilograms, pieces, litres, cubic metres or metres, as (decimal text, code of that unit).

    `quantity` is a decimal as documents hold it, `unit` a code of Recommendation 20. None where the unit has no fixed
    factor (a carton, a bag) or the result does not fit: unknown is not zero.
    """
    found = UNITS.get(unit)
    if found is None:
        return None
    base, size = found
    amount = times(quantity, size)
    return None if amount is None else (amount, base)


def times(quantity: str, size: Decimal, parts: Decimal = Decimal(1)) -> str | None:
    """A quantity multiplied by `size` and divided by `parts`, exact to a billionth; None where it does not fit."""
    try:
        product = EXACT.multiply(Decimal(decimal_text(quantity)), size)
        return decimal_text(product if parts == 1 else EXACT.divide(product, parts))
    except (NotADecimal, ArithmeticError):
        return None
