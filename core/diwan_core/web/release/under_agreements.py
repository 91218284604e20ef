"""What a record would give under each agreement in force, for the person who is to release it under one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.intake.run.agreements import agreed_by, agreements
from diwan_core.intake.run.departing import with_strictest_mark
from diwan_core.leaving.agreed import LINKED, Agreed, agreed_field
from diwan_core.leaving.released import digest_of, is_released, releases_of
from diwan_core.register import Record
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.display import Shown, show

_NOT_SURE: Final = N_("the clock of this machine is not sure what day it is, and an agreement has days")


@dataclass(frozen=True)
class UnderAgreement:
    """A record under one agreement: `values` would leave, each with its label. `why_not`: why nothing does, beside the
    release; for the catalogue."""

    path: str
    title: str
    partner: str
    until: str
    digest: str
    values: list[tuple[str, Shown]]
    why_not: str
    released: bool
    changed: bool
    by: str
    at: str
    persons: list[str]


def under_agreements(record_type: RecordType, record: Record) -> list[UnderAgreement]:
    """The record under each agreement in force that covers its type."""
    reader, sure = register(), register().sure_day()
    today = sure or datetime.now(UTC).date()
    known = [one for one in agreements(reader) if record.type in one.types and not one.why_not_in_force(today)]
    found = [_standing(agreed_by(reader, one, today), record_type, record) for one in known]
    return found if sure is not None else [replace(one, why_not=_NOT_SURE) for one in found]


def content_under(record_type: RecordType, record: Record, path: str) -> str | None:
    """What a release at a path would be for; None where no agreement in force has it, or it does not cover the
    record."""
    reader, today = register(), register().sure_day()
    if today is None:
        return None
    for one in agreements(reader):
        agreed = agreed_by(reader, one, today)
        if agreed.path == path and not agreed.why_not_covered(record_type, with_strictest_mark(record)):
            return agreed.content(record_type, record.values)
    return None


def _standing(agreed: Agreed, record_type: RecordType, record: Record) -> UnderAgreement:
    content = agreed.content(record_type, record.values)
    releases = [release for _key, release in releases_of(record.values, agreed.path)]
    released = is_released(record.values, agreed.path, content)
    valid: Any = next((release for release in releases if release.get("digest") == digest_of(content)), {})
    return UnderAgreement(
        path=agreed.path,
        title=agreed.agreement.title,
        partner=agreed.agreement.partner,
        until=agreed.agreement.last_day,
        digest=digest_of(content),
        values=list(_labelled(record_type, agreed.values(record_type, record.values))),
        why_not=agreed.why_not_covered(record_type, with_strictest_mark(record)),
        released=released,
        changed=bool(releases) and not released,
        by=str(valid.get("by") or ""),
        at=str(valid.get("at") or ""),
        persons=agreed.persons(record_type, record.values),
    )


def _label(type: str, column: str, field: Field) -> str:
    """What a field is called, with its part where it is one of a person's documents or addresses."""
    part = DICTIONARY.type(type).parts.get(column.partition(".")[0]) if type == LINKED else None
    return f"{_(part.label)}, {_(field.label)}" if part is not None else _(field.label)


def _labelled(record_type: RecordType, values: dict[str, Any]) -> Iterator[tuple[str, Shown]]:
    numbers: dict[tuple[str, str], int] = {}
    for path, value in values.items():
        name, key, *inner = path.split(".")
        number = numbers.setdefault((name, key), 1 + sum(1 for part, _key in numbers if part == name))
        steps = [*inner[:2], *inner[3:]]  # without the id of a person's document or address
        found = agreed_field(record_type, ".".join([name, *steps]))
        if found is None:
            continue
        label = f"{_(record_type.parts[name].label)} {number}: {_label(*found)}"
        for one in value.values() if isinstance(value, dict) else [value]:
            if one is not None:
                yield label, show(found[2], one)
