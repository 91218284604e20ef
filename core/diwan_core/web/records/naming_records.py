"""The part of a record's page that lists the records that refer to it, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import request, url_for

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.register import Naming, Place
from diwan_core.register.search.backlinks import COUNTED
from diwan_core.web.kinds.registry import kind_of, one_of
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.display import show
from diwan_core.web.records.links import Link, link_to, shows

ROWS: Final = 10
AFTER: Final = "named-after"
BEFORE: Final = "named-before"
ANCHOR: Final = "named-in"
#: What a part says of its role in the record, the best first.
_ROLES: Final = ("role", "kind")


@dataclass(frozen=True)
class Line:
    """A record that names this one: as what ("Driver", "Owner"), and when."""

    link: Link
    facts: tuple[str, ...]
    roles: tuple[str, ...]
    day: str
    exercise: bool


@dataclass(frozen=True)
class NamedHere:
    """A page of the list. `newer` and `older` are addresses, "" at its ends; more than `counted` are not counted."""

    lines: tuple[Line, ...]
    total: int
    newer: str
    older: str
    counted: int = COUNTED


def named_here(record_id: str) -> NamedHere:
    """The records that name this one and that this person may see, at the place the address says."""
    types = [name for name in DICTIONARY.types if shows(name)]
    after, before = _place(request.args.get(AFTER, "")), _place(request.args.get(BEFORE, ""))
    found = register().named_in(record_id, types=types, limit=ROWS, after=after, before=before)
    lines = tuple(_line(row) for row in found.rows)
    return NamedHere(lines, found.total, _address(BEFORE, found.first), _address(AFTER, found.last))


def _line(row: Naming) -> Line:
    declared = DICTIONARY.type(row.type)
    roles = [_role(declared, path, row.rest) for path in (*row.paths, *row.nominal_paths)]
    return Line(_link(row), _facts(row), tuple(dict.fromkeys(roles)), row.day, row.rest.get("exercise") is True)


def _facts(row: Naming) -> tuple[str, ...]:
    """The facts that tell a record from similar ones without naming anybody: a case's goods, direction and office;
    else its type."""
    kind = kind_of(row.type)
    if not kind.telling_where_named:
        return (_(kind.label),)
    held = dict(
        zip([name for name, _type in kind.record_type.columns()], kind.record_type.column_values(row.rest), strict=True)
    )
    return tuple(
        show(kind.field(name), held[name]).text for name in kind.telling_where_named if held.get(name) is not None
    )


def _link(row: Naming) -> Link:
    """The title of a record; read from its nominal half, and logged so, only where the other half gives none."""
    kind = kind_of(row.type)
    fields = kind.record_type.fields
    if any(fields[name].nominal for name in kind.named_by):
        return link_to(row.id)
    withdrawn = row.rest.get("status") == "withdrawn"
    return Link(
        row.id, kind.title_from(row.rest), _(one_of(row.type)), "withdrawn" if withdrawn else "here",
        url_for(f"{row.type}.page", record_id=row.id), _("withdrawn") if withdrawn else "",
    )  # fmt: skip


def _role(declared: RecordType, path: str, rest: Mapping[str, Any]) -> str:
    """The role in which a record is named at a path: the role of its part, else the name of the field or part."""
    steps = path.split(".")
    part = declared.parts.get(steps[0])
    if part is None:
        return _(declared.fields[steps[0]].label)
    held = (rest.get(part.name) or {}).get(steps[1])
    for name in _ROLES:
        field = part.fields.get(name)
        if field is not None and field.codelist and not field.nominal and isinstance(held, Mapping) and held.get(name):
            return DICTIONARY.codes(field.codelist).label(str(held[name]), language())
    return _(part.label)


def _place(text: str) -> Place | None:
    """A place as an address says it, "20261122.17"; None for anything else."""
    day, _dot, number = text.partition(".")
    fits = all(part.isascii() and part.isdigit() and len(part) < 16 for part in (day, number))
    return Place(int(day), int(number)) if fits else None


def _address(way: str, place: Place | None) -> str:
    if place is None:
        return ""
    there: dict[str, Any] = {**request.args, **(request.view_args or {}), way: f"{place.value}.{place.number}"}
    for name in {AFTER, BEFORE, "done"} - {way}:
        there.pop(name, None)
    return url_for(str(request.endpoint), **there, _anchor=ANCHOR)
