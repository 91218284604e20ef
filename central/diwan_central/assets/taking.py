"""Updates the asset register from a sheet, and by corrections that a person makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from diwan_central.assets.model import STATES, Accepted, Machine, day, is_tag, months_later, shown
from diwan_central.assets.store import AssetStore
from diwan_central.table_file import Row

_DAY_MS: Final = 86_400_000
_BUILT_MS: Final = 1_704_067_200_000
"""The beginning of 2024: an earlier sheet comes of a clock that was not set."""
FIELDS: Final = ("tag", "place", "state", "warranty_until", "note")
"""What a person may correct."""


class BadValue(Exception):
    """A value cannot be kept. `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Taken:
    """The outcome of taking in a sheet."""

    machine: int
    is_new: bool
    was_here: bool
    """The same sheet was taken before; nothing is changed."""


def take(store: AssetStore, result: Accepted, person: str, now_ms: int) -> Taken:
    """Note a sheet, and make or update its machine. One that is older than another one of the machine changes nothing
    of it. Raises AssetsUnusable."""
    with store.writing():
        known = store.rows("select machine from sheet where name = ?", (result.name,))
        if known:
            return Taken(known[0]["machine"], False, True)
        clock_wrong = not _BUILT_MS <= result.ended_ms <= now_ms + _DAY_MS
        ended_ms = now_ms if clock_wrong else result.ended_ms
        machine = _known(store, result)
        number = _new(store, result, ended_ms) if machine is None else machine.id
        if machine is not None:
            latest = store.rows("select max(ended_ms) from sheet where machine = ?", (machine.id,))[0][0] or 0
            _update(store, machine, result, person, ended_ms, now_ms, newer=ended_ms >= latest)
        store.write(
            "insert into sheet (name, machine, signer, technician, tag, profile, place, outcome, ended_ms, taken_ms, "
            "taken_by, clock_wrong) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                result.name, number, result.signer, result.technician, result.tag, result.profile, result.place,
                result.outcome, ended_ms, now_ms, person, int(clock_wrong),
            ),
        )  # fmt: skip
    return Taken(number, machine is None, False)


def _known(store: AssetStore, result: Accepted) -> Machine | None:
    """The machine of a sheet: the one of its serial number; otherwise the one of its label, where either has no serial
    number that says otherwise."""
    if result.serial:
        rows = store.rows("select * from machine where serial = ? and model = ?", (result.serial, result.model))
        if rows:
            return machine_of(rows[0])
    if result.tag:
        for row in store.rows("select * from machine where tag = ? order by id", (result.tag,)):
            if not row["serial"] or not result.serial:
                return machine_of(row)
    return None


def _new(store: AssetStore, result: Accepted, ended_ms: int) -> int:
    return store.write(
        "insert into machine (tag, serial, model, profile, place, state, since_ms, warranty_until, note, disk, "
        "disk_serial) values (?, ?, ?, ?, ?, 'in_use', ?, ?, '', ?, ?)",
        (
            result.tag, result.serial, result.model, result.profile, result.place, ended_ms,
            _warranty(result, ended_ms), result.disk, result.disk_serial,
        ),
    )  # fmt: skip


def _warranty(result: Accepted, ended_ms: int) -> str:
    """The warranty begins with acceptance, as the clauses of the guide say; a machine that failed is not accepted."""
    if not result.warranty_months or result.outcome == "fail":
        return ""
    start = datetime.fromtimestamp(ended_ms / 1000, UTC).date()
    return months_later(start, result.warranty_months).isoformat()


def _update(
    store: AssetStore, machine: Machine, result: Accepted, person: str, ended_ms: int, now_ms: int, *, newer: bool
) -> None:
    """Update a machine from a further sheet: a newer sheet is believed, an older one only fills what is not known."""
    said = {
        "tag": result.tag, "serial": result.serial, "profile": result.profile, "place": result.place,
        "warranty_until": "" if machine.warranty_until else _warranty(result, ended_ms),
        "disk": result.disk, "disk_serial": result.disk_serial,
    }  # fmt: skip
    if machine.tag:
        said.pop("tag")  # a label that is stuck on counts; another one is a notice
    for field, value in said.items():
        before = str(getattr(machine, field))
        if value and value != before and (newer or not before):
            _set(store, machine.id, field, before, value, person, now_ms)


def correct(store: AssetStore, number: int, values: Mapping[str, str], person: str, now_ms: int) -> int:
    """Change what a person corrects; how many fields. Raises BadValue, KeyError where there is no such machine,
    AssetsUnusable."""
    clean = {field: _clean(field, value) for field, value in values.items() if field in FIELDS}
    with store.writing():
        rows = store.rows("select * from machine where id = ?", (number,))
        if not rows:
            raise KeyError(number)
        machine, changed = machine_of(rows[0]), 0
        for field, value in clean.items():
            before = str(getattr(machine, field))
            if value != before:
                _set(store, number, field, before, value, person, now_ms)
                changed += 1
    return changed


def _clean(field: str, value: str) -> str:
    value = shown(value, 500 if field == "note" else 120)
    if field == "tag":
        value = value.upper()
    if not _is_right(field, value):
        raise BadValue(field)
    return value


def _is_right(field: str, value: str) -> bool:
    match field:
        case "tag":
            return not value or is_tag(value)
        case "state":
            return value in STATES
        case "warranty_until":
            try:
                return day(value) == value
            except ValueError:
                return False
    return True


def _set(store: AssetStore, number: int, field: str, before: str, after: str, person: str, now_ms: int) -> None:
    if field not in (*FIELDS, "serial", "profile", "disk", "disk_serial"):
        raise BadValue(field)  # a column's name is never a stranger's text
    store.write(f"update machine set {field} = ? where id = ?", (after, number))
    store.write(
        "insert into change (machine, at_ms, person, field, before, after) values (?, ?, ?, ?, ?, ?)",
        (number, now_ms, person, field, before, after),
    )


def machine_of(row: Row) -> Machine:
    """A machine from its row."""
    return msgspec.convert({key: row[key] for key in Machine.__struct_fields__}, Machine)
