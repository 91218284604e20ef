"""A form with typed values: which fields are asked, what was typed, what is wrong, and the document it makes.

A form is a list of entries, each one field at one path of the document ("date", "goods.1.quantity", "aliases.new").
Only what a form asks is read from a request, whatever else was sent. Nothing here judges a value: the dictionary's
validator does, and its problems are shown beside the entries they concern.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from diwan_core.dictionary import Condition, Either, Field, Problem, RecordType, Term
from diwan_core.dictionary import problem as make_problem
from diwan_core.dictionary.creation import AT_LEAST_ONE, missing
from diwan_core.dictionary.kinds import is_date
from diwan_core.reading import Companion, companions
from diwan_core.web.forms import values
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.language.i18n import N_
from diwan_core.web.language.i18n import language as spoken

Document = dict[str, Any]
FIELD_REASON: Final = N_("{field}: {reason}")
_CODE_AT_END: Final = re.compile(r".*\(([A-Za-z0-9_]{1,20})\)", re.ASCII | re.DOTALL).fullmatch
NEW: Final = "new"
"""Stands in a path for a part or element that gets its id when it is saved."""


def code_in(text: str) -> str:
    """The code of a text as a control with suggestions shows it: "Carton (CT)" is CT, other texts are themselves."""
    found = _CODE_AT_END(text)
    return found[1] if found else text


@dataclass(frozen=True)
class Entry:
    """One thing a form asks. `label` is used where the field's own would not say enough ("Country of departure")."""

    path: str
    field: Field
    label: str = ""
    default: str = ""
    asked: bool = True
    """False for a value the form sets by itself (the role of the first leg) once its part has any other value."""
    when: tuple[Condition, ...] = ()
    """It is of use only where all of these hold; each names the path of another control."""
    standing: bool = False
    """Whether its default stands where a page does not ask for it: one made before the field was."""

    def fits(self, typed: Mapping[str, str]) -> bool:
        """Whether it is of use beside what is typed."""
        return all(one.holds(code_in(typed.get(one.field, "").strip())) for one in self.when)


@dataclass(frozen=True)
class Section:
    """Entries under one heading."""

    name: str
    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Form:
    """The questions of a page about a record of one type."""

    record_type: RecordType
    sections: tuple[Section, ...]

    @property
    def entries(self) -> list[Entry]:
        return [entry for section in self.sections for entry in section.entries]


@dataclass(frozen=True)
class Filled:
    """A form with what was typed in it: by path, exactly as typed, and the document that makes."""

    form: Form
    typed: dict[str, str]
    document: Document
    problems: tuple[Problem, ...] = field(default=())

    def with_problems(self, problems: Iterable[Problem]) -> "Filled":
        """The form with the problems found in its document, each named by the path of the form it concerns."""
        placed = (place(self.form.entries, problem) for problem in problems)
        return replace(self, problems=tuple(self._said_better(problem) for problem in placed))

    def _said_better(self, problem: Problem) -> Problem:
        """A better message about a wrong value, which only the form can give: how it was typed, and why that was not
        understood."""
        entry = next((entry for entry in self.form.entries if entry.path == problem.path), None)
        if entry is not None and problem.template == AT_LEAST_ONE and not self._asks_another(entry, problem):
            return missing(entry.field, problem.path, short=True)
        if entry is None or problem.code not in ("format", "type"):
            return problem
        partial = bool(_beside(self.form, entry))
        reason = values.why_not(entry.field, self.typed.get(problem.path, ""), spoken(), partial=partial)
        if reason is None:
            return problem
        return make_problem(
            problem.path, "format", FIELD_REASON, field=Term(entry.label or entry.field.label), reason=reason
        )

    def _asks_another(self, entry: Entry, problem: Problem) -> bool:
        """Whether the page shows another of the fields of which a problem says that one is needed."""
        others = {item.field.label for item in self.form.entries if item.asked and item.fits(self.typed)}
        named = dict(problem.parameters)["fields"]
        return isinstance(named, Either) and not (others - {entry.field.label}).isdisjoint(map(str, named.choices))


def blank(form: Form) -> Filled:
    """A new form: defaults and nothing else."""
    return Filled(form, {entry.path: entry.default for entry in form.entries if entry.asked}, {})


def shown(form: Form, document: Mapping[str, Any], language: str) -> Filled:
    """The form with a record's present values in it."""
    typed = {
        entry.path: values.typed(entry.field, get(document, entry.path), language)
        for entry in form.entries
        if entry.asked
    }
    return Filled(form, typed, dict(document))


def read(form: Form, sent: Mapping[str, str], language: str) -> Filled:
    """Read what was typed, and the document it makes. An empty control makes no value. NEW stays in the paths."""
    typed: dict[str, str] = {}
    document: Document = {}
    for entry in form.entries:
        if entry.asked:
            typed[entry.path] = sent.get(entry.path, entry.default if entry.standing else "")
            value = values.read(entry.field, typed[entry.path], language, partial=bool(_beside(form, entry)))
            if value is not None:
                put(document, entry.path, value)
    for entry in form.entries:
        if entry.asked and entry.field.kind == "date":
            _put_beside(form, document, entry, typed[entry.path])
    for entry in form.entries:
        if not entry.asked and get(document, entry.path.rpartition(".")[0]):
            put(document, entry.path, entry.default)
    return Filled(form, typed, document)


def _put_beside(form: Form, document: Document, entry: Entry, text: str) -> None:
    """Fill in what a typed date says about its precision, where the form has not been told otherwise."""
    named = _beside(form, entry)
    _begin(document, entry.path, str(get(document, named["precision"]) if "precision" in named else ""))
    found = values.beside(entry.field, text) if named else {}
    for what, said in found.items():
        if what in named and get(document, named[what]) in (None, "exact"):
            put(document, named[what], said)


