"""The agreements a node knows, and one of them at work on its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from diwan_core.intake.run.departing import with_strictest_mark
from diwan_core.leaving.agreed import AGREED, LINKED, Agreed, Agreement, agreed_field, agreement_of
from diwan_core.leaving.maps import load
from diwan_core.leaving.templates import REPORTED
from diwan_core.register import Edit, Register

_TYPE: Final = "agreement"


class UnknownAgreement(Exception):
    """There is no agreement of this name here, or several. The text is for people."""


class AlreadyAgreed(Exception):
    """An agreement of this title is in force in these days already."""

    def __init__(self, held: Agreement) -> None:
        super().__init__(f"{held.title!r} is recorded from {held.first_day} to {held.last_day} already ({held.id})")
        self.held = held


def known_fields() -> list[str]:
    """The fields that an agreement can name, such as "case.party.name"."""
    return [f"{type}.{column}" for type, columns in AGREED.items() for column in columns]


def fields_of_template(name: str) -> list[str]:
    """The fields for which a template of another administration needs an agreement. Raises TemplateError."""
    template = load(name)
    found = (agreed_field(template.type, path) for column in template.columns for path in column.fields)
    return list(dict.fromkeys(f"{one[0]}.{one[1]}" for one in found if one is not None))


def record_agreement(
    register: Register,
    title: str,
    partner: str,
    days: tuple[str, str],
    fields: Iterable[str],
    *,
    limit: str,
    groups: Iterable[str] = (),
    legal_ground: str = "",
    author: str,
) -> str:
    """Record an agreement at the centre; its id. Raises AlreadyAgreed, Refused."""
    first, last = days
    for held in agreements(register):
        if held.title == title and held.overlaps(first, last):
            raise AlreadyAgreed(held)
    chosen = {str(number): group for number, group in enumerate(groups, 1)}
    document = {
        "title": title, "partner": partner, "kind": "bilateral", "valid_from": first, "valid_until": last,
        "covers_nominal": True, "record_types": {"1": REPORTED}, "handling_limit": limit, "status": "submitted",
        "fields_allowed": {str(number): field for number, field in enumerate(fields, 1)},
        **({"product_groups": chosen} if chosen else {}),
        **({"legal_text": legal_ground} if legal_ground else {}),
    }  # fmt: skip
    return register.save([Edit(_TYPE, document)], author=author).records[0]


def end_agreement(register: Register, id: str, *, author: str) -> None:
    """End an agreement at once: nothing leaves under it any more. Raises Refused."""
    held = register.get(id)
    edit = Edit(_TYPE, {"status": "withdrawn"}, record=id, seen=held.heads if held else "")
    register.save([edit], author=author)


def agreements(register: Register) -> list[Agreement]:
    """All of them, the oldest first."""
    found = (register.get(record) for record in register.ids(_TYPE))
    return [agreement_of(one.id, one.values, bool(one.conflicts)) for one in found if one is not None]


def agreement_named(register: Register, name: str) -> Agreement:
    """The agreement of an id or title. Raises UnknownAgreement."""
    known = agreements(register)
    found = [one for one in known if name in (one.id, one.title)]
    if len(found) == 1:
        return found[0]
    shown = "; ".join(f"{one.title} ({one.id})" for one in known) or "none"
    said = f"{len(found)} agreements are called {name!r}; give the id" if found else f"no agreement is called {name!r}"
    raise UnknownAgreement(f"{said}. Known here: {shown}.")


def agreed_by(register: Register, agreement: Agreement, today: date) -> Agreed:
    """An agreement at work on the records of a register."""

    def person(id: str) -> Mapping[str, Any] | None:
        record = register.get(id)
        return with_strictest_mark(record) if record is not None and record.type == LINKED else None

    return Agreed(agreement, person, today)
