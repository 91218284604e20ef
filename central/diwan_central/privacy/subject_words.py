"""A report to a person in words, the same for paper, JSON and workbook: nothing goes into a file that is not here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.register.inspection.read_logs import AnchoredLog
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.kit.log_views import VIEWS
from diwan_core.web.kit.role_labels import role_name
from diwan_core.web.language.i18n import N_, _, _n
from diwan_core.web.records.display import show

from diwan_central.privacy.handed_in_logs import HandedIn
from diwan_central.privacy.subject import Compiled, Relation, Told, ToldRecord
from diwan_central.privacy.subject_reads import Reads

RELATIONS: Final[Mapping[Relation, str]] = {
    "person": N_("a record of the person"),
    "link": N_("it names the person by a link"),
    "chosen": N_("it names the person in words"),
}
IDENTIFIES: Final = {
    "nobody": N_("nobody"),
    "business": N_("a business"),
    "person": N_("a person"),
    "officer": N_("an officer"),
}
ERASED: Final = {
    1: N_("what identifies nobody was erased before"),
    2: N_("what identifies people was erased before"),
    3: N_("all of it was erased before"),
}
_EVENTS: Final = {
    "record.shown_by_command": N_("shown at the command line"),
    "case.exported_by_command": N_("saved as a file of evidence"),
    "step.taken_by_command": N_("a step was taken at the machine"),
    "retention.held": N_("held back from erasure"),
    "retention.let_go": N_("not held back from erasure any more"),
}
NOTES: Final = (
    N_(
        "This report says nothing about other persons: parts of records that are theirs are left out, and texts that "
        "may name them are black unless somebody has read and released them. Officers are named by the place where "
        "they serve."
    ),
    N_(
        "A law may let the administration keep some records to itself. This report does not say whether there are any, "
        "and says so in every report alike."
    ),
    N_(
        "This report shows what the records say now. Earlier versions of a value are kept with the record as evidence, "
        "and go when it is erased."
    ),
    N_(
        "Whoever saved a whole list as a file is in the log by the filter of the list and not by its records; such "
        "lists are not counted here."
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a record in words."""

    label: str
    text: str
    state: str
    identifies: str
    half: str
    day: str
    place: str


@dataclass(frozen=True, slots=True)
class Section:
    """One record in words; `remarks` say what was erased or left out."""

    number: int
    kind: str
    relation: str
    day: str
    place: str
    remarks: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One look at a record in words."""

    number: int
    moment: str
    role: str
    what: str
    place: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """The log of reads of a post, and how much of it is here, in words."""

    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Worded:
    """A whole report in words."""

    made: str
    sections: tuple[Section, ...]
    reads: tuple[ReadLine, ...]
    logs: tuple[LogLine, ...]
    notes: tuple[str, ...]


def worded(compiled: Compiled, reads: Reads, place: Callable[[str], str], now_ms: int) -> Worded:
    """A report in the reader's language; `place` says how a node is called."""
    numbers = {record.id: number for number, record in enumerate(compiled.records, 1)}
    notes = [_(note) for note in NOTES]
    if compiled.is_cut:
        notes.append(_("There are more records than one report can hold; the rest is in no report yet."))
    if reads.cut:
        notes.append(_("Of some records only the newest looks are named."))
    return Worded(
        moment(now_ms),
        tuple(_section(record, numbers[record.id], place) for record in compiled.records),
        tuple(
            ReadLine(
                numbers[one.record],
                moment(one.at_ms),
                role_name(one.role) if one.role else "",
                _what(one.what),
                place(one.node) if one.node else _("the centre"),
            )
            for one in reads.here
            if one.record in numbers
        ),
        tuple(LogLine(place(one.node), _log(one, reads.handed_in.get(one.node))) for one in reads.elsewhere),
        tuple(notes),
    )


def moment(ms: int) -> str:
    """A moment in UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def label_of(told: Told) -> str:
    """The label of a value: its part with a number, and its field."""
    if told.part is None:
        return _(told.field.label)
    return f"{_(told.part.label)} {told.number}: {_(told.field.label)}"


def value_words(told: Told) -> str:
    """A value, or what stands in its place."""
    match told.state:
        case "black":
            return _n("text of {count} letter, not released", "text of {count} letters, not released", told.letters)
        case "other":
            return _("another record")
        case "officer":
            return _("an officer")
        case _ if told.field.kind == "reference":
            return _("this person")
        case _:
            return show(told.field, told.value).text


def _section(record: ToldRecord, number: int, place: Callable[[str], str]) -> Section:
    remarks = [_(ERASED[record.halves])] if record.halves else []
    if record.left_out:
        remarks.append(
            _n("{count} part about others is left out", "{count} parts about others are left out", record.left_out)
        )
    if record.contested:
        remarks.append(_("two versions of a value stand side by side; the later one is shown"))
    lines = tuple(
        Line(
            label_of(one), value_words(one), one.state, _(IDENTIFIES[one.field.identifies]),
            _("names people") if one.field.nominal else _("plain"), one.day, place(one.origin),
        )
        for one in record.values
    )  # fmt: skip
    kind = _(one_of(record.type)) if record.type in DICTIONARY.types else record.type
    return Section(number, kind, _(RELATIONS[record.relation]), record.day, place(record.origin), tuple(remarks), lines)


def _what(what: str) -> str:
    if what in VIEWS:
        return _(VIEWS[what])
    return _(_EVENTS[what]) if what in _EVENTS else _("another look")


def _log(log: AnchoredLog, here: HandedIn | None) -> str:
    if here:
        told = _("Its log of reads is here up to row {rows}, of {day}.", rows=here.rows, day=moment(here.at_ms))
        if log.rows > here.rows:
            told += " " + _("Its rows on {day}: {rows}.", rows=log.rows, day=moment(log.at_ms))
        return told
    if not log.at_ms:
        return _("Its log of reads is not here, and it has never said how long it is.")
    return _(
        "Its log of reads is not here: it has never been sent. Its rows on {day}: {rows}.", rows=log.rows,
        day=moment(log.at_ms),
    )  # fmt: skip
