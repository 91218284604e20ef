"""What a goods line comes to: kilograms, pieces, litres, cubic metres, value, worked out from what its author wrote.

A pure function of the line and of the country's own units, so that every node gets the same. Nothing of it is written
into a document. For each measure the first of these counts that says anything:

1. the author's own field (`mass_kg`, `pieces`, `litres`), weighed or counted;
2. the contents of the packages, where the quantity is a number of packages (`per_package`);
3. the quantity, where its unit is one of that measure, or a national unit with a factor;
4. the second quantity;
5. of pure alcohol, the litres that its strength gives;
6. the contents of the packages, where their number stands beside the quantity (`packages`).

What says nothing of a measure leaves it open: unknown is not zero."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from .decimals import NotADecimal, decimal_text
from .record import RecordDeclaration
from .units import (
    CUBIC_METRE,
    GROSS_OR_NET,
    KILOGRAM,
    LITRE,
    NATIONAL,
    PACKAGES,
    PIECE,
    PURE_ALCOHOL,
    UNITS,
    times,
)

VERSION: Final = 1
"""Of this table and these rules. With another one every node works its amounts out again."""

PART: Final = "goods"
MEASURES: Final = ("kilograms", "pieces", "litres", "cubic_metres")
OF_UNIT: Final = dict(zip((KILOGRAM, PIECE, LITRE, CUBIC_METRE), MEASURES, strict=True))
FIELDS: Final = (
    "quantity", "unit", "national_unit", "quantity_basis", "second_quantity", "second_unit", "mass_kg", "mass_basis",
    "pieces", "litres", "packages", "per_package", "per_package_unit", "strength_percent", "value", "currency",
    "value_kind", "product_group", "sub_group", "drug_form", "hs_code",
)  # fmt: skip
"""The fields of a line that its amounts depend on."""

LIQUIDS: Final = frozenset(
    [
        "acetic_anhydride",
        "solvent",
        "spirits",
        "wine",
        "beer",
        "ethanol",
        "alcohol_other",
        "fuel",
        "lubricant",
        "soft_drink",
    ]
)
_LIQUID_HEADINGS: Final = ("22", "2709", "2710")
"""Beverages and spirits; crude and refined mineral oil (HS 2022)."""

FactorOf = Callable[[str], tuple[Decimal, str] | None]
"""What one of a national unit, named in small letters, is: how many of which unit of Recommendation 20; None where the
country does not say."""

_CANONICAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?").fullmatch
_ONE: Final = Decimal(1)
_IN_A_CUBIC_METRE: Final = Decimal(1000)
_SPECIAL: Final = frozenset(FIELDS) - {
    "quantity", "unit", "mass_kg", "packages", "value", "currency", "product_group", "sub_group", "drug_form",
    "hs_code",
}  # fmt: skip
_PLAIN: Final = {
    unit: (MEASURES.index(OF_UNIT[base]), size)
    for unit, (base, size) in UNITS.items()
    if base in (KILOGRAM, PIECE, LITRE) and unit not in GROSS_OR_NET
}
_OF_NO_MEASURE: Final = (PACKAGES | {unit for unit, (base, _) in UNITS.items() if base not in OF_UNIT}) - _PLAIN.keys()
"""Units of lengths and areas, and packages of which the line does not say what is in them."""
_FILLED: Final = {
    KILOGRAM: ("mass_kg", _ONE), PIECE: ("pieces", _ONE), LITRE: ("litres", _ONE),
    CUBIC_METRE: ("litres", _IN_A_CUBIC_METRE),
}  # fmt: skip
_GIVEN: Final = (("mass_kg", "kilograms"), ("pieces", "pieces"), ("litres", "litres"))


class Amounts(NamedTuple):
    """What one goods line comes to: exact decimals, None where it is not known."""

    kilograms: str | None = None
    pieces: str | None = None
    litres: str | None = None
    cubic_metres: str | None = None
    value: str | None = None
    currency: str | None = None
    value_kind: str | None = None
    basis: str | None = None
    """Whether the quantity was counted, weighed, estimated or declared."""
    mass_basis: str | None = None
    """Net, gross or estimated; derived where the kilograms were worked out."""
    given: str | None = None
    """The measures that are the author's own fields, divided by spaces."""
    national: str | None = None
    """The national unit it depends on, whether its factor is known or not."""


