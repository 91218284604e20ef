"""The validator of documents: a quick check that says yes or no, and a slow one that lists every problem.

`Level` holds the tests of a record's own fields, or of one kind of part, for one half of a document or the whole.
Its `accept` is called most often and says only yes or no. Where it says no, `explain` looks at the same values again,
slowly.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from .codelist import CodeList
from .field import NAME_SHAPE, Field, FieldGroup
from .kinds import Accept, accepts, explain, holds, shaped_like_a_code, show_value
from .problem import N_, Problem, Term, problem
from .record import Part

Half = Literal["rest", "nominal", "whole"]

ELEMENT_ID: Final = re.compile(r"[a-z0-9]{1,13}")
ELEMENT_LIMIT: Final = 500
PROBLEM_LIMIT: Final = 200  # beyond that the list helps nobody, and a hostile document could make it endless
NESTING_LIMIT: Final = 4  # of fields a newer dictionary may have: part, id, repeated field, id
UNKNOWN_TEXT_LIMIT: Final = 20_000

_SMALL_IDS: Final = frozenset(str(number) for number in range(1, 100))
_SHAPES_MOST: Final = 200
"""Sets of names of fields for which is remembered what they need; a file has a few, and they could be endless."""


class Level:
    """The compiled tests of the fields (and parts) of one level, in one half."""

    def __init__(
        self,
        fields: Iterable[Field],
        groups: Iterable[FieldGroup],
        parts: Iterable[Part],
        lists: Mapping[str, CodeList],
        half: Half,
    ) -> None:
        self.half = half
        self.everywhere = {item.name: item for item in fields}
        self.lists = lists
        self.scalars = {n: f for n, f in self.everywhere.items() if in_half(f, half) and not f.repeated}
        self.repeated = {n: f for n, f in self.everywhere.items() if in_half(f, half) and f.repeated}
        self.parts: dict[str, tuple[Part, Level]] = {}
        self.other_parts: dict[str, tuple[Part, Level]] = {}  # without fields in this half, but a newer node's may be
        self.needs = [pair for group in groups if in_half(group.fields[0], half) for pair in group.needs]
        self._needing = frozenset(name for name, _ in self.needs)
        self._needs_of: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for part in parts:
            level = Level(part.fields.values(), part.groups.values(), (), lists, half)
            if level.scalars or level.repeated:
                self.parts[part.name] = (part, level)
            else:
                self.other_parts[part.name] = (part, level)
        self._part_needs = [(name, level) for name, (_, level) in self.parts.items() if level.needs]
        self.tests: dict[str, Accept] = {}
        self.accept: Callable[[Any], bool] = _all_of(self.tests, frozenset(self.scalars), self.needs)
        for name, item in self.scalars.items():
            self.tests[name] = self._test(item)
        for name, item in self.repeated.items():
            self.tests[name] = _each(self._test(item))
        for name, (part, level) in self.parts.items():
            self.tests[name] = _each_part(level, part.limit)

    def _test(self, item: Field) -> Accept:
        """The test of one value; that of a list in a file is made when first needed, so that the list stays unread."""
        codes = self.lists.get(item.codelist)
        if item.kind != "code" or item.open_list:
            return accepts(item, codes)

        def load_and_test(value: Any) -> object:
            test = accepts(item, codes)
            if not item.repeated:
                self.tests[item.name] = test
            return test(value)

        return load_and_test

    @property
    def has_groups(self) -> bool:
        """Whether a field of this level, or of a part, needs another one."""
        return bool(self.needs or self._part_needs)

    def has_whole_groups(self, values: Mapping[str, Any]) -> bool:
        """Whether no field of a group stands without the one it needs, in values of the right shape."""
        if not (self._needing.isdisjoint(values) or self._stands_whole(values)):
            return False
        for part, level in self._part_needs:
            if part in values:
                needing = level._needing
                for fields in (values[part] or {}).values():
                    if fields and not (needing.isdisjoint(fields) or level._stands_whole(fields)):
                        return False
        return True

    def _stands_whole(self, values: Mapping[str, Any]) -> bool:
        """The same for the fields of this level. Most records of a file have the same fields, so what these need is
        found once for each set of names."""
        names = tuple(values)
        needs = self._needs_of.get(names)
        if needs is None:
            needs = [pair for pair in self.needs if pair[0] in names]
            if len(self._needs_of) < _SHAPES_MOST:
                self._needs_of[names] = needs
        for name, needed in needs:  # noqa: SIM110  of every goods line that is admitted
            if values.get(needed) is None and values[name] is not None:
                return False
        return True

    def explain(self, values: object, path: str, out: list[Problem], newer: bool, draft: bool) -> None:
        """Add to `out` everything wrong with the values of this level."""
        if not isinstance(values, dict):
            template = N_("The document {value} cannot be used here. Give fields with values.")
            if path:
                template = N_("{path}: {value} cannot be used here. Give fields with values.")
            out.append(problem(path, "type", template, path=path, value=show_value(values)))
            return
        for name, value in values.items():
            if len(out) >= PROBLEM_LIMIT:
                return
            where = path + (name if isinstance(name, str) and NAME_SHAPE.fullmatch(name) else show_value(name))
            if name in self.scalars:
                if value is not None:
                    self._explain_value(self.scalars[name], value, where, out, newer)
            elif name in self.repeated:
                self._explain_repeated(self.repeated[name], value, where, out, newer)
            elif name in self.parts:
                self._explain_parts(*self.parts[name], value, where, out, newer, draft)
            elif name in self.other_parts:
                self._explain_parts(*self.other_parts[name], value, where, out, newer, draft)
                if not newer and isinstance(value, dict) and not all(value.values()):
                    out.append(_wrong_half(where, self.half))
            elif name in self.everywhere:
                out.append(_wrong_half(where, self.half))
            elif newer:
                if not harmless(value, NESTING_LIMIT) or not isinstance(name, str) or not NAME_SHAPE.fullmatch(name):
                    template = N_("{path}: what a newer node sent here cannot be kept.")
                    out.append(problem(where, "format", template, path=where))
            else:
                template = N_("There is no field {name} here. Remove it or map it to one.")
                out.append(problem(where, "unknown_field", template, name=show_value(name)))
        if not draft:
            self._explain_groups(values, path, out)

    def _explain_value(self, item: Field, value: object, where: str, out: list[Problem], newer: bool) -> None:
        if holds(self.tests[item.name] if not item.repeated else self._test(item), value):
            return
        if newer and item.kind == "code" and shaped_like_a_code(value):
            return
        out.append(explain(item, self.lists.get(item.codelist), value, where))

    def _explain_repeated(self, item: Field, value: object, where: str, out: list[Problem], newer: bool) -> None:
        for key, element in _collection(value, item.label, ELEMENT_LIMIT, where, out).items():
            if _is_id(key, where, out) and element is not None:
                self._explain_value(item, element, f"{where}.{key}", out, newer)

    def _explain_parts(
        self, part: Part, level: "Level", value: object, where: str, out: list[Problem], newer: bool, draft: bool
    ) -> None:
        for key, values in _collection(value, part.label, part.limit, where, out).items():
            if len(out) >= PROBLEM_LIMIT:
                return
            if _is_id(key, where, out) and values is not None:
                if isinstance(values, dict):
                    level.explain(values, f"{where}.{key}.", out, newer, draft)
                else:
                    template = N_("{field}: {value} cannot be used here. Give fields.")
                    place = f"{where}.{key}"
                    out.append(problem(place, "type", template, field=Term(part.label), value=show_value(values)))

    def _explain_groups(self, values: Mapping[str, object], path: str, out: list[Problem]) -> None:
        for name, needed in self.needs:
            if values.get(name) is not None and values.get(needed) is None:
                field, other = self.everywhere[name], self.everywhere[needed]
                template = N_("{field} means nothing without {other:lower}. Give both, or neither.")
                place = f"{path}{needed}"
                out.append(problem(place, "group", template, field=Term(field.label), other=Term(other.label)))


def in_half(item: Field, half: Half) -> bool:
    return half == "whole" or item.nominal == (half == "nominal")


def _all_of(tests: dict[str, Accept], clearable: frozenset[str], needs: list[tuple[str, str]]) -> Callable[[Any], bool]:
    """The path that is called most often. Raises KeyError, TypeError or AttributeError on values of a wrong shape,
    which means no."""

    def accept(values: Any) -> bool:
        for name, value in values.items():
            if value is None:
                if name not in clearable:
                    return False
            elif not tests[name](value):
                return False
        for name, needed in needs:
            if name in values and values[name] is not None and values.get(needed) is None:
                return False
        return True

    return accept


def _each(test: Accept) -> Accept:
    def accept(values: Any) -> bool:
        if type(values) is not dict or len(values) > ELEMENT_LIMIT:
            return False
        for key, value in values.items():
            if key not in _SMALL_IDS and ELEMENT_ID.fullmatch(key) is None:
                return False
            if value is not None and not test(value):
                return False
        return True

    return accept


def _each_part(level: "Level", limit: int) -> Accept:
    """`level.accept` for each part, written out once more: this loop runs for every part of every record admitted."""
    tests, clearable, needs = level.tests, frozenset(level.scalars), level.needs

    def accept(values: Any) -> bool:
        if type(values) is not dict or len(values) > limit:
            return False
        for key, part in values.items():
            if key not in _SMALL_IDS and ELEMENT_ID.fullmatch(key) is None:
                return False
            if part is None:
                continue
            if type(part) is not dict:
                return False
            for name, value in part.items():
                if value is None:
                    if name not in clearable:
                        return False
                elif not tests[name](value):
                    return False
            for name, needed in needs:
                if name in part and part[name] is not None and part.get(needed) is None:
                    return False
        return True

    return accept


def _collection(value: object, label: str, limit: int, where: str, out: list[Problem]) -> dict[object, object]:
    """The parts or elements to look at; none, and a problem, where it is not a collection or far too large."""
    if not isinstance(value, dict):
        template = N_("{field}: {value} cannot be used here. Give each under an id of its own; remove them one by one.")
        out.append(problem(where, "type", template, field=Term(label), value=show_value(value)))
        return {}
    if len(value) > limit:
        template = N_("{field}: {count} are too many. Keep at most {most} in one record.")
        out.append(problem(where, "too_many", template, field=Term(label), count=len(value), most=limit))
        return {}
    return value


def _is_id(key: object, where: str, out: list[Problem]) -> bool:
    if isinstance(key, str) and ELEMENT_ID.fullmatch(key):
        return True
    template = N_("{value} cannot be an id here. Use 1 to 13 small letters or digits.")
    out.append(problem(where, "format", template, value=show_value(key)))
    return False


def _wrong_half(where: str, half: Half) -> Problem:
    if half == "rest":
        template = N_("{path} identifies people or businesses. Send it in the nominal half.")
    else:
        template = N_("{path} is not nominal. Send it in the other half.")
    return problem(where, "half", template, path=where)


def harmless(value: object, depth: int) -> bool:
    """Whether an unknown value can be kept: it is JSON, not too deep and not too large."""
    match value:
        case None | bool():
            return True
        case int():
            return abs(value) < 2**63
        case float():
            return False
        case str():
            return len(value) <= UNKNOWN_TEXT_LIMIT and not any("\ud800" <= letter <= "\udfff" for letter in value)
        case dict():
            return (
                depth > 0
                and len(value) <= ELEMENT_LIMIT
                and all(
                    isinstance(key, str) and len(key) <= 60 and harmless(item, depth - 1) for key, item in value.items()
                )
            )
        case _:
            return False
