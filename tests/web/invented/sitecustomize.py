"""Every Python process whose PYTHONPATH names this folder knows one record type more: the call of a ship at a port.

What a new type needs is what stands here and in `kinds/ship_call.py`: its declaration, and its kind."""

from dataclasses import replace
from pathlib import Path

import diwan_core.dictionary as room
from diwan_core.dictionary.declared import TYPES, VERSION
from diwan_core.dictionary.declared.common import EVERY_ORIGIN, record
from diwan_core.dictionary.field import Field, code, date, reference, text
from diwan_core.dictionary.lists import ALL_LISTS
from diwan_core.dictionary.record import Part, RecordDeclaration
from diwan_core.web import kinds

SHIP_CALL = record(
    "ship_call",
    "Call of a ship",
    "A ship that came into a port.",
    (
        text("ship", "Name of the ship", max_length=120, searchable=True, listed=True, required=True, leaves="gated"),
        date("arrived", "Arrived on", listed=True),
        code("flag", "Flag", "country", listed=True),
        reference("master", "Master", "person", identifies="person"),
        Part(
            "crew",
            "Crew",
            (
                text("rank", "Rank", max_length=60, leaves="gated"),
                text("name", "Name as written", nominal=True, is_name=True, searchable=True),
                reference("subject", "On file", "person", identifies="person"),
            ),
        ),
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
)


def with_pictures(declared: RecordDeclaration) -> RecordDeclaration:
    """The declaration of attachments, which says what may have pictures, with the new type in it."""
    members = [
        replace(member, targets=(*member.targets, SHIP_CALL.name))
        if isinstance(member, Field) and member.name == "subject"
        else member
        for member in declared.members
    ]
    return replace(declared, members=members)


_TYPES = [with_pictures(declared) if declared.name == "attachment" else declared for declared in TYPES]
room.DICTIONARY = room.Dictionary(VERSION, (*_TYPES, SHIP_CALL), ALL_LISTS)  # type: ignore[misc]
kinds.__path__.append(str(Path(__file__).parent / "kinds"))
