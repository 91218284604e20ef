"""The label for what was seized, as a PDF: the number of the case, large, and a QR code that opens it."""

from typing import Final

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from diwan_core.web.kinds.kind import NUMBER, RecordKind
from diwan_core.web.kit.access import may
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.offices import office_words
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.print_page import send_paper, set_apart
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.qr import qr_inline
from diwan_core.web.records.find_record import the_record

MOST: Final = 20
"""Labels of one press: one for each bag."""


def evidence_labels(kind: RecordKind) -> Blueprint:
    """A blueprint with the labels of a type's records: `/<kind.path>/<id>/label.pdf`."""
    blueprint = Blueprint(f"label_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    @blueprint.get("/<record_id>/label.pdf")
    @may(Action.READ_RECORDS, shows="record.label", of=kind.type)
    def label(record_id: str) -> Response:
        """Labels for what was seized; `?count=` says for how many bags."""
        return send_paper(labels_of(kind, record_id, request.args.get("count", "1")), {}, "label.pdf")

    return blueprint


def labels_of(kind: RecordKind, record_id: str, count: str) -> str:
    """The HTML of the labels. Raises Refusal where the record has no number."""
    record = the_record(record_id, kind.type)
    number, day = record.values.get(NUMBER), record.values.get("date")
    if not isinstance(number, str):
        raise Refusal(409, _("This case is from before cases had numbers. It has no label."))
    many = int(count) if count.isascii() and count.isdigit() and len(count) < 3 else 1
    return render_template(
        "paper/label.html",
        number=number,
        day=show_day(day) if isinstance(day, str) else "",
        office=office_words(str(record.values.get("office") or "")),
        exercise=record.values.get("exercise") is True,
        qr=Markup(qr_inline(url_for("records.numbered", number=number, _external=True))),  # noqa: S704  drawn here
        count=max(1, min(many, MOST)),
        set_apart=set_apart,
    )