def has_amounts(declared: RecordDeclaration) -> bool:
    """Whether records of a type have goods lines with amounts."""
    return PART in declared.parts and "quantity" in declared.parts[PART].fields


def unknown_unit(_code: str) -> None:
    """A country without units of its own."""
    return


def amounts_of(line: Mapping[str, Any], factor_of: FactorOf = unknown_unit) -> Amounts | None:
    """What a goods line comes to; None where nothing is known of it."""
    if _SPECIAL.isdisjoint(line) and (quick := _of_quantity(line)) is not None:
        return quick
    found: dict[str, str] = {}
    given = _own_fields(line, found)
    unit, national = _text(line, "unit") or "", None
    if line.get("sub_group") != "cash":  # cash counts by its value
        if unit in PACKAGES:
            _add_contents(found, line, line.get("quantity"))
        if unit == NATIONAL and (national := _text(line, "national_unit")) is not None:
            national = national.lower()
            if (known := factor_of(national)) is not None:
                _add(found, line, line.get("quantity"), known[1], known[0])
        else:
            _add(found, line, line.get("quantity"), unit)
        if "second_unit" in line:
            _add(found, line, line.get("second_quantity"), line["second_unit"])
        if unit in PURE_ALCOHOL:
            _add_drink(found, line, PURE_ALCOHOL[unit])
        if "per_package" in line and unit not in PACKAGES:
            _add_contents(found, line, line.get("packages"))
    value, currency = _text(line, "value"), _text(line, "currency")
    if not found and value is None and national is None:
        return None
    return Amounts(
        found.get("kilograms"),
        found.get("pieces"),
        found.get("litres"),
        found.get("cubic_metres"),
        value,
        currency if value is not None else None,
        _text(line, "value_kind") if value is not None else None,
        _text(line, "quantity_basis"),
        _mass_basis(line, given) if "kilograms" in found else None,
        " ".join(given) or None,
        national,
    )


def _of_quantity(line: Mapping[str, Any]) -> Amounts | None:
    """The same of a line that has a quantity of one measure, and its mass, as most have: an import brings many. None
    where it takes more to tell."""
    quantity, unit, mass, value = line.get("quantity"), line.get("unit"), line.get("mass_kg"), line.get("value")
    if not isinstance(quantity, str) or not isinstance(unit, str) or line.get("sub_group") == "cash":
        return None
    currency = line.get("currency") if value is not None else None
    if value is not None and not (isinstance(value, str) and isinstance(currency, str)):
        return None
    amount, place = None, -1
    if (plain := _PLAIN.get(unit)) is not None:
        place, size = plain
        amount = quantity if size == 1 and _CANONICAL(quantity) else times(quantity, size)
        if amount is None:
            return None
    elif unit not in _OF_NO_MEASURE:
        return None
    pieces, litres = amount if place == 1 else None, amount if place == 2 else None
    if isinstance(mass, str):
        return Amounts(mass, pieces, litres, None, value, currency, None, None, "", "kilograms")
    if mass is not None or (amount is None and value is None):
        return None
    if place == 0:
        return Amounts(amount, None, None, None, value, currency, None, None, "derived")
    return Amounts(None, pieces, litres, None, value, currency)


def is_liquid(line: Mapping[str, Any]) -> bool:
    """Whether goods are liquid, as far as their codes say: then cubic metres of them are litres too."""
    heading = line.get("hs_code")
    return (
        line.get("product_group") == "alcohol"
        or _text(line, "sub_group") in LIQUIDS
        or line.get("drug_form") == "liquid"
        or (isinstance(heading, str) and heading.startswith(_LIQUID_HEADINGS))
    )


