"""A record in words: facts under headings, parts, conflicts; every text still has to be escaped by the template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from diwan_core.dictionary import DICTIONARY, Field, Part
from diwan_core.dictionary.national import ADDRESS_FIELDS, address_lines
from diwan_core.dictionary.telephones import plan_of, show_telephone
from diwan_core.dictionary.units import NATIONAL
from diwan_core.reading import companions
from diwan_core.register.records.sent_back import SENT_BACK, is_sent_back
from diwan_core.web.kinds.kind import MORE, RecordKind
from diwan_core.web.kit.console import DEPARTMENT, ONE_POST, department_names, post_names
from diwan_core.web.kit.offices import OFFICES, office_name
from diwan_core.web.language.formats import document_moment, national, show_amount, show_day, show_number
from diwan_core.web.language.i18n import N_, _, language
from diwan_core.web.language.quantities import in_words

UNITS: Final = "unit"
"""The list of units: they are shown by their words alone."""
NATIONAL_UNIT: Final = "national_unit"
"""The field that names a unit of the country."""
Look = Literal["text", "long", "isolated", "code", "link"]
#: More used columns than this, and a part is shown as a card of its own.
TABLE_COLUMNS: Final = 7
SHORT_TEXT: Final = 60
"""Letters a long text may have and still stand in a table's cell."""


@dataclass(frozen=True)
class Shown:
    """One value: `isolated` is a number, plate or reference whose order must not be touched by the text around it."""

    text: str
    look: Look
    code: str = ""


@dataclass(frozen=True)
class Fact:
    """One line of a summary: the values of a field, or of a quantity with its unit."""

    path: str
    label: str
    values: tuple[Shown, ...]
    nominal: bool
    contested: bool = False


@dataclass(frozen=True)
class ShownSection:
    name: str
    label: str
    facts: tuple[Fact, ...]
    editable: bool


@dataclass(frozen=True)
class ShownPart:
    """One goods line, leg, …"""

    id: str
    facts: tuple[Fact, ...]

    def fact(self, label: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.label == label), None)


@dataclass(frozen=True)
class ShownParts:
    """All parts of a name. `columns` are the labels used by any of them, in the dictionary's order."""

    name: str
    label: str
    parts: tuple[ShownPart, ...]
    columns: tuple[str, ...]

    @property
    def as_table(self) -> bool:
        return len(self.columns) <= TABLE_COLUMNS and not any(
            value.look == "long" and (len(value.text) > SHORT_TEXT or "\n" in value.text)
            for part in self.parts
            for fact in part.facts
            for value in fact.values
        )


def show(field: Field, value: object) -> Shown:
    """One scalar of a document."""
    if isinstance(value, bool):
        return Shown(_("Yes") if value else _("No"), "text")
    text = str(value)
    match field.kind:
        case "code":
            codes = DICTIONARY.codes(field.codelist)
            label = codes.label(text, language())
            return Shown(label, "code", text if field.codelist != UNITS and _tells(label, text) else "")
        case "decimal":
            return Shown(show_amount(text), "isolated")
        case "integer":
            return Shown(show_number(text), "isolated")
        case "datetime":
            return Shown(document_moment(text), "isolated")
        case "date":
            return Shown(show_day(text), "isolated")
        case "time" | "position" | "sha256":
            return Shown(text, "isolated")
        case "reference":
            return Shown(text, "link")
        case "longtext":
            return Shown(text, "long")
        case "text" if field.name == DEPARTMENT and (name := department_names().get(text)):
            return Shown(name, "code", text)
        case "text" if field.name == ONE_POST and (name := post_names().get(text)):
            return Shown(name, "code", text)
        case "text" if field.name in OFFICES and (name := office_name(text)):
            return Shown(name, "code", text)
        case _ if field.formatted == "phone":
            return Shown(show_telephone(text, plan_of(national())), "isolated")
        case _:
            return Shown(text, "isolated" if field.identifier else "text")


def show_status(values: Mapping[str, Any]) -> Shown | None:
    """The status of a record with these values, as a person reads it: of a case that was sent back, that it was."""
    if is_sent_back(values):
        return Shown(sent_back_label(), "code")
    status = values.get("status")
    return None if status in (None, "") else Shown(DICTIONARY.codes("status").label(str(status), language()), "code")


def sent_back_label() -> str:
    """The words for a case that was sent back, in the reader's language."""
    return DICTIONARY.codes("review_decision").label(SENT_BACK, language())


def quantity(amount: str, unit: object, national: object = None) -> Shown:
    """A quantity with its unit, or with the unit of the country that stands for it, in words."""
    if unit == NATIONAL and isinstance(national, str):
        called = DICTIONARY.codes(NATIONAL_UNIT).label(national.lower(), language())
        return Shown(_(N_("{amount} {unit}"), amount=show_amount(amount), unit=called), "text")
    return Shown(in_words(amount, str(unit)), "text")


