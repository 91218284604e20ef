"""Lists, record types and filters in words, for the reader of the log of reads."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.register.records.sent_back import SENT_BACK
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.offices import OFFICES, office_words
from diwan_core.web.language.i18n import N_, _, language
from diwan_core.web.records.display import sent_back_label
from diwan_core.web.records.worked_out import measures

WITH, WITHOUT = N_("with personal data"), N_("without personal data")


def type_words(name: str) -> str:
    """The name of the records of a type; a type of another release is shown as it is written."""
    if name not in DICTIONARY.types:
        return name
    return _(kind_of(name).plural)


def types_words(names: str) -> str:
    """The names of several types, with commas between them."""
    return comma().join(type_words(name.strip()) for name in names.split(","))


def filters_words(kind: str, query: str) -> str:
    """The filters of a list of this type, as people know them from its page."""
    given = parse_qsl(query)
    if not given:
        return _("all of them")
    fields = {}
    if kind in DICTIONARY.types:
        fields = {item.name: item for _part, item in DICTIONARY.type(kind).every_field()}
    called = {"q": _("Search"), "from": _("From"), "to": _("To"), "origin": _("Written at"), "sort": _("sorted by")}
    called |= {"measure": _("Amount"), "least": _("At least"), "most": _("At most")}
    called |= {"person": _("User name"), "record": _("Record")}
    said = []
    for name, value in given:
        field = fields.get(name)
        label = called.get(name) or (_(field.label) if field else name)
        said.append(f"{label} = {_value_words(name, value, fields)}")
    return comma().join(said)


def _value_words(name: str, value: str, fields: Mapping[str, Field]) -> str:
    field = fields.get(name)
    if name == "sort" and value.removeprefix("-") in fields:
        return _(fields[value.removeprefix("-")].label)
    if name == "measure":
        return dict(measures()).get(value, value)
    if name == "status" and value == SENT_BACK:
        return sent_back_label()
    if name in OFFICES:
        return office_words(value)
    if field is not None and field.codelist:
        return DICTIONARY.codes(field.codelist).label(value, language())
    return value


def comma() -> str:
    """The separator between two things in a list; Arabic has its own."""
    return _(", ")
