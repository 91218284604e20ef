"""Equivalents of seized drugs in kilograms and of loose tobacco in cigarettes, for reports: what is added up of
weights, volumes, tablets and sticks together.

An equivalent is an assumption and no amount: it is worked out when a report is made, is called an equivalent there with
the table's version and source, and is never kept. Where a source gives a range, so does the equivalent. What no source
speaks of has none: nothing is guessed. What the country itself says of doses and equivalents counts before it
(`national_equivalents`); no source that we could read gives doses, so there are none here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from .amounts import Amounts
from .units import times

VERSION: Final = "3"
UNODC: Final = "UNODC, Global seizures of drugs, https://dataunodc.un.org/drugs/global_seizures"
"""Volumes at 1 kg a litre; amphetamine-type stimulants in tablets or similar units at 90 to 300 mg of bulk weight, by
region and drug; no adjustment for purity."""

ROLLED: Final = (
    "Roll-your-own cigarettes in Europe: use, weight and implications for fiscal policies (18 countries, 2010)"
)
"""Duties on rolling tobacco reckon with 1 g a cigarette; the median of those that people roll is 0.75 g."""

_ROLLING: Final = frozenset({"rolling"})
_STIMULANTS: Final = frozenset({"amphetamine", "captagon", "methamphetamine", "mdma"})
_TABLETS: Final = frozenset({"U2", "AV", "E27"})
_TABLET_FORMS: Final = frozenset({"tablet", "capsule"})
_KILOGRAM_A_LITRE: Final = Decimal(1)
_FEWEST: Final = Decimal(1000)
_MOST: Final = Decimal(1333)
"""Cigarettes of a kilogram."""
_LIGHTEST: Final = Decimal("0.00009")
_HEAVIEST: Final = Decimal("0.0003")


Counted = Literal["kilograms", "cigarettes"]


class Equivalent(NamedTuple):
    """What a line counts as, from the least to the most that the source allows, in exact decimals; `source` is "" for a
    weight, `unit` what is counted."""

    least: str
    most: str
    source: str
    unit: Counted = "kilograms"


def equivalent_of(line: Mapping[str, Any], amounts: Amounts) -> Equivalent | None:
    """What a goods line of drugs counts as in a sum of kilograms, and of rolling tobacco in a sum of cigarettes; None
    where it can not be said."""
    if line.get("product_group") == "tobacco":
        loose = amounts.kilograms is not None and _is_one_of(line, "sub_group", _ROLLING)
        return _between(amounts.kilograms, _FEWEST, _MOST, ROLLED, "cigarettes") if loose else None
    if line.get("product_group") != "drugs":
        return None
    if amounts.kilograms is not None:
        return Equivalent(amounts.kilograms, amounts.kilograms, "")
    if amounts.litres is not None:
        return _between(amounts.litres, _KILOGRAM_A_LITRE, _KILOGRAM_A_LITRE)
    if amounts.pieces is not None and _is_one_of(line, "sub_group", _STIMULANTS) and _is_in_tablets(line):
        return _between(amounts.pieces, _LIGHTEST, _HEAVIEST)
    return None


def _is_in_tablets(line: Mapping[str, Any]) -> bool:
    return (
        _is_one_of(line, "unit", _TABLETS)
        or _is_one_of(line, "second_unit", _TABLETS)
        or _is_one_of(line, "per_package_unit", _TABLETS)
        or _is_one_of(line, "drug_form", _TABLET_FORMS)
    )


def _is_one_of(line: Mapping[str, Any], name: str, codes: frozenset[str]) -> bool:
    value = line.get(name)  # of a newer node it may be anything
    return isinstance(value, str) and value in codes


def _between(
    amount: str | None, least: Decimal, most: Decimal, source: str = UNODC, unit: Counted = "kilograms"
) -> Equivalent | None:
    found = (None, None) if amount is None else (times(amount, least), times(amount, most))
    return None if found[0] is None or found[1] is None else Equivalent(found[0], found[1], source, unit)
