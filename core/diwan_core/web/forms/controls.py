"""The form as its template needs it: sections of controls, each with its value, its choices and its message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Final, Literal

from diwan_core.dictionary import DICTIONARY, Field, Problem
from diwan_core.dictionary.lists.concealment import PLACES_OF_MODE
from diwan_core.dictionary.lists.everyday import USUAL_UNITS
from diwan_core.dictionary.telephones import example_of, plan_of
from diwan_core.dictionary.units import OFTEN_IN_A_PACKAGE, OPENED, PACKAGES
from diwan_core.register.national_units import national_units
from diwan_core.web.forms.code_use import GOODS, first_codes
from diwan_core.web.forms.filled_form import Entry, Filled, code_in
from diwan_core.web.forms.letter_readers import readers_of_letter
from diwan_core.web.forms.value_hints import value_hints
from diwan_core.web.forms.values import DROP_DOWN, SUGGESTED, as_written, code_text, days_meant, read_code
from diwan_core.web.kit.console import DEPARTMENT, ONE_POST, department_names, post_names, register
from diwan_core.web.language.formats import national
from diwan_core.web.language.i18n import N_, _, language, said

Shape = Literal["select", "suggest", "lookup", "text", "area", "date", "time", "datetime-local", "decimal", "numeric"]

_SHAPES: Final[dict[str, Shape]] = {
    "longtext": "area",
    "date": "date",
    "time": "time",
    "datetime": "datetime-local",
    "decimal": "decimal",
    "integer": "numeric",
    "boolean": "select",
}
_CALENDARS: Final = frozenset({"date", "time", "datetime-local"})
_MODE: Final = re.compile(r"(?:leg|means)\.[a-z0-9]{1,13}\.mode").fullmatch
#: What is suggested of a list too long to suggest whole: the units officers count, weigh and measure in (Rec 20).
COMMON: Final[dict[str, tuple[str, ...]]] = {"unit": USUAL_UNITS}
CHIPS: Final = 6
"""Codes offered at a touch beside a text box."""


@dataclass(frozen=True)
class Choice:
    code: str
    label: str


@dataclass(frozen=True)
class Chip:
    """A code that one touch fills in; `last` whether the last report had it, `value` its text in the control where that
    is not "label (code)", or in a drop-down the code."""

    code: str
    label: str
    last: bool = False
    value: str = ""


@dataclass(frozen=True)
class Control:
    """One control. `name` is also its id; `choices` are filled for a select only, suggestions are shared by list."""

    name: str
    label: str
    hint: str
    shape: Shape
    value: str
    required: bool
    codelist: str
    choices: tuple[Choice, ...]
    problems: tuple[str, ...]
    identifier: bool
    group: str
    """Where the fields that belong together stand in the document ("goods.1.quantity"); "" for a field on its own."""
    usual: tuple[Choice, ...] = ()
    """The choices offered first beside the means of transport; the others stand under "More"."""
    places: str = ""
    """The path of the control on which that depends, and which choices are usual with each of its values, by their
    places among all, those offered first before the others: a script moves them ("leg.1.mode 1=0,7 3=2")."""
    when: str = ""
    """On which other controls it depends whether it is of use: "type=seizure,detention;direction!=internal"."""
    offers: tuple[Choice, ...] = ()
    """Values that are often right, which a text box offers and nobody assumes."""
    hidden: bool = False
    """Whether it is of no use beside what is typed, and holds nothing."""
    chips: tuple[Chip, ...] = ()
    exact: str = ""
    """The day or moment that a browser's calendar opens at."""
    beside: str = ""
    """The path of the control whose goods decide which codes are offered first."""

    @property
    def suggests(self) -> bool:
        """Whether the page carries suggestions for it; beside chips they would say the same again."""
        return self.shape == "lookup" and self.codelist in COMMON and not self.chips


@dataclass(frozen=True)
class ControlSection:
    name: str
    label: str
    controls: tuple[Control, ...]

    @property
    def rows(self) -> list[list[Control]]:
        """The controls, those of one group together: a quantity with its unit, a date with its time."""
        runs = groupby(enumerate(self.controls), key=lambda item: item[1].group or item[0])
        return [[control for _, control in run] for _, run in runs]


@dataclass(frozen=True)
class FormView:
    """Everything the template of a form needs. `general` are problems that belong beside no control."""

    sections: tuple[ControlSection, ...]
    suggestions: dict[str, tuple[Choice, ...]]
    problems: tuple[Problem, ...]
    general: tuple[str, ...]
    mixed: bool
    """Whether some controls must be filled and others need not: only then is it worth saying which."""


