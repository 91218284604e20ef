"""Warnings for values that look mistyped. They are shown to people; nothing is refused because of them."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .checkdigits import is_cas_number, is_container_number, is_imo_number
from .codelist import CodeList
from .field import Field
from .mrz import NotAnMrz, read_mrz
from .problem import N_, CodeTerm, Problem, Term, problem
from .record import RecordDeclaration

MORE_ARRESTED: Final = N_("{field}: more than {involved}. Check both.")
NOT_OF_THE_GROUP: Final = N_("{field}: {value} does not belong to {group}. Check both.")


def _is_mrz(text: str) -> bool:
    try:
        return not read_mrz(text).wrong
    except NotAnMrz:
        return False


_CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "iso6346": (
        is_container_number,
        N_("{field}: {value} is not a valid container number: its check digit does not fit (ISO 6346). Check it."),
    ),
    "imo": (
        is_imo_number,
        N_("{field}: {value} is not a valid IMO ship number: its check digit does not fit. Check it."),
    ),
    "cas": (
        is_cas_number,
        N_("{field}: {value} is not a valid CAS number: its check digit does not fit. Check it."),
    ),
    "mrz": (
        _is_mrz,
        N_("{field}: {value} is not a machine-readable zone whose check digits fit (ICAO Doc 9303). Check it."),
    ),
}

_CUT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.ASCII | re.IGNORECASE).fullmatch


def plausibility(
    record: RecordDeclaration, lists: Mapping[str, CodeList]
) -> Callable[[Mapping[str, Any]], list[Problem]]:
    """The compiled warnings of a type."""

    def warnings(document: Mapping[str, Any]) -> list[Problem]:
        found: list[Problem] = []
        for path, item, value in _values(record, document):
            if not isinstance(value, str):
                continue
            if item.identifier and _CUT(value):
                template = N_("{field}: {value} is a long number that a spreadsheet has shortened. Look the number up.")
                found.append(problem(path, "format", template, field=Term(item.label), value=quoted(value)))
            elif item.check:
                fits, template = _CHECKS[item.check]
                if not fits(value):
                    found.append(problem(path, "check_digit", template, field=Term(item.label), value=quoted(value)))
            if item.open_list and not _known(lists[item.codelist], value):
                name = Term(lists[item.codelist].label_en)
                template = N_("{field}: {value} is not in the list '{list}'. Check it.")
                label, seen = Term(item.label), quoted(value)
                found.append(problem(path, "unknown_code", template, field=label, value=seen, list=name))
        found += _outside(record, lists, document)
        found += _more_arrested(record, document)
        return found

    return warnings


def _more_arrested(record: RecordDeclaration, document: Mapping[str, Any]) -> list[Problem]:
    """More persons arrested than were involved."""
    arrested, involved = (record.fields.get(name) for name in ("persons_arrested", "persons_involved"))
    if arrested is None or involved is None:
        return []
    fewer, more = document.get(arrested.name), document.get(involved.name)
    if not isinstance(fewer, int) or not isinstance(more, int) or fewer <= more:
        return []
    label, whole = Term(arrested.label), Term(involved.label)
    return [problem(arrested.name, "rule", MORE_ARRESTED, field=label, involved=whole)]


def _outside(record: RecordDeclaration, lists: Mapping[str, CodeList], document: Mapping[str, Any]) -> list[Problem]:
    """Goods whose sub-group belongs to another product group than is named."""
    part = record.parts.get("goods")
    held = document.get("goods")
    if part is None or not {"product_group", "sub_group"} <= part.fields.keys() or not isinstance(held, dict):
        return []
    found: list[Problem] = []
    groups, finer = lists[part.fields["product_group"].codelist], lists[part.fields["sub_group"].codelist]
    label = part.fields["sub_group"].label
    for key, line in held.items():
        if isinstance(line, dict):
            found += outside_its_group(line, groups, finer, path=f"goods.{key}.sub_group", label=label)
    return found


def outside_its_group(
    line: Mapping[str, Any], groups: CodeList, finer: CodeList, *, path: str, label: str
) -> list[Problem]:
    """Whether the sub-group of goods belongs to another product group than is named."""
    group, sub_group = line.get("product_group"), line.get("sub_group")
    if not (groups.has(group) and finer.has(sub_group)) or finer.parent(str(sub_group)) == group:
        return []
    value, named = CodeTerm(finer, str(sub_group)), CodeTerm(groups, str(group))
    return [problem(path, "rule", NOT_OF_THE_GROUP, field=Term(label), value=value, group=named)]


def quoted(value: str) -> str:
    return f'"{value[:40]}"'


def _known(codes: CodeList, value: str) -> bool:
    """Whether a code is in the list, or is one that the list cannot judge: a national extension of an HS code in the
    list (HS 2022 ends at six digits), or a place in a country of which the list has no place."""
    if codes.has(value):
        return True
    if codes.name == "hs":
        return len(value) > 6 and codes.has(value[:6])
    return value[:2] not in codes.prefixes


def _values(record: RecordDeclaration, document: Mapping[str, Any]) -> Iterator[tuple[str, Field, object]]:
    """(path, field, value) of every known scalar of a document."""
    yield from _of_level(record.fields, document, "")
    for name, part in record.parts.items():
        held = document.get(name)
        if isinstance(held, dict):
            for key, values in held.items():
                if isinstance(values, dict):
                    yield from _of_level(part.fields, values, f"{name}.{key}.")


def _of_level(fields: Mapping[str, Field], values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Field, object]]:
    for name, value in values.items():
        item = fields.get(name)
        if item is None:
            continue
        if item.repeated and isinstance(value, dict):
            for key, element in value.items():
                yield f"{path}{name}.{key}", item, element
        elif not item.repeated:
            yield f"{path}{name}", item, value
