"""Nobody validates their own case, where the country does not say otherwise (ADR 12): one rule for the register's door
and for the centre, which judges what posts send."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from diwan_core.dictionary import DICTIONARY, N_, Problem, problem
from diwan_core.dictionary.creation import IMPORT_MARK
from diwan_core.dictionary.national import FOUR_EYES, read_choice
from diwan_core.register.journal.row import Meta, Row

TYPE: Final = "case"
SINCE: Final = 4
"""The version of the dictionary that brought the rule: an older post does not know it."""
VALIDATED: Final = "validated"
OWN: Final = N_("You reported this case. Somebody else must validate it.")
REASON: Final = "validated by the account that reported the case; the country wants a second one"
_SETTINGS: Final = "national_setting"
_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode


def is_wanted(connection: sqlite3.Connection, hlc: int = 1 << 62) -> bool:
    """Whether two people are wanted, by what the centre had said when a row of this stamp was written; all settings
    that are not withdrawn count, as for `national_settings`."""
    value: str | None = None
    if _SETTINGS not in DICTIONARY.types:  # a node of an older dictionary
        return False
    last: dict[int, str] = {}
    for record, meta, rest in connection.execute(
        f"SELECT t.no, j.meta, j.rest FROM record_{_SETTINGS} t JOIN journal j ON j.record=t.no AND j.verdict=0 "
        "WHERE t.name=? AND coalesce(t.status, '')<>'withdrawn' ORDER BY t.no, j.no",
        (FOUR_EYES,),
    ):
        said = _half(rest) if rest else {}
        if "value" in said and _meta(meta).hlc <= hlc:
            last[record] = str(said["value"] or "")
    if last:
        value = last[max(last)]
    elif hlc == 1 << 62:  # here by a snapshot, without its rows
        row = connection.execute(
            f"SELECT value FROM record_{_SETTINGS} WHERE name=? AND coalesce(status, '')<>'withdrawn' "
            "ORDER BY no DESC LIMIT 1",
            (FOUR_EYES,),
        ).fetchone()
        value = None if row is None else row[0]
    return read_choice(FOUR_EYES, value) == "yes"


def own_case_problems(
    connection: sqlite3.Connection, record: str, rest: Mapping[str, Any], author: str
) -> list[Problem]:
    """What is wrong where this author validates a case that is here."""
    if rest.get("status") != VALIDATED or not is_own(connection, record, author) or not is_wanted(connection):
        return []
    return [problem("status", "rule", OWN)]


def new_case_problems(connection: sqlite3.Connection, rest: Mapping[str, Any], role: str) -> list[Problem]:
    """What is wrong where a person at a console makes a case that is validated already."""
    if not role or rest.get("status") != VALIDATED or IMPORT_MARK in rest or not is_wanted(connection):
        return []
    return [problem("status", "rule", OWN)]


def is_own(connection: sqlite3.Connection, record: str, author: str) -> bool:
    """Whether this author reported a case; not where the row that made it is not here."""
    row = connection.execute(
        "SELECT j.meta FROM record r JOIN record_case t ON t.no=r.no JOIN journal j ON j.no=t.base WHERE r.id=?",
        (record,),
    ).fetchone()
    return row is not None and _meta(row[0]).author == author


def may_break(change_set: Sequence[Row], newest: int = 0) -> bool:
    """Whether rows of a change set validate a case at all: most do not, and the rule need not be looked up."""
    for row in change_set:  # noqa: SIM110  for each change set that is admitted, most of one row
        if validates(row, newest):
            return True
    return False


def breaks(connection: sqlite3.Connection, change_set: Sequence[Row], newest: int = 0) -> bool:
    """Whether a change set, of which everything before it is written, has a case validated by who reported it. A case
    that was imported may come validated: it says where it is from. `newest`: the newest dictionary that the node was
    ever heard with."""
    made = {row.meta.record: row.meta.author for row in change_set if row.meta.seen is None}
    for row in change_set:
        if not validates(row, newest):
            continue
        record, author = row.meta.record, row.meta.author
        if row.meta.seen is None:
            own = IMPORT_MARK not in row.rest
        else:
            own = made.get(record) == author or is_own(connection, record, author)
        if own and is_wanted(connection, row.meta.hlc):
            return True
    return False


def validates(row: Row, newest: int) -> bool:
    """Whether a row validates a case, of a node that knows the rules of checking."""
    meta = row.meta
    return meta.type == TYPE and row.rest.get("status") == VALIDATED and max(meta.dictionary, newest) >= SINCE
