"""The register as a table: for the list, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from diwan_central.assets.model import Machine
from diwan_central.assets.notices import Notice, notices
from diwan_central.assets.store import AssetStore
from diwan_central.assets.taking import machine_of
from diwan_central.days import day_of

COLUMNS: Final = (
    "id", "tag", "profile", "model", "serial", "place", "state", "since", "warranty_until", "last_check",
    "last_outcome", "accepted_by", "disk", "disk_serial", "note", "notices",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class Row:
    """A machine with its last sheet and what should be known about it."""

    machine: Machine
    last_ms: int
    outcome: str
    signers: tuple[str, ...]
    notices: tuple[Notice, ...]


def rows(store: AssetStore, today: date, query: str = "") -> Iterator[Row]:
    """The machines by place and label; with a query those that hold it. Raises AssetsUnusable."""
    wanted = query.casefold().split()
    for found in store.rows("select * from machine order by state = 'gone', place, tag, id"):
        machine = machine_of(found)
        text = " ".join((machine.tag, machine.serial, machine.model, machine.profile, machine.place, machine.note))
        if all(word in text.casefold() for word in wanted):
            yield row_of(store, machine, today)


def row_of(store: AssetStore, machine: Machine, today: date) -> Row:
    """One machine as a row. Raises AssetsUnusable."""
    sheets = store.rows(
        "select ended_ms, outcome, signer, technician from sheet where machine = ? order by ended_ms, taken_ms",
        (machine.id,),
    )
    last = sheets[-1] if sheets else None
    who = tuple(dict.fromkeys(each["technician"] or each["signer"] for each in sheets))
    return Row(
        machine, last["ended_ms"] if last else 0, last["outcome"] if last else "", who,
        tuple(notices(store, machine, today)),
    )  # fmt: skip


def as_csv(found: Iterator[Row]) -> str:
    """The machines as CSV (RFC 4180). A cell that a spreadsheet program would run as a formula is set in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found:
        machine = row.machine
        writer.writerow(
            _harmless(str(cell))
            for cell in (
                machine.id, machine.tag, machine.profile, machine.model, machine.serial, machine.place, machine.state,
                day_of(machine.since_ms), machine.warranty_until, day_of(row.last_ms), row.outcome,
                "; ".join(row.signers), machine.disk, machine.disk_serial, machine.note,
                "; ".join(notice.code for notice in row.notices),
            )
        )  # fmt: skip
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
