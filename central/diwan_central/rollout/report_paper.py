"""The report for donors as a PDF: figures, what stops sites, what is late, money, training, the chart and the map."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape
from pathlib import Path

from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _, said

from diwan_central.paper import head, page, table, text
from diwan_central.rollout.drawings import ROWS_MOST, for_paper, plan_chart, site_map
from diwan_central.rollout.milestones import PHASES
from diwan_central.rollout.plan_words import name_of, where_words
from diwan_central.rollout.questions import BY_KEY
from diwan_central.rollout.report import Money, Report
from diwan_central.rollout.training import MODULES
from diwan_central.rollout.words import standing_words

_STYLE = """
.figures td { border: .4pt solid #bbb; text-align: center; inline-size: 20%; }
.figures b { display: block; font-size: 17pt; color: #0d5c63; }
.new { break-before: page; }
"""
LATE_SHOWN = 60


def report_page(report: Report, centre: str, folder: Path) -> str:
    """Its HTML, in the reader's language; `folder` is the centre's, for the outlines of countries."""
    title = _("Roll-out: report")
    return page(
        title,
        _body(report, title, centre, folder),
        f"\u2068{centre}\u2069 · \u2068{show_day(str(report.look.today))}\u2069",
        _STYLE,
    )


def phase_words(phase: str) -> str:
    """A phase of sites: also those that have none."""
    return {"": _("nothing planned"), "finished": _("all done")}.get(phase) or _(PHASES[phase])


def _body(report: Report, title: str, centre: str, folder: Path) -> Iterator[str]:
    where = report.region or _("the whole country")
    yield head(title, centre, f"\u2068{where}\u2069 · \u2068{show_day(str(report.look.today))}\u2069")
    yield _figures(report)
    yield f"<h2>{escape(_('Progress'))}</h2>"
    yield table([_("Phase"), f"#{_('Sites')}"], [(phase_words(phase), count) for phase, count in report.phases.items()])
    yield f"<h2>{escape(_('Readiness'))}</h2>"
    if report.stops:
        yield table(
            [_("What stops sites"), f"#{_('Sites')}", _("What to do")],
            [(_(BY_KEY[key].label), count, _(BY_KEY[key].remedy)) for key, count in report.stops.items()],
        )
    else:
        yield f"<p>{escape(_('Nothing stops any site.'))}</p>"
    yield f"<h2>{escape(_('Milestones that are late'))}</h2>"
    yield from _late(report)
    yield f"<h2>{escape(_('Money'))}</h2>"
    yield from _money(report)
    yield f"<h2>{escape(_('Training'))}</h2>"
    yield table(
        [_("Module"), f"#{_('Courses')}", f"#{_('Invited')}", f"#{_('Attended')}", f"#{_('Certificates')}"],
        [(_(words), *report.training[module].values()) for module, words in MODULES.items()],
    )
    yield from _drawings(report, folder)
    yield f'<h2 class="new">{escape(_("Sites"))}</h2>'
    yield table(
        [_("Number of the site"), _("Site"), _("Region"), f"#{_('Readiness')}", _("State"), _("Phase")],
        [
            (line.site.code, line.site.name, line.site.region, line.ready.score, standing_words(line.ready),
             phase_words(line.phase))
            for line in report.lines
        ],
    )  # fmt: skip


def _figures(report: Report) -> str:
    cells = (
        (len(report.lines), _("sites")),
        (report.ready, _("ready")),
        (report.operating, _("accepted")),
        (f"{report.met + report.met_late} / {len(report.milestones)}", _("milestones done")),
        (len(report.late), _("milestones late")),
    )
    return (
        '<table class="figures"><tr>'
        + "".join(f"<td><b>{text(number)}</b>{escape(words)}</td>" for number, words in cells)
        + "</tr></table>"
    )


def _late(report: Report) -> Iterator[str]:
    if not report.late:
        yield f"<p>{escape(_('None.'))}</p>"
        return
    yield table(
        [_("Milestone"), _("For"), _("Who answers for it"), _("Done by"), f"#{_('Days late')}", _("What blocks it")],
        [
            (
                name_of(one), where_words(one, report.look), one.owner or "–", show_day(one.due),
                (report.look.today - report.look.today.fromisoformat(one.due)).days,
                " ".join(said(block) for block in report.look.plan.blocks(one)[:2]) or "–",
            )
            for one in report.late[:LATE_SHOWN]
        ],
    )  # fmt: skip
    if len(report.late) > LATE_SHOWN:
        yield f"<p>{escape(_('{count} more are in the workbook.', count=len(report.late) - LATE_SHOWN))}</p>"


def _money(report: Report) -> Iterator[str]:
    whole = report.money[""]
    if not whole.priced and not whole.spent:
        yield f"<p>{escape(_('No cost is filled in.'))}</p>"
        return
    rows = [(phase_words(phase), *_amounts(one)) for phase, one in report.money.items() if phase]
    currency = f" ({report.look.currency})" if report.look.currency else ""
    yield table(
        [_("Phase"), f"#{_('Planned cost')}{currency}", f"#{_('Spent')}{currency}"],
        [*rows, (_("All"), *_amounts(whole))],
    )
    told = _("{priced} of {all} milestones have a planned cost.", priced=whole.priced, all=whole.of)
    yield f'<p class="quiet">{escape(told)}</p>'


def _amounts(money: Money) -> tuple[str, str]:
    return amount(money.planned), amount(money.spent)


def amount(number: Decimal) -> str:
    """A sum with thousands apart."""
    return f"{number:,.2f}".removesuffix(".00")


def _drawings(report: Report, folder: Path) -> Iterator[str]:
    if drawn := plan_chart(report.lines, report.look, report.region):
        yield f'<h2 class="new">{escape(_("Chart of the plan"))}</h2><figure>{drawn}</figure>'
        if len(report.lines) > ROWS_MOST:
            told = _("The chart shows the first {count} sites. Choose a region for the others.", count=ROWS_MOST)
            yield f'<p class="quiet">{escape(told)}</p>'
    mapped, source = site_map(report.lines, report.look, folder)
    if mapped:
        told = escape(_("Outlines: {source}.", source=source)) if source else ""
        yield f'<h2 class="new">{escape(_("Map of the sites"))}</h2><figure>{for_paper(mapped)}</figure>'
        yield f'<p class="quiet">{told}</p>'
