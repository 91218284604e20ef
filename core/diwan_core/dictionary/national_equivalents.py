"""Works out for a report how many doses, cigarettes or kilograms goods come to by the country's own table. The report
names the day and source of the entry that was used; the result is never stored.

An entry says what one of something weighs, or measures: a dose, a cigarette, a tablet, a litre, each with its lowest
and highest size. An amount is divided into doses and cigarettes; tablets, capsules and litres count as kilograms."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, NamedTuple

from .amounts import OF_UNIT, Amounts
from .decimals import NotADecimal, decimal_text
from .units import KILOGRAM, LITRE, PIECE, UNITS, times

DOSE: Final = "E27"
CIGARETTE: Final = "STK"
INTO: Final = (DOSE, CIGARETTE)
"""Units into which an amount is divided: the report says how many of them it is. Of the others in COUNTED it says what
they weigh."""
COUNTED: Final = (DOSE, "U2", "AV", "AM", "VI", PIECE, LITRE, CIGARETTE)
SIZES: Final = ("MGM", "GRM", "KGM", "MLT", "LTR", PIECE, "U2", "AV")
"""The units that are offered first for a size; any unit of weight, volume or number may be used."""

_EXACT: Final = Context(prec=100)
_ONE: Final = Decimal(1)
_CENT: Final = Decimal("0.01")
_ANY_PIECE: Final = frozenset({PIECE, "H87", "EA", "NAR"})
_FORM_OF: Final = {"U2": "tablet", "AV": "capsule"}


class NationalEquivalent(NamedTuple):
    """One of `counted` is `typical` (`lowest` to `highest`) of `size_unit`, for what happened from one day to another
    ("" = no end)."""

    record: str
    product_group: str
    sub_group: str
    drug_form: str
    counted: str
    typical: str
    lowest: str
    highest: str
    size_unit: str
    valid_from: str
    valid_until: str
    source: str

    @property
    def edition(self) -> str:
        """The last eight characters of its id, by which people recognise the entry in a report."""
        return self.record[-8:]


class Estimate(NamedTuple):
    """What a goods line comes to, about, in `unit`: doses, cigarettes or kilograms; and the entry it is from."""

    typical: str
    lowest: str
    highest: str
    unit: str
    entry: NationalEquivalent


def is_divided(counted: str) -> bool:
    """Whether an amount is divided into this unit, as into doses. For any other unit the report says what it weighs."""
    return counted in INTO


def measure_of(unit: str) -> str:
    """The measure of a unit, such as "kilograms"; "" for one of length or area, or none."""
    return OF_UNIT.get(UNITS.get(unit, ("",))[0], "")


def estimates(
    line: Mapping[str, Any], amounts: Amounts, table: Iterable[NationalEquivalent], day: str
) -> list[Estimate]:
    """What a goods line comes to, once for each unit, by the entry that fits best: for its sub-group and form rather
    than for one of them, for either rather than for its product group, and of these the one that began last before the
    day ("" = of all). None where no entry fits, or where the number is known without it."""
    fitting = (entry for entry in table if _fits(line, entry) and _holds(entry, day))
    found: dict[str, Estimate] = {}
    for entry in sorted(fitting, key=_rank, reverse=True):
        unit = entry.counted if is_divided(entry.counted) else KILOGRAM
        if unit not in found and (made := _estimate(line, amounts, entry, unit)) is not None:
            found[unit] = made
    return sorted(found.values(), key=lambda one: (*INTO, KILOGRAM).index(one.unit))


def _fits(line: Mapping[str, Any], entry: NationalEquivalent) -> bool:
    return (
        line.get("product_group") == entry.product_group
        and (not entry.sub_group or line.get("sub_group") == entry.sub_group)
        and (not entry.drug_form or line.get("drug_form") == entry.drug_form)
    )


def _holds(entry: NationalEquivalent, day: str) -> bool:
    return not day or (entry.valid_from <= day and (not entry.valid_until or day <= entry.valid_until))


def _rank(entry: NationalEquivalent) -> tuple[bool, bool, str, str]:
    return bool(entry.sub_group), bool(entry.drug_form), entry.valid_from, entry.record


def _estimate(line: Mapping[str, Any], amounts: Amounts, entry: NationalEquivalent, unit: str) -> Estimate | None:
    if (sizes := _sizes(entry)) is None:
        return None
    typical, lowest, highest = sizes
    if is_divided(entry.counted):
        number = _amount(line, amounts, entry.size_unit)
        known = _is_counted_in(line, entry.counted) or (entry.counted == CIGARETTE and amounts.pieces is not None)
        if number is None or known:
            return None
        parts = [_divided(number, size * UNITS[entry.size_unit][1]) for size in (typical, highest, lowest)]
    else:
        number = _amount(line, amounts, entry.counted)
        if number is None or amounts.kilograms is not None or measure_of(entry.size_unit) != "kilograms":
            return None
        parts = [times(number, size * UNITS[entry.size_unit][1]) for size in sizes]
    told = [part for part in parts if part is not None]
    return Estimate(told[0], told[1], told[2], unit, entry) if len(told) == len(parts) and told[0] != "0" else None


def _sizes(entry: NationalEquivalent) -> tuple[Decimal, Decimal, Decimal] | None:
    """The typical, lowest and highest size; None where they are out of order or have no unit, which can happen when two
    changes of an entry were merged."""
    try:
        typical, lowest, highest = (Decimal(size) for size in (entry.typical, entry.lowest, entry.highest))
        sound = 0 < lowest <= typical <= highest and measure_of(entry.size_unit) != ""
    except ArithmeticError:
        return None
    return (typical, lowest, highest) if sound else None


def _amount(line: Mapping[str, Any], amounts: Amounts, unit: str) -> str | None:
    """What a line comes to in the measure of a unit; tablets and capsules only where the line says that it is them."""
    measure = measure_of(unit)
    if measure == "pieces" and unit not in _ANY_PIECE and not _is_counted_in(line, unit):
        return None
    found = getattr(amounts, measure) if measure else None
    return found if isinstance(found, str) else None


def _is_counted_in(line: Mapping[str, Any], unit: str) -> bool:
    held = (line.get(name) for name in ("unit", "second_unit", "per_package_unit"))
    return unit in held or (unit in _FORM_OF and line.get("drug_form") == _FORM_OF[unit])


def _divided(number: str, size: Decimal) -> str | None:
    """How many times a size goes into a number: rounded to a whole number from one on, and to hundredths below one,
    since the result is an estimate."""
    try:
        exact = _EXACT.divide(Decimal(decimal_text(number)), size)
        step = _ONE if exact >= 1 else _CENT
        return decimal_text(exact.quantize(step, rounding=ROUND_HALF_EVEN, context=_EXACT))
    except (NotADecimal, ArithmeticError):
        return None