def form_view(
    filled: Filled, *, required: frozenset[str] = frozenset(), last: Mapping[str, str] | None = None
) -> FormView:
    """The form as its template shows it; `required` are the paths marked as needed, `last` the codes of the last
    report by their paths. Where `last` is None, no codes are offered at a touch."""
    filled = _with_codes(filled)
    by_path: dict[str, list[str]] = {}
    for problem in filled.problems:
        by_path.setdefault(problem.path, []).append(said(problem))
    suggestions: dict[str, tuple[Choice, ...]] = {}
    hints = value_hints(filled)
    sections = []
    for section in filled.form.sections:
        controls = []
        for entry in section.entries:
            if entry.asked:
                control = _control(entry, filled, by_path, entry.path in required, hints.get(entry.path, ""))
                controls.append(control if last is None else _with_chips(control, entry, filled, last))
                if controls[-1].suggests:
                    suggestions.setdefault(entry.field.codelist, suggested(entry.field.codelist))
        sections.append(ControlSection(section.name, section.label, tuple(controls)))
    asked = [entry.path for entry in filled.form.entries if entry.asked]
    # in the order of the form: the summary reads like the page
    order = {path: position for position, path in enumerate(asked)}
    problems = sorted(filled.problems, key=lambda problem: order.get(problem.path, -1))
    general = tuple(text for path, texts in by_path.items() if path not in order for text in texts)
    mixed = bool(required) and not required.issuperset(asked)
    return FormView(tuple(sections), suggestions, tuple(p for p in problems if p.path in order), general, mixed)


def _with_codes(filled: Filled) -> Filled:
    """The form with the code beside a word on which other controls depend: who typed "carton" is asked how many are in
    each, as is who chose "Carton (CT)"."""
    deciding = {one.field for entry in filled.form.entries for one in entry.when}
    typed = dict(filled.typed)
    for entry in filled.form.entries:
        text = typed.get(entry.path, "").strip()
        if text and entry.path in deciding and shape_of(entry.field) in ("lookup", "suggest"):
            name = entry.field.codelist
            typed[entry.path] = code_text(name, read_code(name, code_in(text), language()), language())
    return replace(filled, typed=typed)


def _control(entry: Entry, filled: Filled, by_path: dict[str, list[str]], required: bool, hint: str) -> Control:
    field = entry.field
    shape = shape_of(field)
    value = filled.typed.get(entry.path, "")
    options: tuple[Choice, ...] = ()
    if field.kind == "boolean":
        options = (Choice("yes", _("Yes")), Choice("no", _("No")))
    elif shape == "select":
        options = choices(field.codelist)
    if options and value and value not in {choice.code for choice in options}:
        # what was sent is kept, even when it is not a choice: the message beside it says so
        known = DICTIONARY.codes(field.codelist).label(value, language()) if field.codelist else value
        options = (Choice(value, known[:80]), *options)
    value, exact = as_written(field, value) if shape in _CALENDARS else (value, "")
    usual, deciding = usual_first(field, filled.typed) if shape == "select" else (frozenset(), "")
    problems = tuple(by_path.get(entry.path, ()))
    return Control(
        name=entry.path,
        label=_(entry.label or field.label),
        hint=" ".join(
            filter(
                None,
                (help_of(field), readers_of_letter(filled.form.record_type) if field.name == ONE_POST else "", hint),
            )
        ),
        shape=shape,
        value=value,
        exact=exact,
        required=required,
        codelist=field.codelist,
        choices=options,
        problems=problems,
        offers=_offers(entry, filled.typed),
        usual=tuple(choice for choice in options if choice.code in usual),
        places=_places(options, usual, deciding) if usual else "",
        identifier=bool(field.identifier),
        group=f"{entry.path.rpartition('.')[0]}.{field.group}" if field.group else "",
        when=";".join(f"{one.field}{'!' if one.unless else ''}={','.join(one.values)}" for one in entry.when),
        hidden=not (value or problems or entry.fits(filled.typed)),
    )


def help_of(field: Field) -> str:
    """What helps to fill a field in; of a telephone number how the country writes one."""
    if field.formatted == "phone" and (example := example_of(plan_of(national()))):
        return _(N_("Such as {example}. Of another country with its code."), example=example)
    return _(field.help)


PER_PACKAGE: Final = "per_package"
NATIONAL_UNIT: Final = "national_unit"
CONTENTS: Final = "per_package_unit"
_OFTEN: Final = {
    "20": N_("20: a packet of cigarettes"),
    "200": N_("200: a retail carton of cigarettes"),
    "10000": N_("10,000: a shipping case of cigarettes"),
}


