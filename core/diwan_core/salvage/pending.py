"""Writes rows anew that wait beside a salvaged journal, once the centre has said that it does not have them.

A row is written anew as the same change by the same person, in the epoch that is written now. It names the heads its
author saw, by their new names where those were written anew too. So the history goes on and never forks: what the
centre had already stays as it is, and no number is given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from diwan_core.register import Edit, Refused, Register
from diwan_core.register.journal.row import Meta, Ref
from diwan_core.register.journal.salvaged_rows import SalvagedRow, SalvagedRows
from diwan_core.register.records.record import join_values

ASK_EVERY_S: Final = 60.0
PART: Final = "salvage"
WAITS: Final = "salvaged_rows"
"""The finding about such rows, and the name under which it is noted (`health`)."""

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode

Receipted = Callable[[str], int | None]
"""The last row of an epoch that the centre holds, as it said since the line came up; None before it has said so."""


@dataclass
class Settled:
    """The outcome for rows that waited."""

    known: int = 0
    """Rows that came back from the centre."""
    anew: int = 0
    refused: int = 0
    left: int = 0


class Pending:
    """The rows of one register that wait. Where none do, its methods cost nothing."""

    def __init__(self, register: Register, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._now = monotonic
        self._due = monotonic()
        self._rows = SalvagedRows(register.store)
        self.left = self._rows.count()

    def epochs_to_ask(self) -> list[str]:
        """The epochs that the centre is to be asked about now; most of the time none."""
        if not self.left or self._now() < self._due:
            return []
        self._due = self._now() + ASK_EVERY_S
        return list(self._rows.epochs())

    def turn(self, receipted: Receipted) -> Settled | None:
        """Write anew what the centre does not have; what was done, or None where nothing was. Raises RegisterError."""
        if not self.left:
            return None
        ready = [epoch for epoch, seq in self._rows.epochs().items() if receipted(epoch) == seq]
        if not ready and not self._rows.any_known():
            return None
        found = settle(self._register, ready)
        self.left = found.left
        return found


def settle(register: Register, epochs: Sequence[str]) -> Settled:
    """Take away the rows that came back, and write anew those of these epochs. Raises RegisterError."""
    done, rows = Settled(), SalvagedRows(register.store)
    if rows.count():
        done.known = rows.forget_known()
        for epoch in epochs:
            _write_anew(register, rows, epoch, done)
    done.left = rows.count()
    return done


def settle_all(register: Register) -> Settled:
    """The same for all epochs of which rows wait, without asking the centre. Raises RegisterError."""
    return settle(register, list(SalvagedRows(register.store).epochs()))


def _write_anew(register: Register, rows: SalvagedRows, epoch: str, done: Settled) -> None:
    names: dict[Ref, Ref] = {}
    for change_set in _change_sets(rows.of_epoch(epoch)):
        if change_set[0].refused is not None:
            continue
        try:
            written = _saved(register, names, change_set)
        except Refused as refused:
            _refuse(rows, change_set, "; ".join(problem.path for problem in refused.problems), done)
            continue
        except (msgspec.DecodeError, RecursionError):
            _refuse(rows, change_set, "it cannot be read", done)
            continue
        names.update(written)
        rows.forget(change_set)
        done.anew += len(change_set)


def _saved(register: Register, names: dict[Ref, Ref], change_set: list[SalvagedRow]) -> dict[Ref, Ref]:
    """Save a change set anew; what its rows are called now. Raises Refused, DecodeError."""
    author = _meta(change_set[0].meta).author
    edits = [(row, edit) for row in change_set if (edit := _edit(register, names, row)) is not None]
    if not edits:
        return {}
    epoch, last = register.save([edit for _, edit in edits], author=author).ref
    return {(row.epoch, row.seq): (epoch, last - back) for back, (row, _) in enumerate(reversed(edits))}


def _refuse(rows: SalvagedRows, change_set: list[SalvagedRow], why: str, done: Settled) -> None:
    rows.refuse(change_set, why or "refused")
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
    values = join_values(_half(row.rest) if row.rest else {}, _half(row.nominal) if row.nominal else {})
    here = register.get(meta.record) is not None
    if meta.seen is None and here:
        return None
    if not here:  # where the change that made it is lost, what is left of a record is a record of its own
        return Edit(meta.type, values, record=meta.record, create=True)
    return Edit(meta.type, values, record=meta.record, seen=_seen(register, names, meta.seen or {}))


def _seen(register: Register, names: dict[Ref, Ref], seen: dict[str, list[Ref]]) -> str | None:
    """The heads its author saw, by their present names; None, which is as the record is now, where one is lost."""
    known = SalvagedRows(register.store).last_rows()
    told = {key: [names.get((epoch, seq), (epoch, seq)) for epoch, seq in heads] for key, heads in seen.items()}
    lost = any(seq > known.get(epoch, 0) for heads in told.values() for epoch, seq in heads)
    return None if lost or "*" not in told else msgspec.json.encode(told).decode()
