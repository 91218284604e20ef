"""The page on which a person takes a step of a record's state."""

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from diwan_core.register import Record
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.permissions import Action
from diwan_core.web.records.find_record import the_record
from diwan_core.web.steps.taking import Stand, ask_again, ask_step, take_step

blueprint = Blueprint("steps", __name__)


@blueprint.get("/records/<record_id>/steps/<at>/<state>")
@may(Action.READ_RECORDS, shows="record.step")
def ask(record_id: str, at: str, state: str) -> str:
    """Ask for what a step of a record's state needs."""
    record = the_record(record_id)
    return ask_step(record, at, state, _stand(record))


def _again(record_id: str, at: str, state: str) -> str:
    record = the_record(record_id)
    return ask_again(record, at, state, _stand(record))


@blueprint.post("/records/<record_id>/steps/<at>/<state>")
@may(Action.READ_RECORDS, shows="record.step")
@keeps_typing(_again)
def take(record_id: str, at: str, state: str) -> Response | tuple[str, int]:
    """Take a step of a record's state."""
    record = the_record(record_id)
    return take_step(record, at, state, _stand(record))


def _stand(record: Record) -> Stand:
    def url(done: str) -> str:
        return url_for("records.open", record=record.id, done=done or None)

    return Stand(kind_of(record.type).title_of(record), url)
