"""Rows that wait beside a salvaged journal, written anew once the centre has said that it does not have them.

A row is written anew as the same change of the same person, in the epoch that is written now. It names the heads its
author saw, by their new names where those were written anew too. So history goes on, and never forks: what the centre
had already is left as it is, and nothing is given a number twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from diwan_core.register import Edit, Refused, Register
from diwan_core.register.journal import salvaged_rows
from diwan_core.register.journal.row import Meta, Ref
from diwan_core.register.journal.salvaged_rows import SalvagedRow
from diwan_core.register.records.record import joined

ASK_EVERY_S: Final = 60.0
PART: Final = "salvage"
WAITS: Final = "salvaged_rows"
"""The finding about such rows, and the name under which it is noted (`health`)."""

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode

Receipted = Callable[[str], int | None]
"""Up to where the centre holds an epoch, by its own word since the line came up; None before it has spoken."""


@dataclass
class Settled:
    """What became of rows that waited."""

    known: int = 0
    """They came back from the centre."""
    anew: int = 0
    refused: int = 0
    left: int = 0


class Pending:
    """The rows of one register that wait. Cheap to ask where none do."""

    def __init__(self, register: Register, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._now = monotonic
        self._due = monotonic()
        self.left = salvaged_rows.waiting(register.store.connection)

    def epochs_to_ask(self) -> list[str]:
        """Epochs the centre is to be asked about now; none most of the time."""
        if not self.left or self._now() < self._due:
            return []
        self._due = self._now() + ASK_EVERY_S
        return [epoch for epoch, _ in salvaged_rows.epochs(self._register.store.connection)]

    def turn(self, receipted: Receipted) -> Settled | None:
        """Write anew what the centre does not have; what was done, None where nothing was. Raises RegisterError."""
        if not self.left:
            return None
        connection = self._register.store.connection
        ready = [epoch for epoch, seq in salvaged_rows.epochs(connection) if receipted(epoch) == seq]
        if not ready and not salvaged_rows.any_known(connection):
            return None
        found = settle(self._register, ready)
        self.left = found.left
        return found


def settle(register: Register, epochs: Sequence[str]) -> Settled:
    """Forget the rows that came back, and write anew those of these epochs. Raises RegisterError."""
    done = Settled()
    if salvaged_rows.waiting(register.store.connection):
        with register.store.write() as connection:
            done.known = salvaged_rows.forget_known(connection)
        for epoch in epochs:
            _write_anew(register, epoch, done)
    done.left = salvaged_rows.waiting(register.store.connection)
    return done


def _write_anew(register: Register, epoch: str, done: Settled) -> None:
    names: dict[Ref, Ref] = {}
    for change_set in _change_sets(salvaged_rows.rows_of(register.store.connection, epoch)):
        if change_set[0].refused is not None:
            continue
        try:
            written = _saved(register, names, change_set)
        except Refused as refused:
            _refuse(register, change_set, "; ".join(problem.path for problem in refused.problems), done)
            continue
        except (msgspec.DecodeError, RecursionError):
            _refuse(register, change_set, "it cannot be read", done)
            continue
        names.update(written)
        with register.store.write() as connection:
            salvaged_rows.forget(connection, change_set)
        done.anew += len(change_set)


def _saved(register: Register, names: dict[Ref, Ref], change_set: list[SalvagedRow]) -> dict[Ref, Ref]:
    """Save a change set anew; what its rows are called now. Raises Refused, DecodeError."""
    author = _meta(change_set[0].meta).author
    edits = [(row, edit) for row in change_set if (edit := _edit(register, names, row)) is not None]
    if not edits:
        return {}
    epoch, last = register.save([edit for _, edit in edits], author=author).ref
    return {(row.epoch, row.seq): (epoch, last - back) for back, (row, _) in enumerate(reversed(edits))}


def _refuse(register: Register, change_set: list[SalvagedRow], why: str, done: Settled) -> None:
    with register.store.write() as connection:
        salvaged_rows.refuse(connection, change_set, why or "refused")
    done.refused += len(change_set)


def _change_sets(rows: list[SalvagedRow]) -> list[list[SalvagedRow]]:
    """Rows that were saved together, as far as they are left."""
    found: list[list[SalvagedRow]] = []
    open_set: list[SalvagedRow] = []
    for row in rows:
        if open_set and row.seq != open_set[-1].seq + 1:
            found.append(open_set)
            open_set = []
        open_set.append(row)
        if not _meta(row.meta).more:  # what cannot be read is not among them: it was carved by its meta
            found.append(open_set)
            open_set = []
    return [*found, open_set] if open_set else found


def _edit(register: Register, names: dict[Ref, Ref], row: SalvagedRow) -> Edit | None:
    """A row as an edit; None for one that makes a record which is here already."""
    meta = _meta(row.meta)
    values = joined(_half(row.rest) if row.rest else {}, _half(row.nominal) if row.nominal else {})
    here = register.get(meta.record) is not None
    if meta.seen is None and here:
        return None
    if not here:  # where the change that made it is lost, what is left of a record is a record of its own
        return Edit(meta.type, values, record=meta.record, create=True)
    return Edit(meta.type, values, record=meta.record, seen=_seen(register, names, meta.seen or {}))


def _seen(register: Register, names: dict[Ref, Ref], seen: dict[str, list[Ref]]) -> str | None:
    """The heads its author saw, by their present names; None, which is as the record is now, where one is lost."""
    known = dict(register.store.rows("SELECT id, seq FROM epoch"))
    told = {key: [names.get((epoch, seq), (epoch, seq)) for epoch, seq in heads] for key, heads in seen.items()}
    lost = any(seq > known.get(epoch, 0) for heads in told.values() for epoch, seq in heads)
    return None if lost or "*" not in told else msgspec.json.encode(told).decode()
