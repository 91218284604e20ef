"""The panels of the centre's first page: the posts, and the backups."""

from collections.abc import Mapping
from typing import Any, Final

from diwan_core.archives.standing import standing
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.panels import Panel
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.ages import spoken_age

from diwan_central.console.post_rows import STATES, post_rows
from diwan_central.days import now_ms

SHOWN: Final = 5


def posts() -> Mapping[str, Any]:
    """How many posts there are, and those that somebody has to look at."""
    rows = [row for row in post_rows(register().nodes(), now_ms(), register().rows_of_nodes()) if not row.revoked]
    late = [row for row in rows if row.late]
    waiting = sum(row.waits for row in rows)
    return {"states": STATES, "all": len(rows), "late": late[:SHOWN], "late_count": len(late), "waiting": waiting}


def backups() -> Mapping[str, Any]:
    """The age of the newest verified archive."""
    newest = standing(console().folder).newest
    return {"age": spoken_age(now_ms() - newest.verified_ms) if newest and newest.verified_ms else ""}


post_panels: Final = (
    Panel(30, "console/panel_posts.html", lambda person: person.may(Action.SEE_POSTS), posts),
    Panel(32, "console/panel_backups.html", lambda person: person.may(Action.SEE_BACKUPS), backups),
)
