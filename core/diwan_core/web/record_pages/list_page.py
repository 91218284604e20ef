"""The list of one record type: search, filters, sorting, paging, and the views that a person saved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.amounts import has_amounts
from diwan_core.register import Page
from diwan_core.register.records.sent_back import SENT_BACK
from diwan_core.register.search.lists import COUNTED
from diwan_core.trust.people.saved_views import TooManyViews, ViewNameWrong
from diwan_core.web.forms.controls import Choice, choices
from diwan_core.web.forms.values import DROP_DOWN, SUGGESTED
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.offices import OFFICES, office_words, offices_here
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.choosing import bulk_actions, chosen_ids
from diwan_core.web.records.display import sent_back_label
from diwan_core.web.records.filtering import CODES, SUBMITTED, Filters, codelist_of
from diwan_core.web.records.list_filters import filters_of, filters_sent, found_of, sortable, usual_order
from diwan_core.web.records.listing import PAGE_SIZE, shown_rows
from diwan_core.web.records.readable import readable
from diwan_core.web.records.steps import first_steps
from diwan_core.web.records.worked_out import measures

_PAGE_ONLY: Final = frozenset({"after", "before"})
_IN_FRONT: Final = frozenset({"status"})


@dataclass(frozen=True)
class FilterControl:
    """One filter: a drop-down where the list of codes is short, else a text box, with suggestions where it is not too
    long."""

    name: str
    label: str
    value: str
    choices: tuple[Choice, ...]
    suggested: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A column's heading; `url` sorts by it, `sorted` is "ascending", "descending" or ""."""

    label: str
    url: str
    sorted: str


def add_list(blueprint: Blueprint, kind: RecordKind) -> None:
    """Give a type's blueprint its list and the views saved of it."""

    @blueprint.get("")
    @may(Action.READ_RECORDS, shows="record.list", of=kind.type, own=True)
    def index() -> str:
        """The list of records of this type, with filters and search."""
        filters = filters_of(kind, request.args)
        found = found_of(filters)
        if filters.text:
            looked("list.searched", types=kind.type, words=filters.text)
        where, order = readable(kind.type, filters.where()), filters.order or usual_order(kind)
        page: Page = register().page(
            kind.type, where, order, limit=PAGE_SIZE, after=filters.after, before=filters.before, among=found
        )
        whole = page.first is None and page.last is None  # all of it is on this page: no second pass to count it
        total = len(page.rows) if whole else register().matching(kind.type, where, order, found)
        controls = _controls(kind, filters)
        return render_template(
            "record_pages/list.html",
            kind=kind,
            title=_(kind.plural),
            filters=filters,
            headings=_headings(kind, filters, order),
            rows=shown_rows(kind, page.rows),
            total=total,
            counted=COUNTED,
            partial=found is not None and not found.complete,
            before=_at(kind, filters.address(before=page.first)) if page.first else "",
            after=_at(kind, filters.address(after=page.last)) if page.last else "",
            front=[control for control in controls if control.name in _IN_FRONT],
            more=[control for control in controls if control.name not in _IN_FRONT],
            dated="date" in sortable(kind),
            measured=measures() if has_amounts(kind.record_type) else [],
            origins=register().origins(),
            unconfirmed=register().from_unconfirmed(kind.type, [row.id for row in page.rows]),
            views=_views(kind),
            query=urlencode(filters.address()),
            begin=first_steps(kind),
            bulk=bulk_actions(kind) if page.rows else [],
            all_chosen=request.args.get("choose") == "all",
            choose=_at(kind, {**filters.address(after=filters.after, before=filters.before), "choose": "all"}),
        )

    @blueprint.post("/selected")
    @may(Action.READ_RECORDS, shows="record.list", of=kind.type, own=True)
    def selected() -> Response:
        """Go on with the rows that were chosen: show them alone, or export them."""
        ids = chosen_ids()
        only = ".".join(ids)
        if request.form.get("do") == "export":
            return redirect(url_for(f"export_{kind.type}.ask", only=only), 303)
        return redirect(url_for(f"{kind.type}.index", only=only), 303)

    @blueprint.post("/views")
    @may(Action.READ_RECORDS, shows="record.list", of=kind.type, own=True)
    def save_view() -> Response:
        """Keep these filters under a name."""
        title = re.sub(r"\s+", " ", request.form.get("title", "")).strip()
        filters = filters_sent(kind, request.form.get("query", ""))
        try:
            console().accounts.views.keep(signed_in_person().name, kind.type, title, urlencode(filters.address()))
        except ViewNameWrong as error:
            raise Refusal(422, _("Give the view a name of 1 to 60 characters.")) from error
        except TooManyViews as error:
            raise Refusal(422, _("You have too many saved views. Remove one you no longer use.")) from error
        return redirect(_at(kind, {**filters.address(), "done": "view"}), 303)

    @blueprint.post("/views/remove")
    @may(Action.READ_RECORDS, shows="record.list", of=kind.type, own=True)
    def remove_view() -> Response:
        """Forget a saved view."""
        console().accounts.views.drop(signed_in_person().name, kind.type, request.form.get("title", "")[:200])
        return redirect(url_for(f"{kind.type}.index", done="view-removed"), 303)


