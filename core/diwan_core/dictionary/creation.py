"""What a new record needs: required fields, the short form once it is submitted, and the rules of its type."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .field import Field
from .problem import N_, Either, Problem, Term, problem
from .record import AnyOf, RecordDeclaration, ReportNeeds, RequiredWhen, ShortField

Values = Mapping[str, Any]

#: A row imported from another system carries the key it had there. Such a source may not hold the short form's fields
#: at all, and an invented value would be worse than an honest gap.
IMPORT_MARK: Final = "source_key"
AT_LEAST_ONE: Final = N_("Fill in at least one of these: {fields}.")
_KINDS: Final = 500
"""Kinds of report of which is remembered what they need; values that no list knows could be endless."""


def is_draft(document: object) -> bool:
    return isinstance(document, dict) and document.get("status") == "draft"


def entries(values: Values, part: str) -> list[tuple[object, Values]]:
    """(id, values) of the parts of one kind, whatever the shape of what should hold them."""
    held = values.get(part)
    if not isinstance(held, dict):
        return []
    return [(key, value) for key, value in held.items() if isinstance(value, dict)]


_Tests = list[tuple[Callable[[Values], bool], ReportNeeds]]
_Needs = tuple[tuple[str, ...], _Tests, _Tests]
"""What a kind of report needs: fields of its own that are asked for first, the tests left where it has all of them, and
every test."""


class Creation:
    """What a new record needs, compiled. Missing values are reported for the half in which the dictionary puts them."""

    def __init__(self, record: RecordDeclaration) -> None:
        self._record = record
        own = [item for item in record.fields.values() if item.required]
        self._plain = [item for item in own if not item.nominal]
        self._nominal = [item for item in own if item.nominal]
        self._parts = [
            (part, item, item.nominal)
            for part in record.parts.values()
            for item in part.fields.values()
            if item.required and not item.short
        ]
        self._short = [(_present(short), short) for short in record.short_form if not short.asked_only]
        rules = record.rules_in_force()
        self._rules = [rule for rule in rules if isinstance(rule, RequiredWhen | AnyOf)]
        self._needs = [(_any_of(rule.any_of), rule) for rule in rules if isinstance(rule, ReportNeeds)]
        self._deciding = tuple(dict.fromkeys(one.field for _, rule in self._needs for one in rule.when))
        self._of_kind: dict[tuple[object, ...], _Needs] = {}

    @property
    def has_rules(self) -> bool:
        """Whether a rule looks at both halves of a record."""
        return bool(self._rules)

    def check(self, rest: Values, nominal: Values, out: list[Problem]) -> None:
        """Add to `out` what is missing. A draft needs nothing; no status counts as submitted."""
        if rest.get("status") == "draft":
            return
        for item in self._plain:
            if rest.get(item.name) is None:
                out.append(missing(item, item.name))
        for item in self._nominal:
            if nominal.get(item.name) is None:
                out.append(missing(item, item.name))
        for part, item, is_nominal in self._parts:
            half = nominal if is_nominal else rest
            if part.name in half:
                for key, values in entries(half, part.name):
                    if values.get(item.name) is None:
                        out.append(missing(item, f"{part.name}.{key}.{item.name}"))
        self.check_rules(rest, nominal, out)

    def check_rules(self, rest: Values, nominal: Values, out: list[Problem]) -> None:
        """The same for a record that is not a draft and has every required field."""
        if (self._short or self._needs) and rest.get(IMPORT_MARK) is None:
            for present, short in self._short:
                if not present(rest):
                    self._missing_short(short, rest, out)
            names, tests, every = self._needs_of(rest)
            for present, needs in tests if all(map(rest.get, names)) else every:
                if not present(rest):
                    self._missing_short(needs.any_of[0], rest, out, needs.any_of[1:])
        for rule in self._rules:
            self._check_rule(rule, rest, nominal, out)

    def needed(self, document: Values) -> list[ReportNeeds]:
        """What a report with these values needs, filled in or not; what decides about it is of the record itself."""
        return [rule for _, rule in self._needs_of(document)[2]]

    def _needs_of(self, rest: Values) -> _Needs:
        kind = tuple([rest.get(name) for name in self._deciding])
        try:
            return self._of_kind[kind]
        except (KeyError, TypeError):  # the first of its kind, or no value that a record can hold
            every = [
                pair
                for pair in self._needs
                if all(one.holds(kind[self._deciding.index(one.field)]) for one in pair[1].when)
            ]
            firsts = [rule.any_of[0] for _, rule in every]
            found = (
                tuple(short.name for short in firsts if not short.part),
                [pair for pair, short in zip(every, firsts, strict=True) if short.part],
                every,
            )
            if len(self._of_kind) < _KINDS and all(isinstance(value, str | None) for value in kind):
                self._of_kind[kind] = found
            return found

    def _missing_short(
        self, short: ShortField, rest: Values, out: list[Problem], instead: tuple[ShortField, ...] = ()
    ) -> None:
        labels = dict.fromkeys(self._field(one).label for one in (short, *instead))
        if len(labels) > 1:
            named = Either(tuple(map(Term, labels)))
            out.append(problem(self._place(short, rest), "required", AT_LEAST_ONE, fields=named))
            return
        if not short.part:
            out.append(missing(self._record.fields[short.name], short.name, short=True))
            return
        item = self._record.parts[short.part].fields[short.name]
        out.append(missing(item, self._place(short, rest), short=True, role=short.role))

    def _field(self, short: ShortField) -> Field:
        return (self._record.parts[short.part] if short.part else self._record).fields[short.name]

    def _place(self, short: ShortField, rest: Values) -> str:
        """Where to fill it in: in the first part that can hold it, where there is one."""
        for key, values in entries(rest, short.part) if short.part else ():
            if not short.role or values.get("role") == short.role:
                return f"{short.part}.{key}.{short.name}"
        return short.path

    def _check_rule(self, rule: RequiredWhen | AnyOf, rest: Values, nominal: Values, out: list[Problem]) -> None:
        if isinstance(rule, RequiredWhen):
            if rest.get(rule.field) != rule.value:
                return
            for name in rule.needs:
                if rest.get(name) is None and nominal.get(name) is None:
                    template = N_("{field} is needed here. Fill it in.")
                    out.append(problem(name, "required", template, field=Term(self._label(name))))
        elif all(rest.get(name) is None and nominal.get(name) is None for name in rule.names):
            labels = Either(tuple(Term(self._label(name)) for name in rule.names))
            template = N_("One of these is needed: {fields}. Fill in what is known.")
            out.append(problem(rule.names[0], "required", template, fields=labels))

    def _label(self, name: str) -> str:
        held: Any = self._record.fields.get(name) or self._record.parts[name]
        label: str = held.label
        return label


def _any_of(choices: tuple[ShortField, ...]) -> Callable[[Values], bool]:
    first, *others = [_present(short) for short in choices]
    if not others:
        return first
    return lambda rest: first(rest) or any(test(rest) for test in others)


def _present(short: ShortField) -> Callable[[Values], bool]:
    name, part, role = short.name, short.part, short.role
    if not part:
        return lambda rest: rest.get(name) is not None

    def present(rest: Values) -> bool:
        held = rest.get(part)
        if type(held) is dict:
            for values in held.values():
                if type(values) is dict and values.get(name) is not None and (not role or values.get("role") == role):
                    return True
        return False

    return present


def missing(item: Field, path: str, *, short: bool = False, role: str = "") -> Problem:
    """What is said of a field that has to be filled in; `short`: in the words of the short form."""
    label = Term(item.label)
    if not short:
        return problem(path, "required", N_("{field} is needed. Fill it in."), field=label)
    if not role:
        template = N_("Choose the {field:lower}.") if item.codelist else N_("Enter the {field:lower}.")
        return problem(path, "required", template, field=label)
    template = (
        N_("Choose the {field:lower} of {role:lower}.")
        if item.codelist
        else N_("Enter the {field:lower} of {role:lower}.")
    )
    return problem(path, "required", template, field=label, role=Term(role.capitalize()))


def check_order(record: RecordDeclaration, document: Values, names: list[tuple[str, str]], out: list[Problem]) -> None:
    """Dates that must follow one another. Both are in one group, so a change that touches one carries the other."""
    for earlier, later in names:
        last = document.get(later)
        if last is None:
            continue
        first = document.get(earlier)
        if isinstance(first, str) and isinstance(last, str) and last < first:
            label, before = Term(record.fields[later].label), Term(record.fields[earlier].label)
            template = N_("{field} is before {other:lower}. Correct one of the two.")
            out.append(problem(later, "rule", template, field=label, other=before))
