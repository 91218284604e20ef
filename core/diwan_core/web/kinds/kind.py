"""RecordKind: everything that the pages know about one record type, in one place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from diwan_core.dictionary import DICTIONARY, Condition, Field, Part, RecordType
from diwan_core.dictionary.case_numbers import FIELD as CASE_NUMBER
from diwan_core.dictionary.state_machine import Step
from diwan_core.register import Record, Register
from diwan_core.roles import Action
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _

MORE: Final = "more"
"""The heading of the fields that no heading of the kind names."""
NUMBER: Final = CASE_NUMBER
REFERENCE: Final = "national_reference"
SET_ELSEWHERE: Final = frozenset(
    {"status", "exercise", "derived", "source_key", "source_system", "review_state", CASE_NUMBER}
)
"""Fields of any type that no form edits: set by the register, by a workflow step, by an import, or by the exercise mode
of the node."""
SAME_PLATE: Final = N_("The same plate: {value}")
SAME_CONTAINER: Final = N_("The same container: {value}")
SAME_NUMBER: Final = N_("The same document or registration number: {value}")

Document = Mapping[str, Any]
Alike = Callable[[Register, Document], Iterator[tuple[Record, str]]]
"""Finds records that may be about the same as a document, each with the reason, to be shown to a person."""


@dataclass(frozen=True)
class Heading:
    """Fields that stand together; `fields` are their names, set apart by spaces. `open`: it stands open in the full
    form, where the others unfold."""

    name: str
    label: str
    fields: str
    open: bool = False


@dataclass(frozen=True)
class Identifier:
    """A field whose value two records of one type have in common only if they are about the same thing; of a part
    where one is named. `words` say so to a person, with a place for the {value}."""

    field: str
    words: str
    part: str = ""


@dataclass(frozen=True)
class ImportPart:
    """A part that columns of an imported table can fill. Where `role` is named, it is set when any of its fields is."""

    name: str
    number: str
    role: str
    label: str


@dataclass(frozen=True)
class FirstPart:
    """The part whose first entry stands for a record in lists: its group, its finest description, its quantity."""

    part: str
    group: str
    words: tuple[str, ...]
    """Fields that describe the entry, the finest first."""
    quantity: str
    unit: str


@dataclass(frozen=True)
class RecordKind:
    """The texts, columns and actions of a record type on pages. Texts are marked with `N_` where they are given,
    translated when shown."""

    type: str
    """The record type, which is also the name of its blueprint."""
    path: str
    """Where its pages lie: "cases" for /cases."""
    plural: str
    one: str
    """What one without a name or number is called, with a place for its date: "Case of {date}"."""
    called: str = ""
    """What sort of thing one is: "Case"; the dictionary's label where nothing is said."""
    order: int = 100
    """Its place among the kinds."""

    actions: frozenset[Action] = frozenset()
    """What people do with its records here, beside what the table of roles allows them: READ_RECORDS gives the list
    and the page, REPORT a form for a new one, EDIT forms that change it, EXPORT and IMPORT files."""
    index: Literal["list", "look_up", ""] = ""
    """What its list is: one with filters and columns, or a look-up among what is on file; "" where the pages of the
    type are a feature of its own."""
    in_head: int = 0
    """The place of its list in the head of the console; 0 where it does not stand there."""
    printed: bool = False
    """Whether a record can be had as PDF."""
    checked: bool = False
    """Whether a supervisor validates its records or sends them back."""
    gathered_by: str = ""
    """The field that refers to the record under which several of its records are put together."""
    work_at_hand: bool = False
    """Whether what waits for a person stands above its list."""

    # titles and lists
    named_by: tuple[str, ...] = ()
    """Fields one of which it is called by, the best first; a record without any of them is called `one`."""
    columns: tuple[str, ...] = ()
    """Fields of its list, in order; the first is the row's heading and link. Listed ones can be sorted by."""
    narrowed_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further filters of its list, by name: the fields ("leg.mode") one of which holds the code."""
    first_part: FirstPart | None = None
    telling: tuple[str, ...] = ()
    """Fields that tell it from its namesakes, in order; "part.field" is that field of all such parts."""
    telling_on_page: bool = True
    """Whether its page says so below its title."""
    telling_where_named: tuple[str, ...] = ()
    """Listed fields said of it where a page lists the records that name another; else what sort of thing it is."""
    always_named: bool = True
    """Whether its page has a place for the records that name it, also where there are none."""
    always_pictured: bool = False
    """Whether its page has a place for pictures, also where there are none."""
    portrait: str = ""
    """The field that refers to the picture shown beside its title."""
    image_type: str = ""
    """The field with the media type, where a record is itself a picture that can be shown small."""

    # its forms
    headings: tuple[Heading, ...] = ()
    in_front: Mapping[str, str] = field(default_factory=dict)
    """By part, the fields asked in front; the rest stands folded under "More"."""
    short_labels: Mapping[str, str] = field(default_factory=dict)
    """By path, labels in the short form where the field's own would not tell two of them apart."""
    parts_set_elsewhere: frozenset[str] = frozenset()
    """Parts that only a workflow step writes."""
    add: str = ""
    """The title of the form where a new one is saved: "Add a person"."""
    begin: Mapping[str, str] = field(default_factory=dict)
    """By state, what a button says that begins one there by its first step, where the name of the step does not say
    of what it is."""
    report: str = ""
    """The title of the form where a new one is reported, and not only saved; such a one is not made on the way while
    another record is written."""
    remembered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a new one leaves for this person's next one: path in the short form, place in the document."""
    standing: Mapping[str, str] = field(default_factory=dict)
    """By path in the short form, what goes without saying and stands in a new one; "" where the node knows it."""
    relevant: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    """By field ("date_to", "goods.purity"), when the full form asks for it; else it always does."""
    day: str = ""
    """The field with the day it happened: one still to come, or long ago, is doubted."""

    # looking up, linking, comparing
    found_by: str = N_("name, plate or number")
    """What it can be found by, as an empty box says it."""
    belongs_to: str = ""
    """The field that refers to the record it belongs to: those of that record are offered first."""
    taken_over: Mapping[str, str] = field(default_factory=dict)
    """What a new one takes over from the part it is linked from: field there, path here."""
    sought_in: tuple[str, str] = ("", "")
    """Where the text of a look-up goes in a record that is added from there: words, and what has digits."""
    identifiers: tuple[Identifier, ...] = ()
    alike: tuple[Alike, ...] = ()
    """Further ways to find records that may be about the same."""

    # importing tables
    itself: str = ""
    """The heading of its own fields where columns are assigned: "The case"; else `called`."""
    import_parts: tuple[ImportPart, ...] = ()
    """The parts columns can fill; the first of each part where nothing is said."""

    @property
    def record_type(self) -> RecordType:
        """The dictionary's declaration of the type."""
        return DICTIONARY.type(self.type)

    @property
    def add_words(self) -> str:
        """What a button says that adds one."""
        return _(self.add) if self.add else _("Add: {what}", what=_(self.label))

    def begin_words(self, step: Step) -> str:
        """What a button says that begins one by this step."""
        return _(self.begin.get(step.state, step.label))

    @property
    def label(self) -> str:
        """The name of one record of the type, still to be translated."""
        return self.called or self.record_type.label

    def does(self, action: Action) -> bool:
        """Whether people perform this action on its records here."""
        return action in self.actions

    @property
    def made_on_the_way(self) -> bool:
        """Whether a new one can be made while another record that refers to it is written."""
        return self.does(Action.REPORT) and not self.report

    def field(self, column: str) -> Field:
        """The field a column shows: the record's own or a part's."""
        if column in self.record_type.fields:
            return self.record_type.fields[column]
        return next(part.fields[column] for part in self.record_type.parts.values() if column in part.fields)

    def field_at(self, path: str) -> Field:
        """The field at a path: "type", or "leg.mode" of a part."""
        part, _dot, name = path.rpartition(".")
        return (self.record_type.parts[part].fields if part else self.record_type.fields)[name]

    def heading(self, column: str) -> str:
        """The heading of a column."""
        return _("Number") if column == NUMBER else _(self.field(column).label)

    def title_of(self, record: Record) -> str:
        """The title of the page of a record."""
        return self.title_from(record.values)

    def title_from(self, values: Document) -> str:
        """The title made from a document."""
        for name in (NUMBER, REFERENCE, *self.named_by):
            if isinstance(values.get(name), str):
                return str(values[name])
        return _(self.one, date=show_day(values.get("date")) or "?")

    def parts(self) -> list[Part]:
        """The parts that people write in forms."""
        return [part for part in self.record_type.parts.values() if part.name not in self.parts_set_elsewhere]

    def parts_to_import(self) -> tuple[ImportPart, ...]:
        """The parts that columns of a table can fill."""
        return self.import_parts or tuple(ImportPart(part.name, "1", "", part.label) for part in self.parts())

    def sections(self) -> list[tuple[Heading, list[Field]]]:
        """The record's own fields under their headings, every field once: what no heading names stands under "More",
        so that a new field shows on every page without anyone touching the kind."""
        present = {name: field for name, field in self.record_type.fields.items() if not field.retired}
        laid = []
        for heading in self.headings:
            laid.append((heading, [present.pop(name) for name in heading.fields.split() if name in present]))
        for name in SET_ELSEWHERE & present.keys():
            del present[name]
        laid.append((Heading(MORE, N_("More"), ""), list(present.values())))
        return [(heading, fields) for heading, fields in laid if fields]
