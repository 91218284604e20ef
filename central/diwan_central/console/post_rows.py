"""The rows of the page *Posts* at the centre."""

import time
from dataclasses import dataclass
from typing import Final

from diwan_core.web.language.formats import stamp
from diwan_core.web.language.i18n import N_, _, _n

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
    waits: bool
    """Nobody has confirmed it yet."""


def post_rows(nodes: list[dict[str, object]], now_ms: int) -> list[PostRow]:
    """The posts among `Register.nodes()`, with how long ago each had its last receipt: first those that
    wait to be confirmed, then those nobody has heard of for long, last those that were revoked."""
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
                waits=not node.get("revoked") and not node.get("confirmed", True),
            )
        )
    return sorted(rows, key=lambda row: (row.revoked, not row.waits, not row.late, row.label.casefold()))


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
