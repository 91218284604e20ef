"""Writes the events of a request (`trust.access_log.events`): `happened` for what was done, `refused` for what was
refused, which may be a flood.

What happened is in the log of reads before the answer leaves, whatever page the answer turns out to be; where the log
cannot be written, the answer is a page that says so."""

import logging

from flask import g, request

from diwan_core.trust.access_log.events import Value, event
from diwan_core.trust.access_log.log import AuditUnusable, Look
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import person

log = logging.getLogger("diwan.web")


def happened(code: str, /, **parameters: Value) -> None:
    """The signed-in person did this; call it when it is done. Raises UnknownEvent."""
    somebody = person()
    happened_by(somebody.name if somebody else "", somebody.role if somebody else "", code, **parameters)


def happened_by(name: str, role: str, code: str, /, **parameters: Value) -> None:
    """Log an event of a request that itself says who it is: a sign-in. Raises UnknownEvent."""
    events: list[tuple[str, str, Look]] = g.setdefault("events", [])
    events.append((name, role, event(code, **parameters)))


def refused(code: str, /, **parameters: Value) -> None:
    """This request was refused: counted with others like it, so that a flood writes few rows. Raises UnknownEvent."""
    somebody = person()
    name, role = (somebody.name, somebody.role) if somebody else ("", "")
    console().tally.count(name, role, code, **{**parameters, "address": client_address()})


def write_down() -> bool:
    """Write what happened in this request; False where the log cannot be written. A refusal of the guard stands in
    `g.refusal`."""
    if refusal := g.pop("refusal", ""):
        refused(refusal, page=request.endpoint or "")
    events: list[tuple[str, str, Look]] = g.pop("events", [])
    try:
        for name, role, look in events:
            console().reads.note(name, role, [look])
    except AuditUnusable as error:
        log.error("%s", error)
        return False
    return True
