"""What the register reads of a machine's result, and what it holds of a machine."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

LARGEST: Final = 1024 * 1024
"""Bytes of a result; a long one has 20 kB."""
_TAG: Final = re.compile(r"[A-Z]{2,6}-[0-9]{5}-[0-9A-Z]")

Text = Annotated[str, Meta(max_length=200)]
Moment = Annotated[int, Meta(ge=0, le=32_503_680_000)]
"""Seconds since 1970, up to the year 3000."""


class NoResult(Exception):
    """The file is no result of `diwan hardware check`; the message says why."""


class _Finding(Struct):
    name: Text
    outcome: Text
    text: Annotated[str, Meta(max_length=2000)] = ""
    remedy: Annotated[str, Meta(max_length=2000)] = ""


class _Step(Struct):
    step: Text
    title: Text
    findings: Annotated[list[_Finding], Meta(max_length=500)]


class _Identity(Struct):
    model: Text
    serial: Text = ""
    architecture: Text = ""
    memory_mb: Annotated[int, Meta(ge=0, le=10**9)] = 0
    disk: Text = ""
    disk_serial: Text = ""
    disk_gb: Annotated[int, Meta(ge=0, le=10**9)] = 0


class _Result(Struct):
    format: int
    profile: Text
    identity: _Identity
    ended: Moment
    steps: Annotated[list[_Step], Meta(max_length=100)]
    asset: Text = ""
    place: Text = ""
    technician: Text = ""
    warranty_months: Annotated[int, Meta(ge=0, le=240)] = 0


class Accepted(Struct, frozen=True):
    """A result that was accepted: the machine it is about, and who answers for it. `signer` is whose key signed it."""

    digest: str
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
    memory_mb: int
    disk: str
    disk_serial: str
    problems: tuple[str, ...]
    """What failed or warned, in the words of the result."""


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
_WORST: Final = ("pass", "unknown", "warn", "fail")


def accepted(content: bytes, signer: str) -> Accepted:
    """Read a result. Every part is somebody else's bytes: lengths are bounded, marks that cannot be seen are dropped.
    Raises NoResult."""
    if len(content) > LARGEST:
        raise NoResult(f"is larger than {LARGEST // 1024} kB")
    try:
        plain = msgspec.json.decode(content, type=_Result)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NoResult(f"is no result of `diwan hardware check`: {error}") from error
    if plain.format != 1:
        raise NoResult("was written by a newer release; update the centre first")
    found = [finding for step in plain.steps for finding in step.findings]
    if not found or any(finding.outcome not in _WORST for finding in found):
        raise NoResult("holds no findings, or some that are neither pass, warn, fail nor unknown")
    tag = plain.asset.strip().upper()
    identity = plain.identity
    serial = shown(identity.serial)
    if not serial and not _TAG.fullmatch(tag):
        raise NoResult("names neither a serial number nor the number of a label: check again with --asset, or as root")
    return Accepted(
        digest=hashlib.sha256(content).hexdigest(),
        signer=shown(signer),
        tag=tag if _TAG.fullmatch(tag) else "",
        serial=serial,
        model=shown(identity.model),
        profile=shown(plain.profile),
        place=shown(plain.place),
        technician=shown(plain.technician),
        outcome=max((finding.outcome for finding in found), key=_WORST.index),
        ended_ms=plain.ended * 1000,
        warranty_months=plain.warranty_months,
        memory_mb=identity.memory_mb,
        disk=shown(identity.disk),
        disk_serial=shown(identity.disk_serial),
        problems=tuple(shown(each.text, 300) for each in found if each.outcome in ("warn", "fail"))[:50],
    )


def shown(text: str, longest: int = 120) -> str:
    """A text without what cannot be seen: controls, and marks that turn what stands beside it (Unicode category C)."""
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
