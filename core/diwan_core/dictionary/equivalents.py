"""Equivalents of seized drugs in kilograms, for reports: what is added up of weights, volumes and tablets together.

An equivalent is an assumption and no amount: it is worked out when a report is made, is called an equivalent there with
the table's version and source, and is never kept. Where a source gives a range, so does the equivalent. What no source
speaks of has none: nothing is guessed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from .amounts import Amounts
from .units import times

VERSION: Final = "1"
UNODC: Final = "UNODC, Global seizures of drugs, https://dataunodc.un.org/drugs/global_seizures"
"""Volumes at 1 kg a litre; amphetamine-type stimulants in tablets or similar units at 90 to 300 mg of bulk weight, by
region and drug; no adjustment for purity."""

_STIMULANTS: Final = frozenset({"amphetamine", "captagon", "methamphetamine", "mdma"})
_TABLETS: Final = frozenset({"U2", "AV", "E27"})
_TABLET_FORMS: Final = frozenset({"tablet", "capsule"})
_KILOGRAM_A_LITRE: Final = Decimal(1)
_LIGHTEST: Final = Decimal("0.00009")
_HEAVIEST: Final = Decimal("0.0003")


class Equivalent(NamedTuple):
    """Kilograms, from the least to the most that the source allows, in exact decimals; `source` is "" for a weight."""

    least: str
    most: str
    source: str


def equivalent_of(line: Mapping[str, Any], amounts: Amounts) -> Equivalent | None:
    """What a goods line of drugs counts as in a sum of kilograms; None where it can not be said."""
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
        or _is_one_of(line, "per_package_unit", _TABLETS)
        or _is_one_of(line, "drug_form", _TABLET_FORMS)
    )


def _is_one_of(line: Mapping[str, Any], name: str, codes: frozenset[str]) -> bool:
    value = line.get(name)  # of a newer node it may be anything
    return isinstance(value, str) and value in codes


def _between(amount: str, least: Decimal, most: Decimal) -> Equivalent | None:
    found = times(amount, least), times(amount, most)
    return None if found[0] is None or found[1] is None else Equivalent(found[0], found[1], UNODC)
