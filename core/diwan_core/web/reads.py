"""The auditor's page: who looked at what at this node, and whether the log is whole."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request

from diwan_core.web.access import may
from diwan_core.web.console import console
from diwan_core.web.i18n import N_, _
from diwan_core.web.permissions import Action
from diwan_core.web.render import NavigationItem

blueprint = Blueprint("reads", __name__, url_prefix="/log")
navigation = NavigationItem("reads.index", lambda: _("Log"), 70)
ROWS: Final = 50
#: What the log writes in one word, marked for the catalogues.
WORDS: Final = (
    N_("page"), N_("search"), N_("export"), N_("import"), N_("command line"), N_("people"),
    N_("officer"), N_("supervisor"), N_("analyst"), N_("administrator"), N_("technician"), N_("auditor"),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The last row: its number, and its seal in groups to be read out."""

    no: int
    seal: str


@blueprint.get("")
@may(Action.READ_LOG)
def index() -> str:
    log = console().reads
    who, record = (request.args.get(name, "").strip()[:100] for name in ("person", "record"))
    before = request.args.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    rows = log.page(before=number, person=who.casefold(), record=record.lower(), limit=ROWS + 1)
    checked = request.args.get("check") == "1"
    broken = log.verify() if checked else None
    count, seal = log.head()
    return render_template(
        "reads.html",
        rows=rows[:ROWS],
        older=rows[ROWS - 1].no if len(rows) > ROWS else None,
        who=who,
        record=record,
        checked=checked,
        broken=broken,
        head=Head(count, " ".join(seal.hex()[at : at + 4] for at in range(0, 32, 4))),
    )
