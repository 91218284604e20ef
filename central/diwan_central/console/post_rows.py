"""The rows of the page *Posts* at the centre."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from diwan_core.web.language.ages import spoken_age
from diwan_core.web.language.formats import stamp
from diwan_core.web.language.i18n import N_, _, _n

LATE_MS: Final = 24 * 3600 * 1000
"""A post not heard for a day is marked: no promise is broken yet, but somebody should look."""
VERY_LATE_MS: Final = 7 * LATE_MS

State = Literal["well", "waits", "late", "very_late", "revoked"]
STATES: Final[Mapping[State, tuple[str, str]]] = {
    "well": (N_("in order"), "good"),
    "waits": (N_("not confirmed"), "warn"),
    "late": (N_("late"), "warn"),
    "very_late": (N_("very late"), "bad"),
    "revoked": (N_("revoked"), ""),
}
"""The word for each state, and the class of its tag: never the colour alone."""

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
    state: State = "well"
    why: str = ""
    """Why it is not in order, and what to do; "" where there is nothing to do."""


def post_rows(
    nodes: list[dict[str, object]], now_ms: int, became: Mapping[str, Mapping[str, int]] | None = None
) -> list[PostRow]:
    """The posts among `Register.nodes()`, with how long ago each had its last receipt: first those that
    wait to be confirmed, then those nobody has heard of for long, last those that were revoked. `became` is what
    `Register.rows_of_nodes()` says of their rows and messages."""
    rows = []
    for node in nodes:
        if node.get("role", "post") != "post":
            continue
        last = node.get("receipted_ms") or node.get("heard_ms")
        age = now_ms - last if isinstance(last, int) else None
        state = _state(node, age)
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
                state=state,
                why=_why(node, state, age, now_ms, (became or {}).get(str(node["id"]), {})),
            )
        )
    return sorted(rows, key=lambda row: (row.revoked, not row.waits, not row.late, row.label.casefold()))


def _state(node: Mapping[str, object], age: int | None) -> State:
    if node.get("revoked"):
        return "revoked"
    if not node.get("confirmed", True):
        return "waits"
    if age is None or age > LATE_MS:
        return "very_late" if age is not None and age > VERY_LATE_MS else "late"
    return "well"


def _why(node: Mapping[str, object], state: State, age: int | None, now_ms: int, became: Mapping[str, int]) -> str:
    """The most telling reason of what the centre knows."""
    refused, waiting = became.get("refused", 0), became.get("waiting", 0)
    heard = node.get("heard_ms")
    if state == "revoked":
        return _("Its keys are revoked: nothing it sends counts.")
    if state == "waits":
        return _("Nobody has confirmed this machine yet. Call the post and compare the six words.")
    if refused:
        return _n(
            "{count} of its messages was refused. Its page says why.",
            "{count} of its messages were refused. Its page says why.",
            refused,
        )
    if state == "well" and waiting:
        return _n("{count} change waits for other posts.", "{count} changes wait for other posts.", waiting)
    if state == "well":
        return ""
    if age is None:
        return _(
            "It is enrolled, but the centre has never heard from it. Is it switched on, and does its line reach the "
            "centre?"
        )
    if isinstance(heard, int) and now_ms - heard <= LATE_MS:
        return _("It is heard, but nothing of it has been stored since: look at the services of the centre.")
    return _("No line, or switched off. Call the post; a USB stick can carry its reports meanwhile.")


def _local_offset_minutes() -> int:
    return time.localtime().tm_gmtoff // 60
