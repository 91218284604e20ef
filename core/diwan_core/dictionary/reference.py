"""Writes docs/reference/dictionary.md from the declarations.

python -m diwan_core.dictionary.reference > docs/reference/dictionary.md
"""

import sys
from collections.abc import Iterator
from typing import Final

from diwan_core.roles import ROLES, action_that_saves, holders

from . import DICTIONARY, CodeList, Dictionary, Field, Part, RecordType
from .lists import OWN_LISTS
from .record import AnyOf, Condition, NotBefore, ReportNeeds, RequiredWhen, Rule, StatusChange
from .state_machine import StateMachine

_FLAGS = (
    ("required", "required"),
    ("short", "short form"),
    ("nominal", "nominal"),
    ("searchable", "searchable"),
    ("is_name", "name"),
    ("repeated", "repeated"),
    ("listed", "column"),
)
_LEAVES = {
    "free": "as it is",
    "coarsened": "reduced so that it leads to nobody: a position to 0.1 degree, a container number to the letters of "
    "its owner, a moment to its day, a code of an open list only where the list knows it",
    "gated": "a text, once somebody released exactly this content",
    "agreement": "only to a partner whose agreement names the field",
    "never": "not at all",
}


def page(dictionary: Dictionary) -> str:
    """The whole page, Markdown."""
    return "\n".join([*_introduction(dictionary), *_types(dictionary), *_lists(dictionary)]) + "\n"


def _introduction(dictionary: Dictionary) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "<!-- Generated: python -m diwan_core.dictionary.reference > docs/reference/dictionary.md -->"
    yield ""
    yield (
        f"Version {dictionary.version}, digest `{dictionary.digest.hex()}`: {len(dictionary.types)} record types, "
        f"{sum(1 for record in dictionary.types.values() for _ in record.every_field())} fields, "
        f"{len(dictionary.lists)} code lists. Why it is so: "
        "[ADR 0002](../adr/0002-dictionary-and-code-lists.md)."
    )
    yield ""
    yield "A field in *italics* is nominal: it is in the half of a record that fewer people see. **\\*** marks the "
    yield "short form. Fields of one group change as one. *Identifies* says whom a value can lead to, *leaves* whether "
    yield "it may leave the country ([ADR 0047](../adr/0047-classes-of-fields.md)):"
    yield ""
    yield from (f"- `{leaves}`: {words}" for leaves, words in _LEAVES.items())
    yield ""
    yield "| type | what it is | written by |"
    yield "|---|---|---|"
    for record in dictionary.types.values():
        yield f"| [{record.name}](#{record.name}) | {record.help} | {', '.join(sorted(record.authority))} |"
    yield ""


def _types(dictionary: Dictionary) -> Iterator[str]:
    envelope = _envelope(dictionary)
    yield "## In every record"
    yield ""
    yield "Beside id, origin, author, and the times of creation and last change, which the journal keeps:"
    yield ""
    yield from _table(
        [field for name, field in next(iter(dictionary.types.values())).fields.items() if name in envelope]
    )
    for record in dictionary.types.values():
        yield f"## {record.name}"
        yield ""
        yield f"{record.label}. {record.help}"
        yield ""
        yield f"Scope: {_scope(record)}."
        yield ""
        yield from _table([field for name, field in record.fields.items() if name not in envelope])
        for part in record.parts.values():
            yield from _part(record, part)
        yield from _course(record)


_SCOPES: Final = {
    "unit": "the unit in `{0}`", "post": "the post in `{0}`", "operation": "the operation in `{0}`",
    "itself": "its own members", "record": "the scopes of the record in `{0}`",
}  # fmt: skip


def _scope(record: RecordType) -> str:
    """Which scopes a record belongs to."""
    said = [_SCOPES[one.names].format(one.field) + " too" * one.beside for one in record.scopes]
    return "; ".join((*said, "where none of these but with *too* is given, the units of the post that made it"))


def _envelope(dictionary: Dictionary) -> set[str]:
    names = [set(record.fields) for record in dictionary.types.values()]
    return set.intersection(*names)


def _part(record: RecordType, part: Part) -> Iterator[str]:
    yield f"### {record.name}.{part.name}"
    yield ""
    yield f"{part.label}. {part.help}".strip() + f" At most {part.limit}."
    yield ""
    yield from _table(list(part.fields.values()))


def _table(fields: list[Field]) -> Iterator[str]:
    yield "| field | label | kind | group | marks | identifies | leaves | remarks |"
    yield "|---|---|---|---|---|---|---|---|"
    for item in fields:
        name = f"*{item.name}*" if item.nominal else item.name
        star = " **\\***" if item.short else ""
        classes = f"{item.identifies} | {item.leaves}"
        yield (
            f"| {name}{star} | {item.label} | {_kind(item)} | {item.group} | {_marks(item)} | {classes} "
            f"| {_remarks(item)} |"
        )
    yield ""


def _kind(item: Field) -> str:
    match item.kind:
        case "code":
            return f"code of [{item.codelist}](#list-{item.codelist})" + (" (open)" if item.open_list else "")
        case "reference":
            return "reference to " + ", ".join(item.targets)
        case "text" | "longtext" if not item.pattern:
            return f"{item.kind}, {item.limit}"
        case _:
            return item.kind


def _marks(item: Field) -> str:
    marks = [words for flag, words in _FLAGS if getattr(item, flag)]
    if item.identifier:
        marks.append(f"identifier ({item.identifier})")
    if item.formatted:
        marks.append(f"national {item.formatted} format")
    return ", ".join(marks)