def _at(kind: RecordKind, query: Mapping[str, str]) -> str:
    return f"{url_for(f'{kind.type}.index')}?{urlencode(query)}"


def _views(kind: RecordKind) -> list[tuple[str, str]]:
    """(name, address) of the views this person saved of a list."""
    saved = console().accounts.views.of(signed_in_person().name, kind.type)
    return [(title, f"{url_for(f'{kind.type}.index')}?{query}") for title, query in saved]


def _headings(kind: RecordKind, filters: Filters, order: str) -> list[Heading]:
    column, descending = order.removeprefix("-"), order.startswith("-")
    found = []
    for name in kind.columns:
        if name not in sortable(kind):
            found.append(Heading(kind.heading(name), "", ""))
            continue
        now = ("descending" if descending else "ascending") if name == column else ""
        # dates are wanted newest first, words from the beginning
        turned = name if now == "descending" or (not now and name != "date") else f"-{name}"
        found.append(Heading(kind.heading(name), _at(kind, filters.address(order=turned)), now))
    return found


def _with_sent_back(statuses: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The statuses of cases, with *Sent back* after *Submitted*."""
    at = 1 + next(place for place, choice in enumerate(statuses) if choice.code == SUBMITTED)
    return (*statuses[:at], Choice(SENT_BACK, sent_back_label()), *statuses[at:])


def _controls(kind: RecordKind, filters: Filters) -> list[FilterControl]:
    record_type: RecordType = kind.record_type
    columns = {name for name, _kind in record_type.columns()}
    named = {name: kind.field(name) for name in CODES if name in columns}
    named |= {name: kind.field_at(paths[0]) for name, paths in kind.narrowed_by.items()}
    found = []
    for name, field in named.items():
        codelist = codelist_of(record_type, name) if name in columns else field.codelist
        short: tuple[Choice, ...] = ()
        long: tuple[str, ...] = ()
        if codelist and not field.open_list:
            size = len(DICTIONARY.codes(codelist))
            short = choices(codelist, also_old=True) if size <= DROP_DOWN else ()
            known = choices(codelist, also_old=True) if DROP_DOWN < size <= SUGGESTED else ()
            long = tuple(f"{one.label} ({one.code})" for one in known)
        if name == "status" and filters.checked:
            short = _with_sent_back(short)
        value = filters.codes.get(name, "")
        if name in OFFICES:
            long, value = tuple(office_words(code) for code, _name in offices_here()), value and office_words(value)
        label = kind.short_labels.get((kind.narrowed_by.get(name) or ("",))[0], field.label)
        found.append(FilterControl(name, _(label), value, short, long))
    return found
