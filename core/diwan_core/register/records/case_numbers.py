"""Gives cases their numbers in the transaction that saves them, so that none is left out and none is given twice within
one history of the node (ADR 55)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from diwan_core.dictionary import N_, Problem, problem
from diwan_core.dictionary.case_numbers import (
    FIELD,
    SINCE,
    TYPE,
    CaseNumber,
    letters_in,
    letters_of,
    post_of,
    read,
    run_of,
    series_of,
)
from diwan_core.register.journal.journal import Draft
from diwan_core.register.storage.state import get_state, set_state

_LAST: Final = "case_number:"
"""State: the last number given of each run, such as case_number:AQABA-2026-."""
_ENROLMENTS: Final = "enrolments"
"""State: how often this node was enrolled with new keys, as the ledger says."""
ALIKE_MOST: Final = 20
"""Cases of one number that are named: a hostile post can give one to all its cases."""
_MARK: Final = b'"case_number":'
_COUNTS: Final = "coalesce({}.status, '')<>'withdrawn'"
_NEVER: Final = N_("The register gives a case its number, and it never changes.")
_rest = msgspec.json.Decoder(dict[str, Any]).decode


class Numbering:
    """Gives the numbers of one transaction. Use: `numbered` for each draft in order, then `finish`."""

    def __init__(self, connection: sqlite3.Connection, node: str, label: str, office: str, *, anew: bool) -> None:
        """`anew`: the transaction opens an epoch, which goes on from all that has come back to a database that was put
        back."""
        self._connection = connection
        self._anew = anew
        self._named = node, label, office
        self._run, self._last = "", 0
        self._begins = b""

    def numbered(self, draft: Draft, year: int, dictionary: int) -> Draft:
        """The draft of a new case with its number; any other draft as it is."""
        kind, record, seen, rest_json, nominal_json = draft
        if kind != TYPE or seen is not None or dictionary < SINCE or _MARK in rest_json:
            return draft
        if not self._run:
            self._begin(year)
        self._last += 1
        head = rest_json[:-1]
        comma = b"" if head == b"{" else b","
        number = b'%b"%b%04d-%b"}' % (_MARK, self._begins, self._last, letters_of(record).encode())
        return Draft(kind, record, None, head + comma + number, nominal_json)

    def finish(self) -> None:
        """Remember the last number given."""
        if self._run:
            set_state(self._connection, _LAST + self._run, self._last)

    def _begin(self, year: int) -> None:
        connection = self._connection
        self._run = run_of(post_of(*self._labels()), year, series_of(enrolments(connection)))
        self._begins = self._run.encode()
        last = get_state(connection, _LAST + self._run)
        known = _highest(connection, self._run, self._named[0]) if last is None or self._anew else 0
        self._last = max(known, int(last or 0))

    def _labels(self) -> tuple[str, str, str]:
        """Label, office and id. Where a node that was enrolled before this one has the same beginning of its numbers,
        this one's are those of its id."""
        node, label, office = self._named
        own = post_of(label, office, node)
        others = self._connection.execute("SELECT id, label, office FROM node WHERE id<?", (node,)).fetchall()
        if any(post_of(named, place or "", id) == own for id, named, place in others):
            return "", "", node
        return label, office, node


def enrolments(connection: sqlite3.Connection) -> int:
    """How often this node was enrolled with new keys, as far as it has heard."""
    return int(get_state(connection, _ENROLMENTS) or 0)


def note_enrolments(connection: sqlite3.Connection, count: int) -> None:
    """Note how often this node was enrolled with new keys: each time its cases begin a series of their own."""
    if enrolments(connection) != count:
        set_state(connection, _ENROLMENTS, count)


def forget_last_numbers(connection: sqlite3.Connection) -> None:
    """Rows of this node that it had lost came back, perhaps with numbers: the next one is found among its cases."""
    connection.execute("DELETE FROM state WHERE key>=? AND key<?", (_LAST, _LAST[:-1] + ";"))


def _highest(connection: sqlite3.Connection, run: str, node: str) -> int:
    """The highest number of a run that this node is known to have given: of a year that begins it is 0; of a register
    that was salvaged, or of a new card that heard of its cases again, the last one. What another node says in the same
    form does not count: one such number could be the last that a number has room for."""
    return max((number.serial for number in _of_run(connection, run, node)), default=0)


def _of_run(connection: sqlite3.Connection, run: str, node: str) -> Iterator[CaseNumber]:
    for (text,) in connection.execute(
        "SELECT case_number FROM record_case INDEXED BY record_case_number "
        "WHERE case_number IS NOT NULL AND case_number>=? AND case_number<? "
        "AND base_epoch IN (SELECT id FROM epoch WHERE origin=?)",
        (run + "0", run + ":", node),  # after the 9
    ):
        if (number := read(text)) is not None:
            yield number
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name='salvaged_row'").fetchone() is None:
        return
    for (rest,) in connection.execute("SELECT rest FROM salvaged_row WHERE rest LIKE ?", (f'%"{FIELD}":"{run}%',)):
        number = read(_rest(rest).get(FIELD))
        if number is not None and number.run == run:
            yield number


def number_problems(values: Mapping[str, Any], record: str, *, creating: bool) -> list[Problem]:
    """What is wrong with a number in a change: only the first row of a record has one, with the letters of its id."""
    if FIELD not in values:
        return []
    if creating and letters_in(values[FIELD]) == letters_of(record):
        return []
    return [problem(FIELD, "rule", _NEVER)]


class Twice(NamedTuple):
    """A number that two cases have; their ids, the older one here first, and of very many some."""

    number: str
    records: tuple[str, ...]


def numbers_met_twice(connection: sqlite3.Connection, after: int = 0, last: int = 1 << 62) -> list[Twice]:
    """The numbers, their letters apart, that a case has whose place in the register is above `after` and up to `last`,
    and another case too. What was withdrawn does not count."""
    found: dict[str, tuple[str, ...]] = {}
    for (text,) in connection.execute(
        "SELECT t.case_number FROM record_case t WHERE t.no>? AND t.no<=? AND t.case_number IS NOT NULL "
        f"AND {_COUNTS.format('t')} AND EXISTS (SELECT 1 FROM record_case o INDEXED BY record_case_number "
        "WHERE o.case_number IS NOT NULL AND o.case_number>=substr(t.case_number, 1, length(t.case_number)-2) "
        "AND o.case_number<substr(t.case_number, 1, length(t.case_number)-2)||'[' AND o.no<>t.no "
        f"AND {_COUNTS.format('o')})",
        (after, last),
    ):
        bare = text[:-3]
        if bare not in found:
            found[bare] = _cases_of(connection, bare)
    return [Twice(number, records) for number, records in sorted(found.items())]


def _cases_of(connection: sqlite3.Connection, bare: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT t.no, r.id FROM record_case t INDEXED BY record_case_number JOIN record r ON r.no=t.no "
        f"WHERE t.case_number IS NOT NULL AND t.case_number>=? AND t.case_number<? AND {_COUNTS.format('t')} LIMIT ?",
        (bare + "-", bare + "-[", ALIKE_MOST),
    )
    return tuple(record for _, record in sorted(rows))


def last_place(connection: sqlite3.Connection) -> int:
    """The place of the newest case in the register."""
    (found,) = connection.execute("SELECT coalesce(max(no), 0) FROM record_case").fetchone()
    return int(found)