def _tells(label: str, code: str) -> bool:
    """Whether a code says anything to a person beside its label: "JO", "0101.21"; not the codes that are words."""
    return label.casefold() != code.casefold() and not code.islower()


def show_date(field: Field, day: str, last: object = None, precision: object = None) -> tuple[Shown, ...]:
    """A date with no more than what is known of it: of a year alone the year, of a range both its ends."""
    match precision:
        case "year":
            return (Shown(day[:4], "isolated"),)
        case "month":
            return (Shown(show_day(day[:7]), "isolated"),)
        case "range" if isinstance(last, str):
            return (Shown(f"{show_day(day)} – {show_day(last)}", "isolated"),)
        case "about":
            label = DICTIONARY.codes("date_precision").label("about", language())
            return (Shown(show_day(day), "isolated"), Shown(label, "text"))
        case _:
            return (show(field, day),)


def facts(fields: Iterable[Field], held: Mapping[str, Any], before: str, contested: frozenset[str]) -> list[Fact]:
    """The facts a record or part holds, in order; fields without a value are left out.

    A number and the code beside it in one group (quantity and unit) make one fact. `contested` are the group paths with
    more than one head."""
    listed = [field for field in fields if held.get(field.name) is not None]
    found: list[Fact] = []
    taken: set[str] = set()
    for field in listed:
        if field.name in taken:
            continue
        value = held[field.name]
        scalars = list(value.values()) if isinstance(value, Mapping) else [value]
        shown = [show(field, scalar) for scalar in scalars if scalar is not None]
        if field.kind == "decimal" and field.group:
            unit = next((other for other in listed if other.group == field.group and other.kind == "code"), None)
            if unit is not None:
                taken.add(unit.name)
                ours = held.get(NATIONAL_UNIT)
                shown = [quantity(str(value), held[unit.name], ours)] if unit.codelist == UNITS else shown
                taken |= {NATIONAL_UNIT} if field.name == "quantity" and held[unit.name] == NATIONAL else set()
                shown += [] if unit.codelist == UNITS else [show(unit, held[unit.name])]
        if field.formatted == "address":
            shown = [_address(listed, held)]
            taken.update(ADDRESS_FIELDS)
        if field.kind == "date" and (beside := _precision_of(field, listed)):
            last, precision = (held.get(name) for name in beside)
            shown = list(show_date(field, str(value), last, precision))
            taken.update(name for name in beside if name)
        key = before + (field.group or field.name)
        keys = {before + name for name in ADDRESS_FIELDS} if field.formatted == "address" else {key}
        hit = not keys.isdisjoint(contested) or any(path.startswith(key + ".") for path in contested if field.repeated)
        found.append(Fact(before + field.name, _(field.label), tuple(shown), field.nominal, hit))
    return found


def _address(listed: Iterable[Field], held: Mapping[str, Any]) -> Shown:
    """An address with its town, postcode and country on one line, in the order of the country."""
    values = {one.name: show(one, held[one.name]).text for one in listed if one.name in ADDRESS_FIELDS}
    lines = address_lines(national()["address_form"], values)
    return Shown(("، " if language() == "ar" else ", ").join(" ".join(line.split()) for line in lines), "text")


def _precision_of(field: Field, listed: Iterable[Field]) -> tuple[str, str] | None:
    """The names of the last possible day and the precision that stand beside a date; None where it has neither."""
    named = companions({other.name: other for other in listed}, field)
    found = named.get("to", ""), named.get("precision", "")
    return found if any(found) else None


def shown_sections(kind: RecordKind, document: Mapping[str, Any], contested: frozenset[str]) -> list[ShownSection]:
    """The record's own facts under their headings; a heading that holds nothing is kept where it can be filled."""
    known = {heading.name for heading in kind.headings}
    sections = []
    for heading, fields in kind.sections():
        held = tuple(facts(fields, document, "", contested))
        if held or heading.name in known:
            sections.append(
                ShownSection(heading.name, _(heading.label), held, heading.name in known or heading.name == MORE)
            )
    return sections


def shown_parts(
    part: Part, document: Mapping[str, Any], contested: frozenset[str], beside: Mapping[str, Fact] | None = None
) -> ShownParts:
    """All parts of one name with their facts; `beside` are further facts, by the path of the part they are of."""
    further = beside or {}
    held = document.get(part.name) or {}
    parts = tuple(
        ShownPart(
            id,
            (
                *facts(part.fields.values(), values, f"{part.name}.{id}.", contested),
                *([further[path]] if (path := f"{part.name}.{id}") in further else []),
            ),
        )
        for id, values in sorted(held.items(), key=lambda item: (len(item[0]), item[0]))
        if isinstance(values, Mapping)
    )
    used = {fact.label for shown in parts for fact in shown.facts}
    columns = dict.fromkeys(_(field.label) for field in part.fields.values() if _(field.label) in used)
    columns |= dict.fromkeys(fact.label for path, fact in further.items() if path.startswith(f"{part.name}."))
    return ShownParts(part.name, _(part.label), parts, tuple(columns))
