"""Reports to persons that somebody began: who, why, what was chosen; and which types are held back from them."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from diwan_core.dictionary import DICTIONARY
from diwan_core.node import NodeError
from diwan_core.trust import mint_id
from diwan_core.web.language.i18n import N_

from diwan_central.days import now_ms
from diwan_central.privacy.holds import checked_reason
from diwan_central.privacy.store import PrivacyStore
from diwan_central.privacy.subject import Chosen

CHOSEN_MOST: Final = 500
_LOOKED_FOR: Final = N_("Who or what is looked for stays inside.")
_SELECTING: Final = N_("How consignments and persons are selected stays inside.")
_SOURCES: Final = N_("What is thought of a source stays inside.")
_PLANNED: Final = N_("What the administration plans stays inside.")
_WRITTEN: Final = N_("What officers write to each other stays inside.")
HELD: Final = {
    "suspect": _LOOKED_FOR,
    "watch_list": _LOOKED_FOR,
    "watch_entry": _LOOKED_FOR,
    "sighting": _LOOKED_FOR,
    "rule": _SELECTING,
    "proposal": _SELECTING,
    "operation": _PLANNED,
    "message": _WRITTEN,
    "topic": _WRITTEN,
    "post": _WRITTEN,
    "person.warning_codes": N_("It tells officers what to take care of."),
    "link.source_grade": _SOURCES,
    "link.confidence": _SOURCES,
    "case.source_grade": _SOURCES,
}
"""Types, and fields of types, that are held back where the country has set nothing else."""


class ReportRefused(NodeError):
    """A report cannot be begun or opened: the message says why and what to do."""


class SubjectReport(NamedTuple):
    """A report somebody began; `at_ms` is UTC milliseconds."""

    id: str
    person: str
    role: str
    reason: str
    at_ms: int
    chosen: Chosen


def begin(store: PrivacyStore, chosen: Chosen, reason: str, person: str, role: str) -> SubjectReport:
    """Begin a report. Raises HoldRefused without a reason, ReportRefused without records, or with too many."""
    reason = checked_reason(reason)
    if not 0 < len(chosen.persons) + len(chosen.naming) <= CHOSEN_MOST:
        raise ReportRefused(f"Choose the records that are this person, at the most {CHOSEN_MOST}.")
    made = SubjectReport(mint_id(), person, role, reason, now_ms(), chosen)
    store.write(
        "insert into report (id, person, role, reason, at_ms, chosen) values (?, ?, ?, ?, ?, ?)",
        (made.id, person, role, reason, made.at_ms, _text(chosen)),
    )
    return made


def choose(store: PrivacyStore, report: str, chosen: Chosen) -> None:
    """Keep what the reviewer has chosen."""
    store.write("update report set chosen=? where id=?", (_text(chosen), report))


def report_of(store: PrivacyStore, id: str, person: str) -> SubjectReport:
    """A report, for the account that began it. Raises ReportRefused."""
    found = store.rows("select * from report where id=? and person=?", (id, person))
    if not found:
        raise ReportRefused("There is no such report of yours. Begin another one.")
    row, held = found[0], json.loads(found[0]["chosen"])
    chosen = Chosen(tuple(held["persons"]), tuple(held["naming"]), frozenset(held["mine"]), frozenset(held["released"]))
    return SubjectReport(row["id"], row["person"], row["role"], row["reason"], row["at_ms"], chosen)


def held_types(store: PrivacyStore) -> dict[str, str]:
    """Types, and fields of types, that are held back from reports to persons, each with the law or reason."""
    set_here = {row["type"]: row for row in store.rows("select * from held_type")}
    held = {name: why for name, why in HELD.items() if name not in set_here}
    return held | {name: row["law"] for name, row in set_here.items() if row["held"]}


def set_held(store: PrivacyStore, name: str, held: bool, law: str, person: str) -> None:
    """Set whether a type, or a field of one, is held back, and under which law. Raises ReportRefused, HoldRefused."""
    law = checked_reason(law)
    type, dot, column = name.partition(".")
    declared = DICTIONARY.types.get(type)
    columns = (
        {f"{part}.{item.name}" if part else item.name for part, item in declared.every_field()} if declared else ()
    )
    if declared is None or (dot and column not in columns):
        raise ReportRefused(f"There is no type or field {name!r}. See `diwan dictionary`.")
    store.write(
        "insert into held_type values (?, ?, ?, ?, ?) on conflict (type) do update set held=excluded.held, "
        "law=excluded.law, person=excluded.person, at_ms=excluded.at_ms",
        (name, int(held), law, person, now_ms()),
    )


def _text(chosen: Chosen) -> str:
    return json.dumps({name: sorted(value) if isinstance(value, frozenset) else value
                       for name, value in chosen._asdict().items()})  # fmt: skip
