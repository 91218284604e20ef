"""The content of a form's page: the short form, or headings and parts, with the most important fields in front."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import render_template, request, url_for

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Record
from diwan_core.register.drafts import Draft
from diwan_core.register.records.sent_back import is_sent_back
from diwan_core.trust.names import mint_id
from diwan_core.web.drafts.form_state import ROWS, Working
from diwan_core.web.drafts.references import references_of
from diwan_core.web.drafts.usual import last_time
from diwan_core.web.forms.asked_first import mark_of, told_of
from diwan_core.web.forms.controls import Control, ControlSection, form_view
from diwan_core.web.forms.full_form import MOST_ROWS
from diwan_core.web.forms.plausibility import Doubt, doubts_of
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kinds.kind import MORE
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _
from diwan_core.web.records.checks import heads_of_check, last_said
from diwan_core.web.records.duplicates import similar_to
from diwan_core.web.records.find_record import the_record


@dataclass(frozen=True)
class Row:
    """One part: its controls in front, and those folded away; `open` where one of those is filled or wrong."""

    place: str
    number: int
    front: ControlSection
    more: ControlSection
    open: bool


@dataclass(frozen=True)
class Group:
    """All parts of a name that the form shows; `full` where it shows as many as it may, `others` are how many the
    record has beyond them."""

    name: str
    label: str
    help: str
    rows: tuple[Row, ...]
    full: bool
    others: int


CONFIRMED: Final = "_confirmed"
"""The control that says what a person confirmed (`asked_first.mark_of`)."""


def form_page(working: Working, *, expired: bool = False, note: str = "", asked: Sequence[Doubt] = ()) -> str:
    """The page of a form, its problems beside their fields; `asked` is what a person is to confirm before it is
    sent."""
    draft, filled, kind = working.draft, working.filled, kind_of(working.draft.type)
    record_type = DICTIONARY.type(draft.type)
    short = draft.shape == "short"
    required = _needed(working)
    last = last_time(kind) if short and not draft.record else {}
    view = form_view(filled, required=required, last=last)
    view = view if short else replace(view, mixed=False)
    record = the_record(draft.record, draft.type) if draft.record else None
    parent = console().drafts.get(draft.parent, draft.owner) if draft.parent else None
    return render_template(
        "drafts/form_state.html",
        draft=draft,
        window=mint_id(),
        form=view,
        short=short,
        as_last_time=len(last) > 1,
        mark_needed=not short,
        headings=[section for section in view.sections if "." not in section.name],
        groups=_groups(working, view.sections, record),
        open_headings={heading.name for heading in kind.headings if heading.open} or {MORE},
        reports=bool(kind.report),
        links=references_of(filled.form, filled.typed, request.form),
        focus=request.args.get("at", ""),
        title=_title(draft),
        record=record,
        record_title=kind.title_of(record) if record else "",
        sent_back=last_said(record) if record is not None and is_sent_back(record.values) else None,
        answers=heads_of_check(record.heads) if record is not None else "",
        answer=request.form.get("comment", ""),
        parent=parent,
        pictured=not draft.record and not draft.parent and draft.type in PICTURE.record_type.fields["subject"].targets,
        hints=similar_to(draft.type, filled.document, draft.subject) if not expired else [],
        doubts=[] if asked else doubts_of(draft.type, filled.document),
        to_confirm=asked,
        asked_mark=mark_of(asked),
        told=told_of(draft.type, filled.document) if asked else [],
        expired=expired,
        note=note,
        rows={ROWS + name: " ".join(draft.rows.get(name, ())) for name in record_type.parts} if not short else {},
        back=url_for(f"{draft.type}.page", record_id=record.id) if record else url_for("drafts.index"),
        stored=console().drafts.get(draft.id, signed_in_person().name) is not None,
    )


def _title(draft: Draft) -> str:
    kind = kind_of(draft.type)
    what = _(kind.label)
    if draft.record:
        return _("Change: {what}", what=what)
    if draft.state == "exercise":
        return _("Exercise: {what}", what=what)
    return _(kind.report) if kind.report else kind.add_words


def _needed(working: Working) -> frozenset[str]:
    """The paths that a report like this one cannot do without: required fields, and what the rules of its type ask for
    first, in the first part of each."""
    first = {f"{name}.{ids[0]}" for name, ids in working.draft.rows.items() if ids}
    entries = working.filled.form.entries
    part_of = {entry.path: entry.path.rpartition(".")[0] for entry in entries}
    if working.draft.shape == "short":
        first = {*part_of.values()}
    wanted = set(_first_needs(working))
    return frozenset(
        entry.path
        for entry in entries
        if entry.field.required
        or (part_of[entry.path] in {"", *first} and (part_of[entry.path].split(".")[0], entry.field.name) in wanted)
    )


def _first_needs(working: Working) -> Iterable[tuple[str, str]]:
    """(part, field) of what the rules ask for first; of money its value instead of its quantity."""
    typed = working.filled.typed
    told = {path: text.strip() or None for path, text in typed.items() if "." not in path}
    money = typed.get("goods.1.product_group") == "currency"
    for rule in DICTIONARY.type(working.draft.type).report_needs(told):
        named = [(short.part, short.name) for short in rule.any_of]
        if money and named[0] == ("goods", "quantity"):
            yield from (("goods", "value"), ("goods", "currency"))
        else:
            yield named[0]
            if named[0] == ("goods", "quantity"):
                yield "goods", "unit"


def _groups(working: Working, sections: tuple[ControlSection, ...], record: Record | None) -> list[Group]:
    if working.draft.shape == "short":
        return []
    found, kind = [], kind_of(working.draft.type)
    for part in kind.parts():
        name = part.name
        own = [section for section in sections if section.name.startswith(name + ".")]
        front = kind.in_front.get(name, "").split()
        rows = tuple(_row(section, number, front) for number, section in enumerate(own, 1))
        full = len(working.draft.rows.get(name, ())) >= MOST_ROWS
        others = len((record.values.get(name) or {}).keys() - {*working.draft.base_rows.get(name, ())}) if record else 0
        found.append(Group(name, _(part.label), _(part.help), rows, full, others))
    return found


def _row(section: ControlSection, number: int, front: list[str]) -> Row:
    def name_of(control: Control) -> str:
        return control.name.split(".")[2]

    first = [control for control in section.controls if name_of(control) in front]
    first.sort(key=lambda control: front.index(name_of(control)))
    rest = [control for control in section.controls if name_of(control) not in front]
    return Row(
        section.name,
        number,
        ControlSection(section.name, section.label, tuple(first or rest)),
        ControlSection(section.name, section.label, tuple(rest if first else ())),
        any(control.value or control.problems for control in rest),
    )
