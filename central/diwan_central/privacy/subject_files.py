"""A report to a person as paper, JSON and workbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Final

from diwan_core.intake.sources.workbook_write import write_workbook
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _, language

from diwan_central.paper import head, page, table, text
from diwan_central.privacy.subject_words import Section, Worded

FORMAT: Final = "diwan-subject-report"
VERSION: Final = 1
FORMS: Final = {
    "pdf": "application/pdf",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_STYLE: Final = """
section { margin-block-end: 6mm; }
h2 { break-after: avoid; }
.grid td { vertical-align: top; }
.grid th { white-space: nowrap; }
.quiet { color: #555; }
"""


def as_json(report: Worded, centre: str, number: str) -> bytes:
    """The report for programs; words are in the reader's language."""
    document = {
        "format": FORMAT, "version": VERSION, "report": number, "centre": centre, "language": language(),
        **asdict(report),
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def write_xlsx(report: Worded, path: Path) -> None:
    """The report as one sheet: values, then looks, then logs that are not here, then remarks. Raises OSError."""
    heads = [
        _("What"), _("Record"), _("Kind"), _("Field"), _("Value"), _("Shown as"), _("Identifies"), _("Half"),
        _("Written on"), _("Written at"),
    ]  # fmt: skip
    write_workbook(path, heads, _rows(report), [False] * len(heads))


def _rows(report: Worded) -> Iterator[list[str]]:
    for one in report.sections:
        number = str(one.number)
        yield [
            _("record"),
            number,
            one.kind,
            "",
            "; ".join((one.relation, *one.remarks)),
            "",
            "",
            "",
            one.day,
            one.place,
        ]
        for line in one.lines:
            yield [
                _("value"), number, one.kind, line.label, line.text, STATES[line.state](), line.identifies, line.half,
                line.day, line.place,
            ]  # fmt: skip
    for read in report.reads:
        yield [_("look"), str(read.number), "", read.role, read.what, "", "", "", read.moment, read.place]
    for log in report.logs:
        yield [_("log of reads"), "", "", "", log.words, "", "", "", "", log.place]
    for note in report.notes:
        yield [_("remark"), "", "", "", note, "", "", "", "", ""]


STATES: Final = {
    "shown": lambda: _("shown in full"),
    "reduced": lambda: _("shown, reduced"),
    "black": lambda: _("black"),
    "other": lambda: _("left out"),
    "officer": lambda: _("left out"),
}


def as_paper(report: Worded, centre: str, number: str) -> str:
    """The report's HTML for the press, in the reader's language."""
    title = _("What is held about you")
    below = f"{report.made} · {number[:8]}"
    return page(title, _body(report, title, centre, below), f"{title} · {below}", _STYLE)


def _body(report: Worded, title: str, centre: str, below: str) -> Iterator[str]:
    yield head(title, centre, below)
    yield "".join(f"<p>{text(note)}</p>" for note in report.notes)
    for one in report.sections:
        yield from _section(one)
    yield f"<h2>{escape(_('Who looked at it'))}</h2>"
    yield f"<p class='quiet'>{escape(_('According to the logs of reads that are here; times are in UTC.'))}</p>"
    if report.reads:
        yield table(
            [_("When"), f"#{_('Record')}", _("Role"), _("Where"), _("What was shown")],
            [(read.moment, read.number, read.role, read.place, read.what) for read in report.reads],
        )
    else:
        yield f"<p>{escape(_('Nobody, according to these logs.'))}</p>"
    if report.logs:
        yield f"<h2>{escape(_('Logs of posts'))}</h2>"
        yield table([_("Post"), _("Its log of reads")], [(log.place, log.words) for log in report.logs])


def _section(one: Section) -> Iterator[str]:
    told = _("{relation}; recorded on {day} at {place}", relation=one.relation, day=show_day(one.day), place=one.place)
    yield f"<h2>{text(f'{one.number}. {one.kind}')}</h2><p class='quiet'>{text('; '.join((told, *one.remarks)))}</p>"
    if not one.lines:
        yield f"<p>{escape(_('It holds nothing that can be shown.'))}</p>"
        return
    yield table(
        [_("Field"), _("Value"), _("Identifies"), _("Half"), _("Written")],
        [
            (line.label, line.text, line.identifies, line.half, f"{show_day(line.day)} \u2068{line.place}\u2069")
            for line in one.lines
        ],
    )
