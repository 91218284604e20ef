"""Checks a mapping's TOML table against the dictionary and reports everything that is wrong at once."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import replace
from typing import Any, Final

from diwan_core.dictionary import N_, Dictionary, RecordType, UnknownType, sentence
from diwan_core.intake.faults import MappingError
from diwan_core.intake.mapping import date_patterns
from diwan_core.intake.mapping.cell_text import SEVERAL
from diwan_core.intake.mapping.cell_values import reading_of
from diwan_core.intake.mapping.check_rows import Check, guessed
from diwan_core.intake.mapping.model import AUTOMATIC, NOT_BROUGHT, FieldRule, Mapping, Place, Scalar
from diwan_core.intake.mapping.quantities import PLACES, UnknownConversion, factor
from diwan_core.reading import companions

TOP: Final = (
    *("title", "type", "system", "normalise", "exported", "source", "where", "columns", "join"),
    *("constants", "fields"),
)
OPTIONS: Final[dict[str, type | tuple[type, ...]]] = {
    "column": str,
    "columns": list,
    "template": str,
    "join": str,
    "labelled": bool,
    "remove": str,
    "first": int,
    "decimal": str,
    "thousands": str,
    "grouping": str,
    "two_digit_years": int,
    "ignore_case": bool,
    "values": dict,
    "otherwise": (str, int, bool),
    "if_blank": (str, int, bool),
    "format": str,
    "fiscal_year_starts": str,
    "zone": str,
    "unit": str,
    "to": str,
    "places": int,
    "split": str,
}
_ONLY_FOR: Final = {
    "format": ("date", "time", "datetime"),
    "two_digit_years": ("date", "datetime"),
    "grouping": ("decimal", "integer"),
    "fiscal_year_starts": ("date", "datetime"),
    "zone": ("datetime",),
    "unit": ("decimal",),
    "to": ("decimal",),
    "places": ("decimal",),
    "decimal": ("decimal", "integer"),
    "thousands": ("decimal", "integer"),
}
HAS_NO_FIELD: Final = N_("{name} has no such field")
_braces: Final = re.compile(r"\{([^{}]+)\}")
_PART_ID: Final = re.compile(r"[1-9]\d{0,2}")


class _Check(Check):
    join_names: tuple[str, ...] = ()
    """Second files: a field that repeats takes all values of one of their columns."""

    def places(self, kind: RecordType, table: Table[str, Any], place: str) -> list[tuple[Place, Any]]:
        """Every field named in a table, walking parts and their ids: "date", "goods.1.quantity"."""
        found: list[tuple[Place, Any]] = []
        for name, value in table.items():
            if name in kind.fields and name not in NOT_BROUGHT:
                beside = companions(kind.fields, kind.fields[name])
                found.append((Place(name, "", "", kind.fields[name], beside), value))
                continue
            part = kind.parts.get(name)
            if name in NOT_BROUGHT:
                self.wrong(f"{place}{name}", N_("checks and releases are made here by people; no file brings them"))
                continue
            if part is None:
                lacks = sentence(HAS_NO_FIELD, name=kind.name)
                self.wrong(f"{place}{name}", guessed(lacks, name, [*kind.fields, *kind.parts]))
                continue
            for part_id, fields in value.items() if isinstance(value, dict) else ():
                if _PART_ID.fullmatch(part_id) is None or not isinstance(fields, dict):
                    self.wrong(f"{place}{name}.{part_id}", N_("write {name}.1.FIELD, {name}.2.FIELD …"), name=name)
                    continue
                for field, content in fields.items():
                    path = f"{name}.{part_id}.{field}"
                    if field in part.fields:
                        beside = companions(part.fields, part.fields[field])
                        found.append((Place(path, name, part_id, part.fields[field], beside), content))
                    else:
                        lacks = sentence(HAS_NO_FIELD, name=name)
                        self.wrong(f"{place}{path}", guessed(lacks, field, part.fields))
            if not isinstance(value, dict):
                self.wrong(f"{place}{name}", N_("{name} is a part: write {name}.1.FIELD"), name=name)
        for target, _ in found:
            if target.path in AUTOMATIC:
                self.wrong(f"{place}{target.path}", N_("the import fills it by itself, from system and key"))
            if target.field.kind == "reference":
                template = N_("a reference to another record cannot be imported from a column")
                self.wrong(f"{place}{target.path}", template)
        return found

    def literal(self, kind: RecordType, place: Place, value: object, where: str) -> None:
        """A value written in the mapping itself has to be one the dictionary accepts."""
        content: object = {"1": value} if place.field.repeated else value
        document = {place.part: {place.part_id: {place.field.name: content}}} if place.part else {place.path: content}
        for problem in kind.check(document, creating=False):
            if problem.path.startswith(place.path) and problem.code not in ("group", "rule", "required"):
                template = N_("{value} is not a value of {field}: {problem}")
                self.wrong(where, template, value=repr(value), field=place.path, problem=problem.sentence)

    def field(self, kind: RecordType, place: Place, table: object) -> FieldRule | None:
        at = f"fields.{place.path}"
        if not isinstance(table, dict):
            self.wrong(at, N_('write {{ column = "…" }}; a fixed value belongs into [constants]'))
            return None
        options = self.options(place, table, at)
        columns = self.columns(options, at)
        if columns is None:
            return None
        if place.field.repeated and any(columns[0].startswith(f"{name}.") for name in self.join_names):
            options.setdefault("split", SEVERAL)
        if place.field.repeated != ("split" in options) and (place.field.repeated or "split" in options):
            template = N_("a field that repeats, and only such a field, needs split, the text between its values")
            self.wrong(f"{at}.split", template)
        self.numbers(options, at)
        rule = replace(FieldRule(place, columns), **options)
        self.conversions(rule, at)
        for key, value in (rule.values or {}).items():
            self.literal(kind, place, value, f"{at}.values.{key}")
        for key, fixed in (("otherwise", rule.otherwise), ("if_blank", rule.if_blank)):
            if fixed is not None:
                self.literal(kind, place, fixed, f"{at}.{key}")
        if rule.otherwise is not None and rule.values is None:
            template = N_("it says what to do with a text not among values, and there are no values")
            self.wrong(f"{at}.otherwise", template)
        return rule

    def options(self, place: Place, table: dict[str, Any], at: str) -> dict[str, Any]:
        """The options of a rule that are of the right kind; the others are said."""
        self.known(table, OPTIONS, f"{at}.")
        options: dict[str, Any] = {}
        for key, value in table.items():
            expected = OPTIONS.get(key)
            if expected is not None and (
                not isinstance(value, expected) or (isinstance(value, bool) and expected in (str, int))
            ):
                self.wrong(f"{at}.{key}", N_("it is of the wrong kind (text, number, list or true/false)"))
            elif expected is not None:
                options[key] = value
            if key in _ONLY_FOR and place.field.kind not in _ONLY_FOR[key]:
                template = N_("it does not apply to a field of kind {kind}")
                self.wrong(f"{at}.{key}", template, kind=place.field.kind)
        return options

    def columns(self, options: dict[str, Any], at: str) -> tuple[str, ...] | None:
        """The columns a rule reads, taken out of its options; None, and said, where it names none."""
        given = [key for key in ("column", "columns", "template") if key in options]
        if len(given) != 1:
            self.wrong(at, N_("name exactly one of column, columns, template"))
            return None
        column, columns = options.pop("column", None), self.texts(options, "columns", f"{at}.")
        options.pop("columns", None)
        if column is not None:
            columns = (column,)
        elif "template" in options:
            columns = tuple(dict.fromkeys(_braces.findall(options["template"])))
        elif "join" not in options:
            options["join"] = " "
        if not columns or not all(columns):
            self.wrong(at, N_("it names no column"))
            return None
        return columns

    def numbers(self, options: dict[str, Any], at: str) -> None:
        if options.get("decimal", ".") not in (".", ","):
            self.wrong(f"{at}.decimal", N_('it is "." or ","'))
        if options.get("thousands") and options.get("decimal") and options["decimal"] in options["thousands"]:
            self.wrong(f"{at}.thousands", N_("it is the same as the decimal sign"))
        if options.get("grouping", "indian") != "indian":
            self.wrong(f"{at}.grouping", N_('it is "indian" (1,23,456.7), or left out'))
        if not 1800 <= options.get("two_digit_years", 1950) <= 2100:
            self.wrong(f"{at}.two_digit_years", N_("the first year of a hundred: with 1930, 30 is 1930 and 29 is 2029"))

    def conversions(self, rule: FieldRule, at: str) -> None:
        try:
            if rule.place.field.kind in ("date", "time", "datetime"):
                reading_of(rule)
        except date_patterns.WrongFormat as error:
            self.wrong(at, error.sentence)
        if rule.places is not None and not 0 <= rule.places <= PLACES:
            self.wrong(f"{at}.places", N_("decimals to keep, 0 to {most}"), most=PLACES)
        if rule.to is not None and rule.unit is None:
            self.wrong(f"{at}.unit", N_("to needs unit, the unit the file counts in"))
        if rule.unit is not None:
            try:
                factor(rule.unit, rule.to or rule.unit)
            except UnknownConversion as error:
                self.wrong(f"{at}.unit", error.sentence)


def check_mapping(table: Table[str, Any], name: str, dictionary: Dictionary) -> Mapping:
    """The mapping of a TOML table. Raises MappingError."""
    check = _Check()
    check.known(table, TOP, "")
    exported = table.get("exported", False)
    if not isinstance(exported, bool):
        check.wrong("exported", N_("it is true or false"))
    for key in ("type", "system") if exported is True else ("type", "system", "fields"):
        if key not in table:
            check.wrong(key, N_("it is missing"))
    kind = None
    type_name = check.text(table, "type", "case")
    try:
        kind = dictionary.type(type_name)
    except UnknownType:
        none = sentence(N_("there is no record type {name}"), name=repr(type_name))
        check.wrong("type", guessed(none, type_name, dictionary.types))
    system = check.text(table, "system", "")
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,39}", system) is None:
        template = N_("a short name of the source in small letters, digits, - and . (it names its keys for ever)")
        check.wrong("system", template)
    source = check.source(check.table(table, "source"))
    where = check.where(table.get("where", []))
    joins = check.joins(table.get("join", []))
    check.join_names = tuple(join.name for join in joins)
    replaced = check.replaced(check.table(table, "columns"))
    constants, fields = ([], []) if kind is None else _contents(check, kind, table)
    settings = check.table(table, "source")
    ignored, optional = (frozenset(check.texts(settings, key, "source.")) for key in ("ignore", "optional"))
    if not isinstance(table.get("normalise", False), bool):  # of releases that wrote kilograms into the record
        check.wrong("normalise", N_("it is true or false"))
    if check.problems or kind is None:
        raise MappingError(name, check.problems)
    title = check.text(table, "title", name)
    return Mapping(
        name,
        title,
        kind,
        system,
        source,
        where,
        tuple(constants),
        tuple(fields),
        ignored,
        optional,
        replaced,
        joins,
        exported is True,
    )


def _contents(
    check: _Check, kind: RecordType, table: Table[str, Any]
) -> tuple[list[tuple[Place, Scalar]], list[FieldRule]]:
    """The constants and the rules of a mapping's fields; what is wrong with them is said to `check`."""
    constants: list[tuple[Place, Scalar]] = []
    fields: list[FieldRule] = []
    for missing in (item for item in AUTOMATIC if item not in kind.fields and kind.made_by != "form"):
        template = N_("records of type {type} cannot be imported: they have no field {field}")
        check.wrong("type", template, type=kind.name, field=missing)
    for place, value in check.places(kind, check.table(table, "constants"), "constants."):
        if isinstance(value, str | int | bool):
            check.literal(kind, place, value, f"constants.{place.path}")
            constants.append((place, value))
        else:
            template = N_("a constant is text, a whole number, true or false (decimals: text)")
            check.wrong(f"constants.{place.path}", template)
    for place, content in check.places(kind, check.table(table, "fields"), "fields."):
        rule = check.field(kind, place, content)
        if rule is not None:
            fields.append(rule)
    both = {place.path for place, _ in constants} & {rule.place.path for rule in fields}
    for path in sorted(both):
        check.wrong(path, N_("it is both a constant and mapped from a column"))
    return constants, fields
