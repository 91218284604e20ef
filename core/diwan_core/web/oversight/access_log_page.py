"""The auditor's page of the log of reads: who looked at what and what happened, whether the log is complete, and
export as CSV."""

import csv
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context

from diwan_core.intake.sources.tables import guard_cell
from diwan_core.reading import read_day
from diwan_core.register.journal.log_anchors import last_anchor
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ERASURE, Logged
from diwan_core.trust.access_log.log_row import EVENT_MARK, HOWS
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, register
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.role_labels import role_name
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.oversight.event_words import event_words
from diwan_core.web.oversight.older_log_rows import older_words

blueprint = Blueprint("reads", __name__, url_prefix="/log")
navigation = NavigationItem("reads.index", lambda: _("Log"), 70)
ROWS: Final = 50
HEADER: Final = ("row", "time_utc", "person", "role", "how", "record", "what", "seal")
#: What the log writes in one word, marked for the catalogues.
WORDS: Final = (
    N_("page"), N_("search"), N_("export"), N_("import"), N_("command line"), N_("people"), N_("posts"), N_("erasure"),
    N_("sign-in"), N_("denial"), N_("authority"),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The last row: its number, and its seal in groups to be read out."""

    no: int
    seal: str


@dataclass(frozen=True)
class Asked:
    """The filters in an address. `first` and `last` are days of this machine's calendar."""

    person: str
    record: str
    first: str
    last: str
    how: str

    def address(self) -> dict[str, str]:
        """The filters as the query of an address."""
        given = {"person": self.person, "record": self.record, "from": self.first, "to": self.last, "how": self.how}
        return {name: value for name, value in given.items() if value}

    def page(self, before: int | None, limit: int) -> list[Logged]:
        """The newest rows it means, before a number."""
        return console().reads.page(
            before=before,
            person=self.person.casefold(),
            record=self.record.lower(),
            since=_midnight(self.first),
            until=_midnight(self.last, days=1),
            how=self.how,
            limit=limit,
        )


def _asked() -> Asked:
    person, record, first, last = (
        request.args.get(name, "").strip()[:100] for name in ("person", "record", "from", "to")
    )
    how = request.args.get("how", "")
    return Asked(person, record, read_day(first), read_day(last, last=True), how if how in HOWS else "")


@blueprint.get("")
@may(Action.READ_LOG)
def index() -> str:
    """The log: who looked at what, and what was done to accounts, posts and keys."""
    log, asked = console().reads, _asked()
    console().tally.flush()  # what was counted so far is on the page
    before = request.args.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    rows = asked.page(number, ROWS + 1)
    checked = request.args.get("check") == "1"
    broken = log.verify() if checked else None
    anchored = last_anchor(register().store) if checked else None
    if broken is None and anchored is not None:
        held = log.page(before=anchored.rows + 1, limit=1)
        if not held or (held[0].no, held[0].seal.hex()) != (anchored.rows, anchored.seal):
            broken = min(held[0].no if held else 0, anchored.rows - 1) + 1
    count, seal = log.head()
    return render_template(
        "oversight/access_log.html",
        groups=_grouped(rows[:ROWS]),
        older=rows[ROWS - 1].no if len(rows) > ROWS else None,
        asked=asked,
        checked=checked,
        broken=broken,
        anchored=anchored,
        hows=HOWS,
        words=_words,
        names_it=_names_it,
        role_name=role_name,
        head=Head(count, " ".join(seal.hex()[at : at + 4] for at in range(0, 32, 4))),
    )


def _words(row: Logged) -> str:
    """The text of a row, in the reader's language."""
    if row.detail is None:
        return _("The words were erased under the law.")
    if row.how == ERASURE:
        return _("words of these rows were erased: {rows}", rows=row.detail)
    event = event_of(row.detail)
    return older_words(row.how, row.detail) if event is None else event_words(event)


def _names_it(row: Logged) -> bool:
    """Whether the words of a row already name whom or what it concerns."""
    event = event_of(row.detail) if row.detail is not None else None
    return event is not None and row.record in map(str, event.parameters.values())


def _grouped(rows: Iterable[Logged]) -> list[list[Logged]]:
    """Rows one after the other, those of the records that one view showed to one person at one moment together."""
    return [list(group) for _key, group in groupby(rows, _group)]


def _group(row: Logged) -> tuple[object, ...]:
    if row.how != "page" or not row.record or row.detail is None:
        return (row.no,)
    return row.at, row.person, row.role, row.detail


@blueprint.get("/export")
@may(Action.READ_LOG)
def export() -> Response:
    """All that the filters mean, the newest first, as it is read: nothing of it lies on the disk."""
    asked = _asked()
    looked("log.exported", filters=urlencode(asked.address()))
    answer = Response(stream_with_context(_lines(asked)), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="diwan-log.csv"'
    return answer


def _lines(asked: Asked) -> Iterator[str]:
    yield "\ufeff" + _csv([HEADER])
    before = None
    while rows := asked.page(before, 2000):
        yield _csv(
            (row.no, _utc(row.at), row.person, row.role, row.how, row.record, _plain(row), row.seal.hex())
            for row in rows
        )
        before = rows[-1].no


def _plain(row: Logged) -> str:
    """A row's detail for other programs: that of an event is JSON with `code` and parameters."""
    return (row.detail or "").removeprefix(EVENT_MARK)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([guard_cell(str(cell)) for cell in row] for row in rows)
    return out.getvalue()


def _utc(moment_ms: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment_ms)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(text: str, days: int = 0) -> int | None:
    """The beginning of a day, or of one some days later, by this machine's clock: UTC milliseconds."""
    day = _day(text)
    if day is None or not 1970 < day.year < 9000:
        return None
    return int(time.mktime((day + timedelta(days=days)).timetuple()) * 1000)
