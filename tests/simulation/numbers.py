"""What must hold of the numbers of cases when the country is at rest (ADR 55): none is missing, none was given twice
within one history of a node, and those that two histories gave are found."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from diwan_core.dictionary.case_numbers import letters_of, read
from diwan_core.register import Register
from diwan_core.register.records.case_numbers import numbers_met_twice

Place = tuple[str, int]
"""A row: epoch and seq."""

_NUMBERED = (
    "SELECT e.origin, e.id, j.seq, json_extract(j.meta, '$[0]'), j.rest FROM journal j JOIN epoch e ON e.no=j.epoch "
    "WHERE instr(j.rest, '\"case_number\":')"
)
_ERASED = (
    "SELECT e.origin, count(*) FROM journal j JOIN epoch e ON e.no=j.epoch "
    "WHERE coalesce(j.rest, '{}')='{}' AND j.commitments IS NOT NULL GROUP BY e.origin"
)
_LIVE = "SELECT case_number FROM record_case WHERE case_number IS NOT NULL AND coalesce(status, '')<>'withdrawn'"


def broken_numbers(register: Register) -> list[str]:
    """Every rule that the numbers known at a centre break, in words."""
    store = register.store
    erased = dict(store.rows(_ERASED))
    parents = {epoch: (parent, seq) for epoch, parent, seq in store.rows("SELECT id, parent, parent_seq FROM epoch")}
    given: dict[tuple[str, str], dict[int, list[Place]]] = defaultdict(lambda: defaultdict(list))
    found: list[str] = []
    for origin, epoch, seq, record, rest in store.rows(_NUMBERED):
        number = read(json.loads(rest)["case_number"])
        if number is None or number.letters != letters_of(record):
            found.append(f"a number does not fit its record ({epoch}:{seq})")
        else:
            given[origin, number.run][number.serial].append((epoch, seq))
    for (origin, run), serials in given.items():
        missing = set(range(1, max(serials) + 1)) - serials.keys()
        if len(missing) > erased.get(origin, 0):
            found.append(f"numbers are missing: {run}{min(missing):04d} of {len(missing)}")
        for serial, places in serials.items():
            if any(_is_in_history(one, other, parents) for one in places for other in places if one != other):
                found.append(f"a number was given twice in one history: {run}{serial:04d}")
    with store.read() as transaction:
        told = {twice.number for twice in numbers_met_twice(transaction)}
    live = Counter(text[:-3] for (text,) in store.rows(_LIVE))
    if told != {number for number, count in live.items() if count > 1}:
        found.append("numbers that two cases have are not those that are found")
    return found


def _is_in_history(one: Place, other: Place, parents: dict[str, tuple[str | None, int | None]]) -> bool:
    """Whether a row stands before another one, in its epoch or in those that this goes on from."""
    return any(one[0] == epoch and one[1] <= last for epoch, last in _history(other, parents))


def _history(place: Place, parents: dict[str, tuple[str | None, int | None]]) -> Iterator[Place]:
    epoch, last = place
    while True:
        yield epoch, last
        parent, seq = parents.get(epoch, (None, None))
        if parent is None or seq is None:
            return
        epoch, last = parent, seq
