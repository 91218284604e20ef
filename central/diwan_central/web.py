"""The console of the centre: every case of the country, the posts and how they are doing, enrolment of a new one."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.trust import is_id
from diwan_core.trust.accounts import Accounts
from diwan_core.web.access import may
from diwan_core.web.app import create_app
from diwan_core.web.common import common_navigation, common_pages
from diwan_core.web.console import OpenAccounts, register
from diwan_core.web.errors import Refusal
from diwan_core.web.i18n import N_, _, _n
from diwan_core.web.permissions import Action
from diwan_core.web.render import NavigationItem
from diwan_core.web.shown import stamp
from diwan_core.web.trouble import trouble_navigation
from flask import Blueprint, Flask, render_template

from diwan_central.console_authority import certify
from diwan_central.enrolment_pages import Enrol, MakeCode, code_pages, machine_routes
from diwan_central.renewal import renew

LATE_MS: Final = 24 * 3600 * 1000
"""A post not heard for a day is marked: no promise is broken yet, but somebody should look."""

#: Why parcels were refused, in words; codes not named here are shown as they are.
CODES: Final = {
    "signature": N_("the signature is wrong"),
    "chain": N_("a link of the chain is missing or altered"),
    "fork": N_("the history was forked: a restored or copied machine"),
    "revoked": N_("the post was revoked"),
    "authority": N_("written without authority"),
}


@dataclass(frozen=True)
class PostRow:
    """A node as the posts page shows it."""

    id: str
    label: str
    office: str
    heard: str
    age: str
    late: bool
    stored: int
    revoked: bool


def post_rows(nodes: list[dict[str, object]], now_ms: int) -> list[PostRow]:
    """The posts among `Register.status()["nodes"]`, with how long ago each had its last receipt: first those nobody
    has heard of for long, last those that were revoked."""
    rows = []
    for node in nodes:
        if node.get("role", "post") != "post":
            continue
        last = node.get("receipted_ms") or node.get("heard_ms")
        age = now_ms - last if isinstance(last, int) else None
        rows.append(
            PostRow(
                id=str(node["id"]),
                label=str(node["label"]),
                office=str(node.get("office") or ""),
                heard=stamp(last, _local_offset_minutes()) if isinstance(last, int) else "",
                age=_("never") if age is None else spoken_age(age),
                late=not node.get("revoked") and (age is None or age > LATE_MS),
                stored=int(str(node.get("stored") or 0)),
                revoked=bool(node.get("revoked")),
            )
        )
    return sorted(rows, key=lambda row: (row.revoked, not row.late, row.label.casefold()))


def spoken_age(milliseconds: int) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, milliseconds // 1000)
    if seconds < 120:
        return _n("{count} second ago", "{count} seconds ago", seconds)
    if seconds < 7200:
        return _n("{count} minute ago", "{count} minutes ago", seconds // 60)
    if seconds < 172_800:
        return _n("{count} hour ago", "{count} hours ago", seconds // 3600)
    return _n("{count} day ago", "{count} days ago", seconds // 86_400)


def _local_offset_minutes() -> int:
    return time.localtime().tm_gmtoff // 60


def post_pages() -> Blueprint:
    """The posts and how they are doing."""
    blueprint = Blueprint("posts", __name__, template_folder="templates")

    @blueprint.get("/posts")
    @may(Action.SEE_POSTS)
    def index() -> str:
        posts = post_rows(register().status()["nodes"], time.time_ns() // 1_000_000)
        late, revoked = sum(row.late for row in posts), sum(row.revoked for row in posts)
        return render_template("posts.html", posts=posts, late=late, enrolled=len(posts) - revoked)

    @blueprint.get("/posts/<node_id>")
    @may(Action.SEE_POSTS)
    def one(node_id: str) -> str:
        found = register().post_status(node_id) if is_id(node_id) else None
        if found is None or found["role"] != "post":
            raise Refusal(404, _("No post of this name is enrolled here."))
        row = post_rows([found], time.time_ns() // 1_000_000)[0]
        return render_template("post.html", post=found, row=row, codes=CODES)

    return blueprint


def create_central_app(
    folder: Path,
    *,
    enrol: Enrol | None = None,
    make_code: MakeCode | None = None,
    open_accounts: OpenAccounts = Accounts.open,
) -> Flask:
    """The console of the centre in `folder`. Raises NotANode, WrongRole."""
    if enrol is None or make_code is None:
        from diwan_central import enrolment

        enrol, make_code = enrol or enrolment.enrol, make_code or enrolment.make_code
    return create_app(
        folder,
        role="central",
        blueprints=[*common_pages(), post_pages(), code_pages(make_code), machine_routes(enrol, renew, certify)],
        open_accounts=open_accounts,
        navigation=[*common_navigation, trouble_navigation, NavigationItem("posts.index", lambda: _("Posts"), 30)],
    )
