"""Rules of retention as records: read at every node, set at the centre."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY, N_, problem
from diwan_core.dictionary.retention import MONTHS_MOST, UPDATED, Rule, Rules, basis_key, rules_by_key
from diwan_core.register.records.edits import NO_TYPE, Edit, Refused
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store

TYPE: Final = "retention_rule"
MONTHS: Final = N_("Months are a number from 0 to {most}.")
_NO_DATE: Final = N_("Records of the type {type} have no date {date}. Choose one of: {dates}.")
HALVES: Final = {"both": 3, "nominal": 2}


def retention_rules(store: Store) -> list[Rule]:
    """Every rule known here that was not withdrawn, by type and legal basis; of two for the same, the newest first."""
    rows = store.rows(
        "SELECT r.id, t.record_type, coalesce(t.for_basis, ''), t.months, t.after, t.erases "
        f"FROM record_{TYPE} t JOIN record r ON r.no=t.no WHERE t.record_type IS NOT NULL AND t.months IS NOT NULL "
        "AND coalesce(t.status, '') <> 'withdrawn' ORDER BY t.record_type, coalesce(t.for_basis, ''), t.no DESC"
    )
    return [
        Rule(type, basis, months, str(after or UPDATED), HALVES.get(erases, 3), record)
        for record, type, basis, months, after, erases in rows
        if type in DICTIONARY.types
    ]


def rules_in_force(store: Store) -> Rules:
    """The same, as `dictionary.retention.kept_until` looks them up."""
    return rules_by_key(retention_rules(store))


def dates_of(type: str) -> list[str]:
    """The dates of a type that a rule can count from."""
    fields = DICTIONARY.type(type).fields.values()
    return [UPDATED, *(one.name for one in fields if one.kind in ("date", "datetime") and not one.nominal)]


def set_rule(register: Register, rule: Rule, law: str, *, author: str, role: str = "") -> tuple[Rule, bool]:
    """Set a rule of the country, at the centre; whether that is new. What was said for the same type and basis before
    is changed, and the history of the record says by whom. Raises Refused."""
    _refuse_nonsense(rule)
    erases = next(name for name, halves in HALVES.items() if halves == rule.halves)
    held = [one for one in retention_rules(register.store) if _same(one, rule)]
    values: dict[str, object] = {"months": rule.months, "after": rule.after, "erases": erases, "law": law or None}
    if held:
        before = register.without_names(held[0].record)
        if all(before.get(name) == value for name, value in values.items()):
            return held[0], False
        edit = Edit(TYPE, values, held[0].record)
    else:
        values |= {"record_type": rule.type, "status": "published"}
        if rule.basis.strip():
            values["for_basis"] = " ".join(rule.basis.split())
        edit = Edit(TYPE, {name: value for name, value in values.items() if value is not None})
    record = register.save([edit], author=author, role=role).records[0]
    return next(one for one in retention_rules(register.store) if one.record == record), True


def withdraw_rule(register: Register, record: str, *, author: str) -> None:
    """Withdraw a rule: the next wider one, or the default, counts again. Raises Refused."""
    register.save([Edit(TYPE, {"status": "withdrawn"}, record)], author=author)


def _same(one: Rule, other: Rule) -> bool:
    return one.type == other.type and basis_key(one.basis) == basis_key(other.basis)


def _refuse_nonsense(rule: Rule) -> None:
    """Raise Refused where a rule cannot be obeyed."""
    found = []
    if rule.type not in DICTIONARY.types:
        found.append(problem("record_type", "rule", NO_TYPE, type=rule.type))
    elif rule.after not in dates_of(rule.type):
        known = ", ".join(dates_of(rule.type))
        found.append(problem("after", "rule", _NO_DATE, date=rule.after, type=rule.type, dates=known))
    if not 0 <= rule.months <= MONTHS_MOST:
        found.append(problem("months", "rule", MONTHS, most=MONTHS_MOST))
    if found:
        raise Refused(found)
