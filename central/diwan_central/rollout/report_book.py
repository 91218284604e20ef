"""The report as a workbook of four sheets: figures, sites, milestones, training. Every text is stored as text, so
that none runs as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from diwan_core.web.language.i18n import _, direction, said
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from diwan_central.rollout.milestones import STATE_WORDS
from diwan_central.rollout.plan_words import name_of, where_words
from diwan_central.rollout.questions import BY_KEY
from diwan_central.rollout.report import Report
from diwan_central.rollout.report_paper import phase_words
from diwan_central.rollout.training import MODULES
from diwan_central.rollout.words import standing_words

Value = str | int | Decimal


def write(report: Report, path: Path) -> None:
    """Write the workbook. Raises OSError."""
    book = Workbook(write_only=True)
    for title, heads, rows in (
        (_("Report"), (_("What"), _("Number")), _figures(report)),
        (_("Sites"), _site_heads(), _sites(report)),
        (_("Milestones"), _milestone_heads(), _milestones(report)),
        (_("Training"), (_("Module"), _("Courses"), _("Invited"), _("Attended"), _("Certificates")), _training(report)),
    ):
        _sheet(book, title, heads, rows)
    book.save(path)


def _sheet(book: Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    sheet = book.create_sheet(title[:31])
    sheet.sheet_view.rightToLeft = direction() == "rtl"
    sheet.freeze_panes = "A2"
    for number, name in enumerate(heads):
        sheet.column_dimensions[chr(65 + number)].width = max(12, min(40, len(name) + 4))
    cells = [WriteOnlyCell(sheet, value=name) for name in heads]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: object, value: Value) -> WriteOnlyCell:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000])
    cell.data_type = "s"  # a text that begins with = is no formula
    return cell


def _figures(report: Report) -> Iterator[tuple[str, Value]]:
    whole = report.money[""]
    yield _("Day of the report"), report.look.today.isoformat()
    yield _("Region"), report.region or _("the whole country")
    yield _("Sites"), len(report.lines)
    yield _("Sites that are ready"), report.ready
    yield _("Mean readiness, of 100"), report.score
    yield _("Questionnaires complete"), report.complete
    yield _("Sites accepted"), report.operating
    yield _("Milestones"), len(report.milestones)
    yield _("Milestones done by their day"), report.met
    yield _("Milestones done after their day"), report.met_late
    yield _("milestones late"), len(report.late)
    yield _("Currency"), report.look.currency
    yield _("Planned cost"), whole.planned
    yield _("Spent"), whole.spent
    yield _("Milestones with a planned cost"), whole.priced
    for key, count in report.stops.items():
        yield _("Sites stopped by: {what}", what=_(BY_KEY[key].label)), count


def _site_heads() -> tuple[str, ...]:
    return (
        _("Number of the site"), _("Name"), _("Region"), _("Readiness"), _("State"), _("Phase"), _("Milestones late"),
        _("Trained users"), _("Machines accepted"),
    )  # fmt: skip


def _sites(report: Report) -> Iterator[tuple[Value, ...]]:
    for line in report.lines:
        yield (
            line.site.code, line.site.name, line.site.region, line.ready.score, standing_words(line.ready),
            phase_words(line.phase), line.late(report.look.today), line.facts.trained,
            sum(1 for machine in line.facts.machines if machine.is_accepted),
        )  # fmt: skip


def _milestone_heads() -> tuple[str, ...]:
    return (
        _("Milestone"), _("For"), _("Phase"), _("Who answers for it"), _("Begins on"), _("Done by"), _("State"),
        _("Done on"), _("Planned cost"), _("Spent"), _("What blocks it"),
    )  # fmt: skip


def _milestones(report: Report) -> Iterator[tuple[Value, ...]]:
    for one in report.milestones:
        state = one.shown_state(report.look.today)
        yield (
            name_of(one), where_words(one, report.look), phase_words(one.phase), one.owner, one.starts, one.due,
            _(STATE_WORDS[state]), one.done_on, Decimal(one.cost) if one.cost else "",
            Decimal(one.spent) if one.spent else "", " ".join(said(block) for block in report.look.plan.blocks(one)),
        )  # fmt: skip


def _training(report: Report) -> Iterator[tuple[Value, ...]]:
    for module, words in MODULES.items():
        yield _(words), *report.training[module].values()
