"""Prepares the roll-out of the invented country Tamaria in the third month of its plan, for the pictures of pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from diwan_lab.command import diwan
from diwan_lab.loading import ROOT
from diwan_lab.visitor import Visitor

TAMARIA: Final = ROOT / "docs" / "how-to" / "roll-out"
_PHASES: Final = 7
"""Milestones of a site in the usual plan, numbered site by site."""
_SITES: Final = 12
"""Sites whose first phases are done; those after them are about to begin."""
_LATE: Final = frozenset({3, 9, 10})
"""Of these the second phase is not."""
_BEGAN_DAYS: Final = 75
_WITHOUT: Final = "document.querySelectorAll('{}').forEach(one => one.remove()); true"
CHART_ALONE: Final = _WITHOUT.format("main .flush, main form, section[aria-labelledby=map-title]")
MAP_ALONE: Final = _WITHOUT.format("main .flush, main form, section[aria-labelledby=chart-title]")
READINESS_ALONE: Final = _WITHOUT.format("main section:not(:first-of-type), main details")


def stage_roll_out(administrator: Visitor, folder: Path) -> None:
    """Sites, their plan, what is done of it, a course with certificates, at the centre in `folder`."""
    starts = datetime.now(UTC).date() - timedelta(days=_BEGAN_DAYS)
    outlines = TAMARIA / "tamaria-outlines.geojson"
    diwan("maps", "load", outlines, "--source", "Tamaria is invented", "--dir", folder)
    diwan("central", "rollout", "import", TAMARIA / "tamaria-sites.csv", "--dir", folder)
    diwan(
        "central", "rollout", "plan", "--starts", str(starts), "--apart", 5, "--owner", "Huda Example", "--dir", folder
    )
    for site in range(_SITES):
        for phase in range(1 if site in _LATE else 2):
            _set(administrator, site * _PHASES + phase + 1, "done")
        _set(administrator, site * _PHASES + 3, "under_way")
    _course(administrator, starts + timedelta(days=30))


def _set(administrator: Visitor, number: int, state: str) -> None:
    administrator.open(f"/rollout/milestones/{number}")
    administrator.page.fill(state=state)
    if state == "done":  # on its day, where that is over
        administrator.page.value(
            "(due => { if (new Date(due) < Date.now()) document.getElementById('done_on').value = due })"
            "(document.getElementById('due').value); true"
        )
    administrator.page.press("main form button:not([type])")


def _course(administrator: Visitor, day: date) -> None:
    page = administrator.page
    administrator.open("/rollout/courses/new")
    page.fill(module="users", title="Users 1", place="Port Sarel", trainer="Nadia Example", starts=str(day))
    page.press("main form button:not([type])")
    page.fill(names="Amal Example\nSami Example\nليلى مثال", site="1")
    page.press("form[action$=people] button")
    page.value(
        "document.querySelectorAll('select[name^=state-]').forEach(one => { one.value = 'attended' });"
        "document.querySelectorAll('select[name^=tasks-]').forEach((one, at) => {"
        " one.value = at < 2 ? 'passed' : 'not_yet' }); true"
    )
    page.press("form[action$=marks] .actions button")
    page.press("form[action$=certificates] button")
