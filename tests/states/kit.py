"""A suspect file at each of its states, and what each step is given."""

from typing import Any, Final

from diwan_core.register import Edit, Register

NEW: Final[dict[str, Any]] = {
    "title": "Courier with a false floor",
    "reason": "Seen twice with the same lorry.",
    "requested_action": "check",
    "source_grade": "B2",
    "state": "new",
    "subject": {"1": {"kind": "person", "name": "Karim Testman"}},
}
STEPS: Final[dict[str, dict[str, Any]]] = {
    "assigned": {
        "assigned_officer": "huda", "assigned_unit": "AQJ", "review_date": "2027-01-15", "legal_basis": "Law 12",
    },
    "in_work": {},
    "result": {"result": "The lorry was followed."},
    "closed": {"closing_reason": "solved"},
}  # fmt: skip


def step(register: Register, record: str, state: str, *, author: str = "", role: str = "", **values: Any) -> None:
    """Take a step with what it needs."""
    whole = {"state": state, **STEPS.get(state, {}), **values}
    register.save([Edit("suspect", whole, record=record)], author=author or state, role=role)


def closed_file(register: Register) -> str:
    """A file that the centre opened, worked on and closed; its id."""
    (record,) = register.save([Edit("suspect", NEW)], author="analyst").records
    for state in STEPS:
        step(register, record, state)
    return record


def state_of(register: Register, record: str) -> Any:
    """The state that counts."""
    found = register.get(record)
    assert found is not None
    return found.values.get("state")
