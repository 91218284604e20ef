"""The page of the quarantine and of waiting changes, node by node, with what to do. It changes nothing: a wrong
report is corrected where it was written."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from diwan_core.dictionary import DICTIONARY
from diwan_core.register.admission.quarantine import MOST, SetAside, Waits, set_aside, waits
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, register, shown_view
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.formats import moment
from diwan_core.web.language.i18n import N_, _, _n

blueprint = Blueprint("trouble", __name__)
trouble_navigation: Final = NavigationItem("trouble.index", lambda: _("Rejected"), 60)

#: Kind of fault -> (what happened, what to do). Kinds not named here get the last line.
WORDS: Final[dict[str, tuple[str, str]]] = {
    "rule": (
        N_("A report breaks a rule of the data dictionary."),
        N_("Ask the post to correct the record and save it again; the corrected one is sent automatically."),
    ),
    "broken": (
        N_("A message arrived damaged."),
        N_("The post sends it again automatically. If it happens every day, check its line and its disk."),
    ),
    "gap": (
        N_("Changes are missing before this one."),
        N_("The post sends the missing ones automatically. Call its technician if this lasts for a day."),
    ),
    "fork": (
        N_("A post sent two different histories under one name, as a copied or restored machine does."),
        N_("Call the technician of the post: only one of the two machines may continue. Nothing was accepted."),
    ),
    "foreign": (
        N_("A post sent changes in the name of another."),
        N_("Tell the administrator: the post's machine may have been tampered with. Nothing was accepted."),
    ),
    "signature": (
        N_("A message is not signed by the node it claims to be from."),
        N_("Tell the administrator. Nothing was accepted."),
    ),
    "sealed": (
        N_("A message could not be opened: it was damaged, or sealed for another node."),
        N_("It is sent again automatically. If it happens every day, tell the technician."),
    ),
    "revoked": (
        N_("A post whose keys are revoked still sends."),
        N_("Find out who has its machine. Nothing was accepted."),
    ),
    "log": (
        N_("A post's log of who looked at what was changed: its end was cut off, or it was written anew."),
        N_("Call your head of security, and have the post's machine kept as it is. Its reports are complete."),
    ),
    "version": (
        N_("A message was written with a newer release than this one."),
        N_("Bring this machine up to date; the message is then sent again."),
    ),
    "suite": (
        N_("A message was written with a newer release than this one."),
        N_("Bring this machine up to date; the message is then sent again."),
    ),
    "oversized": (
        N_("A message was larger than any release produces."),
        N_("Tell the administrator. Nothing was accepted."),
    ),
}
_OTHER: Final = (
    N_("Something arrived that could not be accepted."),
    N_("Tell the technician; the reason is written beside it. Nothing was lost at the post."),
)


@dataclass(frozen=True)
class Entry:
    """One thing set aside, in words; `reason` is the register's own."""

    when: str
    what: str
    remedy: str
    reason: str
    count: str


@dataclass(frozen=True)
class OfNode:
    """All of one node."""

    label: str
    waiting: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]


@blueprint.get("/set-aside")
@may(Action.SEE_TROUBLE, shows="quarantine")
def index() -> str:
    """Everything, node by node; the nodes with something first."""
    store = register().store
    looked("view.shown", view=shown_view())
    aside, waiting = set_aside(store), waits(store)
    senders = list(dict.fromkeys([*(item.sender for item in waiting), *(item.sender for item in aside)]))
    nodes = [
        OfNode(
            str(console().node_name(sender)) if sender else _("unknown sender"),
            tuple(_waiting(item) for item in waiting if item.sender == sender),
            tuple(_entry(item) for item in aside if item.sender == sender),
        )
        for sender in senders
    ]
    return render_template("oversight/quarantine.html", nodes=nodes, most=MOST, full=len(aside) == MOST)


def _waiting(item: Waits) -> tuple[str, str]:
    text = _n("One change waits.", "{count} changes wait.", item.rows)
    if item.newest_dictionary > DICTIONARY.version:
        return text, _("It was written with a newer release. Bring this machine up to date; it is then accepted.")
    return text, _(
        "It depends on a change that has not arrived yet, and is accepted automatically once that one is here."
    )


def _entry(item: SetAside) -> Entry:
    what, remedy = WORDS.get(item.code, _OTHER)
    count = _n("one change", "{count} changes", item.rows) if item.rows > 0 else ""
    return Entry(moment(item.received_ms), _(what), _(remedy), item.reason, count)
