"""Units of the country: what one is, declared at the centre as entries of the code list of units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from diwan_core.dictionary import DICTIONARY, N_, NotADecimal, decimal_text
from diwan_core.dictionary.amounts import OF_UNIT, FactorOf
from diwan_core.dictionary.units import UNITS
from diwan_core.register.index.amounts import UNIT_LIST
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store

TYPE = "code_entry"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}").fullmatch


class NoUnit(ValueError):
    """What was said makes no unit: `field` is "code", "factor" or "base", the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class NationalUnit(NamedTuple):
    """One `code` is `factor` of `base_unit`, for what happened from one day to another ("" = always)."""

    record: str
    code: str
    factor: str
    base_unit: str
    valid_from: str
    valid_until: str
    status: str


def national_units(store: Store) -> list[NationalUnit]:
    """Every national unit known here that was not withdrawn, by its code, the latest first."""
    rows = store.rows(
        "SELECT r.id, lower(t.code), t.factor, t.base_unit, coalesce(t.valid_from, ''), coalesce(t.valid_until, ''), "
        "coalesce(t.status, '') FROM record_code_entry t JOIN record r ON r.no=t.no WHERE t.code_list=? "
        "AND t.factor IS NOT NULL AND t.base_unit IS NOT NULL AND coalesce(t.status, '') <> 'withdrawn' "
        "ORDER BY lower(t.code), coalesce(t.valid_from, '') DESC, r.id DESC",
        (UNIT_LIST,),
    )
    return [NationalUnit(*row) for row in rows]


def factors_on(store: Store, day: str) -> FactorOf:
    """What one of each national unit is for what happened on a day, "" for what began last."""
    units = national_units(store)

    def factor_of(code: str) -> tuple[Decimal, str] | None:
        held = [
            unit
            for unit in units
            if unit.code == code and (not day or unit.valid_from <= day <= (unit.valid_until or "9"))
        ]
        found = max(held, key=lambda unit: (unit.valid_from, unit.valid_until or "9", unit.record), default=None)
        return None if found is None else (Decimal(found.factor), found.base_unit)

    return factor_of


def read_unit(code: str, factor: str, base: str) -> tuple[str, str]:
    """The code in small letters and the factor as documents hold it. Raises NoUnit."""
    if _CODE(code) is None:
        raise NoUnit("code", N_("The code of a unit is a letter, then up to 19 letters, digits and _."))
    if DICTIONARY.codes("unit").has(code.upper()):
        raise NoUnit("code", N_("This is the code of an international unit. Choose another."))
    try:
        number = decimal_text(factor, exact=True)
    except NotADecimal as error:
        raise NoUnit("factor", str(error)) from error
    if number == "0":
        raise NoUnit("factor", N_("It has to be more than zero."))
    if UNITS.get(base, ("",))[0] not in OF_UNIT:
        raise NoUnit("base", N_("This is no unit of weight, number or volume, such as GRM, KGM, C62, LTR, MTQ."))
    return code.lower(), number


def end_unit(register: Register, record: str, last_day: str, *, author: str) -> None:
    """Say that a unit is no longer used after a day: what happened later is measured in it no more. Raises Refused,
    KeyError where there is no such unit."""
    if record not in {unit.record for unit in national_units(register.store)}:
        raise KeyError(record)
    register.save([Edit(TYPE, {"valid_until": last_day}, record)], author=author)


def declare_unit(
    register: Register, code: str, factor: str, base_unit: str, *, valid_from: str = "", label: str = "", author: str
) -> tuple[NationalUnit, bool]:
    """Say what one of a national unit is, at the centre, from a day on; whether that is new. What was said for the same
    day before is corrected, also for the cases it stood for. Raises Refused."""
    held = [one for one in national_units(register.store) if (one.code, one.valid_from) == (code.lower(), valid_from)]
    if held and (held[0].factor, held[0].base_unit) == (factor, base_unit):
        return held[0], False
    values: dict[str, object] = {"factor": factor, "base_unit": base_unit}
    if held:
        edit = Edit(TYPE, values, held[0].record)
    else:
        values |= {"code_list": UNIT_LIST, "code": code.lower(), "status": "published"}
        if valid_from:
            values["valid_from"] = valid_from
        if label:
            values["label"] = {"1": {"language": "en", "text": label}}
        edit = Edit(TYPE, values)
    record = register.save([edit], author=author).records[0]
    return next(one for one in national_units(register.store) if one.record == record), True
