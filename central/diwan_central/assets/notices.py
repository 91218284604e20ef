"""Notices about a machine, such as two technicians who accepted it; they inform and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from diwan_core.web.language.i18n import N_

from diwan_central.assets.model import Machine
from diwan_central.assets.store import AssetStore
from diwan_central.table_file import Row

_SOON: Final = timedelta(days=60)
SENTENCES: Final[Mapping[str, str]] = {
    "accepted_by_several": N_(
        "Two people accepted this machine: {first} on {first_day} ({first_outcome}) and {second} on {second_day} "
        "({second_outcome}). Both sheets are kept; the later one counts. Ask them which of them has it."
    ),
    "places_differ": N_("They name two places: {first}, then {second}."),
    "failed": N_("Its last check, on {day}, failed. Do not use it before it is repaired and checked again."),
    "clock_wrong": N_("Its clock was wrong when it was checked; {day} is the day on which the sheet came in."),
    "label_twice": N_("Another machine has the number {tag} too: {others}. Give one of them a new label."),
    "other_label": N_("Its sheets name another label: {others}. Check which number is on the machine."),
    "warranty_over": N_("Its warranty ended on {until}."),
    "warranty_ends": N_("Its warranty ends on {until}: test it before."),
}


@dataclass(frozen=True)
class Notice:
    """One notice: a code (`words` puts it into a sentence) and its parameters."""

    code: str
    parameters: Mapping[str, str]


def notices(store: AssetStore, machine: Machine, today: date) -> list[Notice]:
    """The notices of one machine. Raises AssetsUnusable."""
    sheets = store.rows("select * from sheet where machine = ? order by ended_ms, taken_ms", (machine.id,))
    found = [
        *_accepted_by_several(sheets),
        *_of_the_last(sheets),
        *_labels(store, machine, sheets),
        *_warranty(machine, today),
    ]
    return found


def plain_words(notice: Notice) -> str:
    """A notice as an English sentence, for the command line."""
    return SENTENCES[notice.code].format(**notice.parameters)


def _accepted_by_several(sheets: Sequence[Row]) -> list[Notice]:
    """Two technicians accepted one machine: both sheets are kept, and their differences are listed."""
    if len({row["signer"] for row in sheets}) < 2:
        return []
    earlier, later = sheets[-2], sheets[-1]
    for row in reversed(sheets[:-1]):
        if row["signer"] != later["signer"]:
            earlier = row
            break
    told = {
        "first": _who(earlier), "first_day": _day(earlier), "first_outcome": str(earlier["outcome"]),
        "second": _who(later), "second_day": _day(later), "second_outcome": str(later["outcome"]),
    }  # fmt: skip
    found = [Notice("accepted_by_several", told)]
    if earlier["place"] and later["place"] and earlier["place"] != later["place"]:
        found.append(Notice("places_differ", {"first": str(earlier["place"]), "second": str(later["place"])}))
    return found


def _of_the_last(sheets: Sequence[Row]) -> list[Notice]:
    if not sheets:
        return []
    last, found = sheets[-1], []
    if last["outcome"] == "fail":
        found.append(Notice("failed", {"day": _day(last)}))
    if last["clock_wrong"]:
        found.append(Notice("clock_wrong", {"day": _day(last)}))
    return found


def _labels(store: AssetStore, machine: Machine, sheets: Sequence[Row]) -> list[Notice]:
    found = []
    if machine.tag:
        others = store.rows("select id from machine where tag = ? and id != ?", (machine.tag, machine.id))
        if others:
            numbers = ", ".join(f"#{row['id']}" for row in others)
            found.append(Notice("label_twice", {"tag": machine.tag, "others": numbers}))
    strange = sorted({str(row["tag"]) for row in sheets if row["tag"]} - {machine.tag})
    if strange:
        found.append(Notice("other_label", {"tag": machine.tag, "others": ", ".join(strange)}))
    return found


def _warranty(machine: Machine, today: date) -> list[Notice]:
    if not machine.warranty_until or machine.state == "gone":
        return []
    until = date.fromisoformat(machine.warranty_until)
    if until < today:
        return [Notice("warranty_over", {"until": machine.warranty_until})]
    return [Notice("warranty_ends", {"until": machine.warranty_until})] if until - today <= _SOON else []


def _who(row: Row) -> str:
    return str(row["technician"] or row["signer"] or "?")


def _day(row: Row) -> str:
    return datetime.fromtimestamp(row["ended_ms"] / 1000, UTC).date().isoformat()
