"""The panels of work: what is to be done, warnings, and what is new."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import url_for

from diwan_core.register.search.lists import COUNTED
from diwan_core.web.drafts.to_do import ToDo, to_do
from diwan_core.web.kinds.registry import KINDS, kind_of
from diwan_core.web.kit.console import register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import may
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.i18n import _, _n
from diwan_core.web.records.checks import WAITING, counted, where_of
from diwan_core.web.records.display import show
from diwan_core.web.records.listing import shown_rows

LATE_DAYS: Final = 3
"""A case that waits to be checked although its day was earlier than this is late."""
NEWEST: Final = 6
WARNINGS: Final = 5

MAIN: Final = next(kind for kind in KINDS.values() if kind.work_at_hand)
"""The kind of record that people work on day by day."""


def work() -> Mapping[str, Any]:
    """What there is to do for the person at the browser, and where to begin."""
    person = signed_in_person()
    waiting = to_do()
    if person.may(Action.REVIEW) and (late := late_checks()):
        text = _n(
            "{count} case has waited to be checked for more than {days} days",
            "{count} cases have waited to be checked for more than {days} days",
            late,
            count=counted(late),
            days=LATE_DAYS,
        )
        waiting.insert(0, ToDo(text, url_for("review.index"), pressing=True))
    report = f"report_{MAIN.type}.ask"
    return {
        "waiting": waiting,
        "report": url_for(report) if may(report) else "",
        "report_words": _(MAIN.report),
        "search": url_for("search.index" if may("search.index") else f"{MAIN.type}.index"),
        "registers": [
            (url_for(f"{kind.type}.index"), _(kind.plural))
            for kind in sorted(KINDS.values(), key=lambda kind: kind.order)
            if kind.index and may(f"{kind.type}.index")
        ],
        "works": person.may(Action.REPORT) or person.may(Action.REVIEW),
    }


def late_checks() -> int:
    """How many cases wait to be checked although their day is long past; 0 where nobody knows which day it is."""
    now = today()
    if now is None:
        return 0
    before = (now - timedelta(days=LATE_DAYS + 1)).isoformat()
    found = register().matching(MAIN.type, {**where_of(WAITING), "date": ("", before)}, "date")
    return min(found, COUNTED + 1)


def warnings() -> Mapping[str, Any]:
    """Warnings of operations that are still open; what identifies people is not among what is shown."""
    rows = register().open_warnings(WARNINGS)
    names = ("precedence", "product_group", "expected_date")
    found = []
    for row in rows:
        fields = kind_of(row.type)
        shown = [show(fields.field(name), value) for name in names if (value := row.columns.get(name))]
        page = f"{row.type}.page"
        found.append((row, shown, url_for(page, record_id=row.id) if may(page) else ""))
    return {"warnings": found}


def newest() -> Mapping[str, Any]:
    """The records of the latest days: an old one that was imported or changed today is not among them."""
    page = register().page(MAIN.type, {}, "-date", limit=NEWEST)
    return {
        "kind": MAIN,
        "rows": shown_rows(MAIN, page.rows),
        "labels": [MAIN.heading(name) for name in MAIN.columns],
        "all": url_for(f"{MAIN.type}.index", sort="-date"),
        "unconfirmed": register().from_unconfirmed(MAIN.type, [row.id for row in page.rows]),
    }
