"""The record of a site in the register, whose state says how far the site has come; made with its first step."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType, StateMachine, Step
from diwan_core.dictionary.state_machine import NONE
from diwan_core.register import Edit, Record, Register
from diwan_core.register.drafts import new_id

from diwan_central.rollout.sites import Site
from diwan_central.rollout.store import RolloutStore

TYPE: Final = "site"
DECLARED: Final[RecordType] = DICTIONARY.type(TYPE)


def machine() -> StateMachine:
    """The phases of a site and the steps between them. Asked for when it is used: a centre that runs with an older
    dictionary has none, and starts all the same."""
    return DECLARED.machines[0]


def phase_field() -> Field:
    """The field that holds the phase."""
    return DECLARED.fields[machine().field]


def record_of(store: RolloutStore, register: Register, site: Site) -> Record | None:
    """The record of a site; None before its first step. Raises RolloutUnusable, RegisterError."""
    known = store.rows("select record from site_record where site = ?", (site.id,))
    return register.get(known[0]["record"]) if known else None


def first_step(state: str) -> Step | None:
    """The first step of a site that has no record yet, if it leads to this state; None where no first step does."""
    return machine().step(NONE, state)


def begin(store: RolloutStore, register: Register, site: Site, state: str, *, author: str, role: str) -> bool:
    """Make the record of a site by its first step; False where there is one already. The id is kept before the record
    is made, so that whatever fails between the two leaves nothing double. Raises Refused, RolloutUnusable,
    RegisterError."""
    with store.writing():
        store.write("insert or ignore into site_record (site, record) values (?, ?)", (site.id, new_id()))
        record = str(store.rows("select record from site_record where site = ?", (site.id,))[0]["record"])
    if register.type_of(record) is not None:
        return False
    values = {"name": site.name[:120], machine().field: state, "status": "submitted"}
    if site.country:
        values["country"] = site.country
    register.save([Edit(TYPE, values, record=record, create=True)], author=author, role=role)
    return True


def withdraw(register: Register, record: Record, *, author: str) -> None:
    """Withdraw the record of a site that was removed from the roll-out. Raises Refused, RegisterError."""
    if record.values.get("status") != "withdrawn":
        register.save([Edit(TYPE, {"status": "withdrawn"}, record=record.id, seen=record.heads)], author=author)