def _remarks(item: Field) -> str:
    remarks = [item.help] if item.help else []
    if item.pattern:
        pattern = item.pattern.replace("|", "\\|")  # a bar would end the column
        remarks.append(f"Pattern `{pattern}`, for example `{item.example}`.")
    if item.check:
        remarks.append(f"Warns when the check digit does not fit ({item.check}).")
    if item.kind in ("decimal", "integer") and item.maximum < 10**6:
        remarks.append(f"At most {item.maximum}.")
    return " ".join(remarks)


def _course(record: RecordType) -> Iterator[str]:
    for rule in record.rules_in_force():
        yield f"- {_rule(rule)}"
    if record.rules_in_force():
        yield ""
    if record.short_form:
        yield "Short form: " + ", ".join(f"`{short.path}`" for short in record.short_form) + "."
        yield ""
    yield "| status | from | set by | roles at a console |"
    yield "|---|---|---|---|"
    for change in record.transitions.values():
        before = ", ".join(sorted(status or "new" for status in change.before))
        origins, roles = ", ".join(sorted(change.origins)), ", ".join(_roles(record, change)) or "none"
        yield f"| {change.status} | {before} | {origins} | {roles} |"
    yield ""
    for machine in record.machines:
        yield from _machine(record, machine)


def _machine(record: RecordType, machine: StateMachine) -> Iterator[str]:
    order = ", ".join(f"`{state}`" for state in machine.order)
    says = "".join(f" Every change by a {origin} says it." for origin in sorted(machine.says))
    yield f"**Steps of `{machine.path}`**, since dictionary {machine.since} ([ADR 52](../adr/0052-state-machines.md))."
    yield f"Of two states that stand beside each other the one earlier in this order counts: {order}.{says}"
    yield ""
    yield "| step | from | to | nodes | roles at a console | needs |"
    yield "|---|---|---|---|---|---|"
    for step in machine.steps:
        before = ", ".join(state or "none yet" for state in step.before)
        roles = {name for action in step.by for name in holders(action, record.name) if ROLES[name].at & step.origins}
        people = ", ".join(name for name in ROLES if name in roles) or "none"
        needs = [" or ".join(f"`{name}`" for name in need) for need in step.needs]
        needs += ["somebody else than who took the step before"] if step.other else []
        origins = ", ".join(sorted(step.origins))
        yield f"| {step.label} | {before} | {step.state} | {origins} | {people} | {', '.join(needs)} |"
    yield ""
    if machine.clock is not None:
        clock, before = machine.clock, " or ".join(f"`{state}`" for state in machine.clock.of)
        yield (
            f"What is {before} is shown as `{clock.state}` once the day in `{clock.field}` has gone by; "
            "nobody writes it ([ADR 62](../adr/0062-requests-and-pages-of-states.md))."
        )
        yield ""


def _roles(record: RecordType, change: StatusChange) -> list[str]:
    """The roles that may bring such a record into a status, as a new one or by a change."""
    actions = {action_that_saves(record.made_by, creating=new, status=change.status) for new in (True, False)}
    held = {role for action in actions if action is not None for role in holders(action, record.name)}
    return [name for name, role in ROLES.items() if name in held and role.at & change.origins]


def _rule(rule: Rule) -> str:
    match rule:
        case NotBefore(earlier, later):
            return f"`{later}` does not lie before `{earlier}`."
        case RequiredWhen(field, value, needs):
            needed = ", ".join(f"`{name}`" for name in needs)
            return f"When `{field}` is `{value}`, a new record needs {needed}."
        case AnyOf(names):
            return "A new record needs one of " + ", ".join(f"`{name}`" for name in names) + "."
        case ReportNeeds(any_of, when):
            needed = " or ".join(f"`{short.path}`" for short in any_of)
            return f"A report{_where(when)} needs {needed}."


def _where(when: tuple[Condition, ...]) -> str:
    said = []
    for one in when:
        values = ", ".join(f"`{value}`" if value else "not given" for value in one.values)
        said.append(f"`{one.field}` is {'not ' if one.unless else ''}one of {values}")
    return f" where {' and '.join(said)}" if said else ""


def _lists(dictionary: Dictionary) -> Iterator[str]:
    yield "# Code lists"
    yield ""
    yield "| list | name | codes | source |"
    yield "|---|---|---|---|"
    for codes in dictionary.lists.values():
        yield f'| <a id="list-{codes.name}"></a>{codes.name} | {codes.label_en} | {len(codes)} | {codes.source} |'
    yield ""
    for codes in OWN_LISTS:
        yield from _list(codes)


def _list(codes: CodeList) -> Iterator[str]:
    yield f"### List {codes.name}"
    yield ""
    yield f"{codes.label_en}."
    yield ""
    for code, label in codes.codes.items():
        under = f" (under {codes.parent(code)})" if codes.parent(code) else ""
        yield f"- `{code}` {label}{under}{_course_of(codes, code)}"
    yield ""


def _course_of(codes: CodeList, code: str) -> str:
    """Since when a code is known, and whether it is still offered."""
    table = codes.table
    said = [f"since dictionary {table.since[code]}"] if code in table.since else []
    if code in table.retired:
        new = f", now `{table.replaced[code]}`" if code in table.replaced else ""
        said.append(f"retired in dictionary {table.retired[code]}{new}")
    return f" ({'; '.join(said)})" if said else ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page(DICTIONARY))