def _offers(entry: Entry, values: Mapping[str, str]) -> tuple[Choice, ...]:
    """The departments; the posts; how many are often in each package of the unit beside it, or of any where none is
    chosen yet."""
    path, field = entry.path, entry.field
    if path == DEPARTMENT and not field.codelist:
        return tuple(Choice(code, name) for code, name in department_names().items())
    if path == ONE_POST:
        return tuple(Choice(id, name) for id, name in post_names().items())
    if field.name != PER_PACKAGE:
        return ()
    unit = code_in(values.get(f"{path.removesuffix(PER_PACKAGE)}unit", "").strip())
    known = OFTEN_IN_A_PACKAGE.get(unit, ()) if unit in PACKAGES else _OFTEN
    return tuple(Choice(number, _(_OFTEN[number])) for number in known)


def _with_chips(control: Control, entry: Entry, filled: Filled, last: Mapping[str, str]) -> Control:
    field = entry.field
    if field.name == NATIONAL_UNIT:
        named = dict.fromkeys(unit.code for unit in national_units(register().store))
        return replace(control, chips=tuple(Chip(code, _called(field, code), value=code) for code in named))
    if meant := days_meant(field, filled.typed.get(entry.path, "")):
        return replace(control, chips=tuple(Chip(day, text, value=text) for day, text in meant))
    beside = f"{entry.path.rpartition('.')[0]}.{GOODS}" if field.codelist in COMMON else ""
    kept = last.get(entry.path, "")
    retired = bool(field.codelist) and DICTIONARY.codes(field.codelist).is_withdrawn(kept)
    codes = [(kept, True)] if kept and not retired else []
    if beside in filled.typed:
        offered = first_codes(field.codelist, filled.typed[beside].strip())
        if field.name == CONTENTS:  # what is in a package is no package, whatever the goods
            offered, beside = [code for code in offered if code not in OPENED], ""
        offered = offered[:CHIPS]
        codes += [(code, False) for code in offered if (code, True) not in codes]
    chips = (Chip(code, _called(field, code), last) for code, last in codes)
    return replace(control, chips=tuple(chips), beside=beside if beside in filled.typed else "")


def _called(field: Field, code: str) -> str:
    return DICTIONARY.codes(field.codelist).label(code, language())


MOST_USUAL: Final = 15
CONCEALED: Final = "concealment_method"


@cache
def _usual_by_mode() -> Mapping[str, tuple[str, ...]]:
    """By mode of transport, "" where none is known, the ways of concealment that are offered first."""
    codes = DICTIONARY.codes(CONCEALED)
    modes = {"": (), **PLACES_OF_MODE}
    return {mode: tuple(codes.usual(places, MOST_USUAL)) for mode, places in modes.items()}


def _places(options: tuple[Choice, ...], usual: frozenset[str], deciding: str) -> str:
    codes = [choice.code for choice in options]
    codes.sort(key=lambda code: code not in usual)
    at = {code: str(place) for place, code in enumerate(codes)}
    modes = (f"{mode}={','.join(at[code] for code in found)}" for mode, found in _usual_by_mode().items())
    return " ".join([deciding, *modes])


def usual_first(field: Field, typed: Mapping[str, str]) -> tuple[frozenset[str], str]:
    """The codes that are offered first, and the path of the control that decides; none where a list has no such
    difference."""
    if field.codelist != CONCEALED:
        return frozenset(), ""
    paths = [path for path in typed if _MODE(path)]
    deciding = next((path for path in paths if typed[path].strip()), paths[0] if paths else "")
    by_mode = _usual_by_mode()
    return frozenset(by_mode.get(typed.get(deciding, "").strip(), by_mode[""])), deciding


def shape_of(field: Field) -> Shape:
    """Which control a field gets."""
    if field.kind == "date" and field.name.startswith("birth_date"):
        return "text"  # a year or a month may be all that is known: no calendar can say so
    if field.kind != "code":
        return _SHAPES.get(field.kind, "text")
    if field.open_list or field.codelist in COMMON:
        return "lookup"  # known to be long: its file is not read for this
    size = len(DICTIONARY.codes(field.codelist))
    if size > SUGGESTED:
        return "lookup"
    return "select" if size <= DROP_DOWN else "suggest"


def choices(codelist: str, *, also_old: bool = False) -> tuple[Choice, ...]:
    """The codes of a list that are in use, or all it ever had, with their labels in the request's language, in the
    list's order."""
    codes = DICTIONARY.codes(codelist)
    return tuple(Choice(code, codes.label(code, language())) for code in (codes if also_old else codes.present()))


def suggested(codelist: str) -> tuple[Choice, ...]:
    """The suggestions of a text box for this list."""
    if codelist not in COMMON:
        return choices(codelist)
    codes = DICTIONARY.codes(codelist)
    return tuple(Choice(code, codes.label(code, language())) for code in COMMON[codelist] if codes.has(code))