def _begin(document: Document, path: str, precision: str) -> None:
    """Of a month or a year that is all that is known, the first day is kept."""
    day = get(document, path)
    known = {"month": 7, "year": 4}.get(precision, 10)
    if isinstance(day, str) and is_date(day) and known < len(day):
        put(document, path, f"{day[:known]}-01-01"[: len(day)])


def _beside(form: Form, entry: Entry) -> dict[Companion, str]:
    """The paths that hold what a date says beside its day."""
    holder, _dot, _name = entry.path.rpartition(".")
    part = form.record_type.parts.get(holder.split(".")[0])
    named = companions(part.fields if part is not None else form.record_type.fields, entry.field)
    return {what: f"{holder}.{name}" if holder else name for what, name in named.items()}


def changes(
    filled: Filled, current: Mapping[str, Any], base: Mapping[str, str] | None = None, fresh: str = ""
) -> Document:
    """The part of a filled form that differs from the record: what is sent to the register. With `base`, what the form
    showed at first, only what its author changed counts, whatever the record holds by now.

    A cleared control becomes null. Fields that merge as one (quantity and unit) go together when one of them differs.
    NEW is replaced by the id `fresh`, which the page was made with, so that a form sent twice adds one part and not
    two; by another where that is taken by something else."""
    record_type = filled.form.record_type
    altered: Document = {}
    groups: set[str] = set()
    entries = {entry.path: entry for entry in filled.form.entries}
    changed = set(entries) if base is None else touched(filled, base)
    for path in entries:
        if path in changed and get(filled.document, path) != get(current, path):
            groups.add(group_path(record_type, path))
    wanted = [path for path in entries if group_path(record_type, path) in groups]
    minted: dict[str, str] = {}
    for path in wanted:
        put(altered, minted_path(path, minted, fresh), get(filled.document, path))
    taken = fresh and any(get(current, f"{stem}.{id}") is not None for stem, id in minted.items())
    return changes(filled, current, base) if taken and not holds(current, altered) else altered


def touched(filled: Filled, base: Mapping[str, str]) -> set[str]:
    """The paths whose author changed them. A day that stands as the page wrote it is not changed; one that says how
    exact it is changes what holds that too."""
    found: set[str] = set()
    for entry in filled.form.entries:
        now, before = (plain(held.get(entry.path, "")) for held in (filled.typed, base))
        if now == before:
            continue
        if entry.field.kind not in ("date", "datetime", "time"):
            found.add(entry.path)
        elif _meant(entry.field, now) != _meant(entry.field, before):
            found |= {entry.path, *_beside(filled.form, entry).values()}
    return found


def _meant(field: Field, text: str) -> tuple[object, object]:
    return values.read(field, text), values.beside(field, text)


def holds(current: object, altered: object) -> bool:
    """Whether a document has all of these values already."""
    if not isinstance(altered, Mapping):
        return current == altered
    held = current if isinstance(current, Mapping) else {}
    return all(holds(held.get(name), value) for name, value in altered.items())


def plain(text: str) -> str:
    """A control's text without what browsers add on the way."""
    return text.replace("\r\n", "\n").strip()


def group_path(record_type: RecordType, path: str) -> str:
    """The path of the group a path belongs to: "goods.1.unit" → "goods.1.quantity". Elements are their own groups."""
    steps = path.split(".")
    part = record_type.parts.get(steps[0])
    if part is not None and len(steps) >= 3:
        return ".".join([*steps[:2], part.group_of(steps[2]), *steps[3:]])
    return ".".join([record_type.group_of(steps[0]), *steps[1:]])


def minted_path(path: str, minted: dict[str, str], fresh: str = "") -> str:
    """The path with NEW replaced by `fresh`, else by a new id; `minted` remembers the id given at each place."""
    steps = path.split(".")
    for position, step in enumerate(steps):
        if step == NEW:
            steps[position] = minted.setdefault(".".join(steps[:position]), fresh or part_id())
    return ".".join(steps)


def get(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path, None when there is none."""
    found: Any = document
    for step in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def put(document: Document, path: str, value: Any) -> None:
    """Set the value at a path, making what is missing on the way."""
    *steps, last = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    document[last] = value


def place(entries: Iterable[Entry], problem: Problem) -> Problem:
    """The problem under the path of the entry it is best shown beside; its own path when the form asks nothing like it.

    The validator names a missing part by its role ("leg.departure.country"); the form knows it as "leg.1.country"."""
    entries = list(entries)
    wanted = problem.path
    for entry in entries:
        if not entry.asked:
            held, _, _ = entry.path.rpartition(".")
            role = f"{held.split('.')[0]}.{entry.default}."
            if wanted.startswith(role):
                wanted = held + "." + wanted.removeprefix(role)
    paths = [entry.path for entry in entries if entry.asked]
    plain = without_ids(wanted)
    for fits in (
        lambda path: path == wanted,
        lambda path: without_ids(path) in (plain, wanted),
        lambda path: path.startswith(wanted + ".") or without_ids(path).startswith(plain + "."),
    ):
        found = next(filter(fits, paths), None) if wanted else None
        if found is not None:
            return replace(problem, path=found)
    return problem


def without_ids(path: str) -> str:
    """ "goods.1.quantity" → "goods.quantity": a path's fields without the ids of parts and elements."""
    steps = path.split(".")
    return ".".join(step for position, step in enumerate(steps) if position % 2 == 0)