def _own_fields(line: Mapping[str, Any], found: dict[str, str]) -> list[str]:
    given = []
    for name, measure in _GIVEN:
        value = line.get(name)
        if isinstance(value, str) and not _is_repeated(line, name):
            found[measure] = value
            given.append(measure)
    return given


def _is_repeated(line: Mapping[str, Any], name: str) -> bool:
    """Whether a field is not the author's own: it says that it was derived, or it is the litres that an earlier release
    wrote beside cubic metres of anything."""
    if name == "mass_kg":
        return line.get("mass_basis") == "derived" and _base(line) == KILOGRAM
    return name == "litres" and _base(line) == CUBIC_METRE and not is_liquid(line) and worked_out(line) == name


def worked_out(line: Mapping[str, Any]) -> str:
    """The field that releases up to 0.1.0 filled from the quantity at an import, where it still says the same; "" where
    there is none. Such a field is not the author's."""
    known = UNITS.get(_text(line, "unit") or "")
    name, size = _FILLED.get(known[0], ("", _ONE)) if known else ("", _ONE)
    value = line.get(name)
    if known is None or value is None or "mass_basis" in line:
        return ""
    return name if value == times(_text(line, "quantity") or "", known[1] * size) else ""


def without_worked_out(document: Mapping[str, Any]) -> dict[str, Any]:
    """A case without the fields that an import of an earlier release filled from its quantities."""
    goods = document.get("goods")
    if not isinstance(goods, dict):
        return dict(document)
    lines = {
        key: {name: value for name, value in line.items() if name != worked_out(line)}
        if isinstance(line, dict)
        else line
        for key, line in goods.items()
    }
    return {**document, "goods": lines}


def _base(line: Mapping[str, Any]) -> str:
    return UNITS.get(_text(line, "unit") or "", ("",))[0]


def _add(found: dict[str, str], line: Mapping[str, Any], quantity: object, unit: object, size: Decimal = _ONE) -> None:
    """A quantity in its measure, unless that is known already."""
    known = UNITS.get(unit) if isinstance(unit, str) else None
    if known is None or not isinstance(quantity, str):
        return
    measure = OF_UNIT.get(known[0])
    if measure is None:
        return
    whole = known[1] * size
    if measure not in found and (amount := _times(quantity, whole)) is not None:
        found[measure] = amount
    if measure == "cubic_metres" and "litres" not in found and is_liquid(line):
        _put(found, "litres", times(quantity, whole * _IN_A_CUBIC_METRE))


def _add_contents(found: dict[str, str], line: Mapping[str, Any], packages: object) -> None:
    each, unit = line.get("per_package"), line.get("per_package_unit")
    if isinstance(each, str) and isinstance(packages, (str, int)):
        try:
            _add(found, line, each, unit, Decimal(decimal_text(packages)))
        except NotADecimal:
            return


def _add_drink(found: dict[str, str], line: Mapping[str, Any], size: Decimal) -> None:
    strength, quantity = _text(line, "strength_percent"), _text(line, "quantity")
    if strength is not None and quantity is not None and _CANONICAL(strength) and strength != "0":
        _put(found, "litres", times(quantity, size * 100, Decimal(strength)))


def _put(found: dict[str, str], measure: str, amount: str | None) -> None:
    if amount is not None:
        found.setdefault(measure, amount)


def _times(quantity: str, size: Decimal) -> str | None:
    return quantity if size == 1 and _CANONICAL(quantity) else times(quantity, size)


def _mass_basis(line: Mapping[str, Any], given: list[str]) -> str:
    if "kilograms" in given:
        return _text(line, "mass_basis") or ""
    return GROSS_OR_NET.get(_text(line, "unit") or "", "derived")


def _text(line: Mapping[str, Any], name: str) -> str | None:
    value = line.get(name)
    return value if isinstance(value, str) else None
