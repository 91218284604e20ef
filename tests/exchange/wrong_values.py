"""Every field of every type, made wrong in each way that the validator knows, each time with a word that must not be
found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.field import Field
from diwan_core.dictionary.record import NotBefore
from diwan_core.dictionary.sample import documents

CANARY = "kanarienvogel"
NUMBER = 4_711_081_547_110_815
"""For fields that hold numbers."""
TRACES = (CANARY.encode(), CANARY.upper().encode(), str(NUMBER).encode(), b"4711081547")


class Wrong(NamedTuple):
    """A change of a record type, as the halves of a row."""

    type: str
    rest: dict[str, Any]
    nominal: dict[str, Any]


def wrong_changes(declared: RecordType) -> Iterator[Wrong]:
    """All of one type."""
    whole = next(documents(declared.name, 1))
    for part, field in declared.every_field():
        for value in wrong_values(field):
            for wrong_half in (False, True):
                yield _placed(declared, part, field, value, wrong_half)
        if field.required:
            yield Wrong(declared.name, *declared.split({**whole, "nonsense": CANARY, field.name: None}))
    for name in (CANARY, f"{CANARY} X", CANARY.upper(), f"{CANARY}.1.{CANARY}", ""):
        for value in (CANARY, {CANARY: CANARY}, {"1": {CANARY: CANARY}}, [CANARY], NUMBER):
            yield Wrong(declared.name, {name: value}, {})
            yield Wrong(declared.name, {}, {name: value})
    for name in declared.parts:
        wrong: tuple[Any, ...] = (
            CANARY,
            [CANARY],
            {CANARY: {}},
            {"1": CANARY},
            {"1": {CANARY: CANARY}},
            {CANARY.upper(): {"x": 1}},
        )
        for held in wrong:
            yield Wrong(declared.name, {name: held}, {})
            yield Wrong(declared.name, {}, {name: held})
        many: dict[str, Any] = {f"{CANARY[:9]}{number}": {} for number in range(declared.parts[name].limit + 1)}
        yield Wrong(declared.name, {name: many}, {})
    for rule in declared.rules:
        if isinstance(rule, NotBefore):
            moments = {rule.earlier: "2026-02-02", rule.later: "2026-01-01"}
            if declared.fields[rule.earlier].kind == "datetime":
                moments = {name: f"{day}T08:00:00Z" for name, day in moments.items()}
            yield Wrong(declared.name, *declared.split({**whole, **moments, "nonsense": CANARY}))
    texts = [field.name for field in declared.fields.values() if field.kind == "text" and field.limit > len(CANARY)]
    for machine in declared.machines:
        if "." not in machine.path and texts:
            denied = {machine.path: machine.order[-1], texts[-1]: CANARY}
            yield Wrong(declared.name, *declared.split({**whole, **denied}))
    for (name, needed), field in _needs(declared):
        yield Wrong(declared.name, {name: _right(declared, field), "narrative": CANARY, needed: None}, {})


def _needs(declared: RecordType) -> Iterator[tuple[tuple[str, str], Field]]:
    for group in declared.groups.values():
        for pair in group.needs:
            yield pair, declared.fields[pair[0]]


def _right(declared: RecordType, field: Field) -> Any:
    for document in documents(declared.name, 40):
        if document.get(field.name) is not None:
            return document[field.name]
    return CANARY


def wrong_values(field: Field) -> list[Any]:
    """Values that the field does not take, or most do not."""
    long = f"{CANARY} " * (2 + field.limit // len(CANARY))
    values: list[Any] = [
        CANARY,
        long,
        f"{CANARY}\u202e",
        f"{CANARY}\n\x00",
        {CANARY: CANARY},
        [CANARY],
        NUMBER,
        -NUMBER,
    ]
    if field.kind == "decimal":
        values += [f"{NUMBER}.{NUMBER}", f"{NUMBER}.10"]
    if field.kind in ("date", "datetime", "time"):
        values += [f"2026-13-45 {CANARY}", f"4711-08-15-{NUMBER}"]
    if field.kind == "boolean":
        values += [f"{CANARY}"]
    return [*values, True] if field.kind == "integer" else values


def _placed(declared: RecordType, part: str, field: Field, value: Any, wrong_half: bool) -> Wrong:
    held: dict[str, Any] = {field.name: {CANARY: value, "1": value} if field.repeated else value}
    if part:
        held = {part: {CANARY: dict(held), "1": held}}
    if field.nominal is not wrong_half:
        return Wrong(declared.name, {}, held)
    return Wrong(declared.name, held, {})


def wrong_rows(first: int, record: str = "019abcde-0000-7000-8000-{:012x}") -> Iterator[tuple[list[Any], Any, Any]]:
    """All of all types as rows of a journal, each of a record of its own: created, or as a change of one unknown."""
    number = 0
    for declared in DICTIONARY.types.values():
        for change in wrong_changes(declared):
            number += 1
            meta = [record.format(number), change.type, first + number, 0, 0, "officer", 0, DICTIONARY.version, None]
            yield meta, change.rest, change.nominal or None
