"""What the asset register reads from an acceptance sheet, and what it stores of a machine."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Final

from diwan_core.acceptance.sheet import Sheet
from msgspec import Struct

KIND: Final = "hardware"
"""Of sheets that `diwan hardware sign` makes; they alone make a machine known."""
_TAG: Final = re.compile(r"[A-Z]{2,6}-[0-9]{5}-[0-9A-Z]")


class NoMachine(Exception):
    """The sheet does not say which machine it is about; the message says what is missing."""


class Accepted(Struct, frozen=True):
    """A sheet that was accepted: the machine it is about, and who answers for it. `signer` is whose key signed it."""

    name: str
    """Of the sheet, as the centre keeps it."""
    signer: str
    tag: str
    serial: str
    model: str
    profile: str
    place: str
    technician: str
    outcome: str
    ended_ms: int
    warranty_months: int
    disk: str
    disk_serial: str


class Machine(Struct, frozen=True):
    """A machine of the register. `state` is in_use, spare, repair or gone."""

    id: int
    tag: str
    serial: str
    model: str
    profile: str
    place: str
    state: str
    since_ms: int
    warranty_until: str
    note: str
    disk: str
    disk_serial: str


STATES: Final = ("in_use", "spare", "repair", "gone")
_WORST: Final = ("pass", "waived", "warn", "fail")


def accept_sheet(sheet: Sheet, name: str, signer: str) -> Accepted:
    """The facts of a sheet about its machine. Marks that cannot be seen are dropped, texts are cut. Raises
    NoMachine."""
    facts = sheet.facts
    tag, serial = facts.get("label", "").strip().upper(), shown(facts.get("serial", ""))
    if not serial and not is_tag(tag):
        raise NoMachine("it names neither a serial number nor a label: check again with --asset, or as root")
    months = facts.get("warranty_months", "")
    return Accepted(
        name=name,
        signer=shown(signer),
        tag=tag if is_tag(tag) else "",
        serial=serial,
        model=shown(facts.get("model", "")),
        profile=shown(sheet.profile),
        place=shown(facts.get("place", "")),
        technician=shown(sheet.by),
        outcome=max((check.outcome for check in sheet.checks), key=_WORST.index),
        ended_ms=_moment_ms(sheet.taken),
        warranty_months=int(months) if re.fullmatch("[0-9]{1,3}", months, re.ASCII) else 0,
        disk=shown(facts.get("disk", "")),
        disk_serial=shown(facts.get("disk_serial", "")),
    )


def _moment_ms(taken: str) -> int:
    """A sheet's moment in milliseconds; 0 where there is no such day."""
    try:
        return int(datetime.strptime(taken, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return 0


def shown(text: str, longest: int = 120) -> str:
    """A text without invisible characters: controls, and marks that change the direction of the text beside them
    (Unicode category C)."""
    kept = (letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    return " ".join("".join(kept).split())[:longest]


def is_tag(text: str) -> bool:
    """Whether a text has the form of an asset number."""
    return _TAG.fullmatch(text) is not None


def day(text: str) -> str:
    """A day as YYYY-MM-DD, or nothing. Raises ValueError."""
    return date.fromisoformat(text).isoformat() if text.strip() else ""


def months_later(start: date, months: int) -> date:
    """The same day so many months later; the last of its month where there is none."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError("no such month")
