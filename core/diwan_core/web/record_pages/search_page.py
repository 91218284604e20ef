"""One search over all records a person may see: what was found, of all types together, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from diwan_core.register import Record
from diwan_core.register.search.find import LOOKED_THROUGH
from diwan_core.register.search.terms import Term
from diwan_core.web.kinds.registry import KINDS, kind_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import looked, register
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, learn_every_language
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.filtering import LONGEST_SEARCH
from diwan_core.web.records.links import Link, link_of, shows
from diwan_core.web.records.list_filters import linked_types
from diwan_core.web.records.readable import hidden_types
from diwan_core.web.records.why_found import Reason, why_found

blueprint = Blueprint("search", __name__)
PAGE_SIZE: Final = 20


@dataclass(frozen=True)
class Hit:
    """A record that was found."""

    link: Link
    facts: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Tab:
    """A type of which records were found; `url` shows them alone, or all again."""

    label: str
    count: int
    url: str
    current: bool


@blueprint.get("/search")
@may(Action.READ_RECORDS, shows="record.list")
def index() -> str:
    """One search over everything."""
    text = " ".join(request.args.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH]
    types = [name for name in KINDS if shows(name)]
    only = request.args.get("type", "")
    only = only if only in types else ""
    hits: list[Hit] = []
    tabs: list[Tab] = []
    rest, complete, total, counts = "", True, 0, Counter[str]()
    if text:
        learn_every_language()
        looked("list.searched", types=",".join(types), words=text)
        sought = register().sought(text, types, linked_types(), without=hidden_types())
        counts = Counter(sought.types.values())
        only = only if counts[only] else ""
        tabs = _tabs(text, only, counts)
        places = sorted(
            (rank, -number) for number, rank in sought.ranks.items() if not only or sought.types[number] == only
        )
        total, complete = len(places), sought.complete and len(sought.ranks) <= LOOKED_THROUGH
        after = _place(request.args.get("after", ""))
        shown = [place for place in places if after is None or place > after][: PAGE_SIZE + 1]
        if len(shown) > PAGE_SIZE:
            rest = _address(text, only, after=f"{shown[PAGE_SIZE - 1][0]}.{-shown[PAGE_SIZE - 1][1]}")
        ids = [register().id_of(-number) for _rank, number in shown[:PAGE_SIZE]]
        records = [record for record in (register().get(id) for id in ids if id) if record is not None]
        hits = [_hit(record, sought.terms) for record in records]
    return render_template(
        "record_pages/search.html",
        text=text,
        hits=hits,
        tabs=tabs,
        total=total,
        complete=complete,
        rest=rest,
        lists=_lists(text, only, counts),
    )


def _hit(record: Record, terms: tuple[Term, ...]) -> Hit:
    return Hit(link_of(record), telling(record), tuple(why_found(record, terms, through=linked_types())))


def _tabs(text: str, only: str, counts: Counter[str]) -> list[Tab]:
    every = Tab(_("All"), counts.total(), _address(text, ""), not only)
    return [
        every,
        *(
            Tab(_(kind.plural), counts[name], _address(text, name), only == name)
            for name, kind in KINDS.items()
            if counts[name]
        ),
    ]


def _lists(text: str, only: str, counts: Counter[str]) -> str:
    """The list that shows the same records with filters and columns; "" where a type has none, and where several types
    are shown at once."""
    shown = [only] if only else list(counts)
    return url_for(f"{shown[0]}.index", q=text) if len(shown) == 1 and kind_of(shown[0]).index == "list" else ""


def _address(text: str, only: str, after: str = "") -> str:
    given = {name: value for name, value in (("q", text), ("type", only), ("after", after)) if value}
    return f"{url_for('search.index')}?{urlencode(given)}"


def _place(text: str) -> tuple[int, int] | None:
    """The place after which a page begins, as its address says it: "1.204"."""
    rank, _dot, number = text.partition(".")
    fits = all(part.isascii() and part.isdigit() and len(part) < 16 for part in (rank, number))
    return (int(rank), -int(number)) if fits else None
