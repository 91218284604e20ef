"""The agreements a node knows, and one of them at work on its records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from diwan_core.intake.run.departing import with_strictest_mark
from diwan_core.leaving.agreed import LINKED, Agreed, Agreement, agreement_of
from diwan_core.register import Register

_TYPE: Final = "agreement"


class UnknownAgreement(Exception):
    """There is no agreement of this name here, or several. The text is for people."""


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
