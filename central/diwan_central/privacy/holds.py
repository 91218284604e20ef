"""Records that somebody holds back from erasure, such as for a trial: with a reason and a day to look again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.node import NodeError
from diwan_core.register import Register
from diwan_core.register.erasure.erase import BOTH, attachments_of
from diwan_core.register.erasure.orders import halves_ordered

from diwan_central.days import now_ms
from diwan_central.privacy.store import PrivacyStore

LONGEST: Final = 500


class HoldRefused(NodeError):
    """A record cannot be held back or let go so: the message says why and what to do."""


class HeldTooLate(HoldRefused):
    """The erasure of the record was ordered before."""


class Hold(NamedTuple):
    """A record that is held back; `review` is the day on which somebody looks again. Times are UTC milliseconds."""

    number: int
    record: str
    reason: str
    review: str
    at_ms: int
    person: str
    lifted_ms: int
    lifted_by: str
    lifted_reason: str


def hold(register: Register, store: PrivacyStore, record: str, reason: str, review: str, person: str) -> int:
    """Hold a record back until somebody lets it go; the number of the hold. An order of erasure is given while the file
    of the holds is locked, so that one of the two is first. Raises HoldRefused, HeldTooLate."""
    reason = checked_reason(reason)
    try:
        day = date.fromisoformat(review).isoformat()
    except ValueError:
        raise HoldRefused("Say on which day somebody looks again, such as 2027-03-31.") from None
    with store.writing():
        with register.store.read() as transaction:
            if halves_ordered(transaction).get(record) == BOTH:
                raise HeldTooLate(f"The erasure of {record} was ordered before: nothing of it can be held back.")
        return store.write(
            "insert into hold (record, reason, review, at_ms, person, lifted_ms, lifted_by, lifted_reason) "
            "values (?, ?, ?, ?, ?, 0, '', '')",
            (record, reason, day, now_ms(), person),
        )


def lift(store: PrivacyStore, number: int, reason: str, person: str) -> Hold:
    """Let a record go. Raises HoldRefused."""
    reason = checked_reason(reason)
    with store.writing():
        found = next((one for one in holds(store) if one.number == number), None)
        if found is None:
            raise HoldRefused(f"There is no hold {number} in force. List them again.")
        store.write(
            "update hold set lifted_ms=?, lifted_by=?, lifted_reason=? where id=?", (now_ms(), person, reason, number)
        )
    return found


def holds(store: PrivacyStore, *, record: str = "", lifted: bool = False) -> list[Hold]:
    """The holds in force, of one record where one is named, the next to be looked at first; with `lifted` also those
    that are over."""
    sql = "select * from hold where (?='' or record=?)"
    sql += "" if lifted else " and lifted_ms=0"
    return [Hold(*row) for row in store.rows(f"{sql} order by review, id", (record, record))]


def held_records(store: PrivacyStore) -> frozenset[str]:
    """The ids of all records that are held back."""
    return frozenset(one.record for one in holds(store))


@contextmanager
def none_held(folder: Path, register: Register, record: str) -> Iterator[None]:
    """Where neither a record nor a picture or document that goes with it is held back, and nobody holds one back
    meanwhile. Raises HoldRefused."""
    with register.store.read() as transaction:
        going = {record, *(attachment for attachment, _ in attachments_of(transaction, record))}
    with PrivacyStore.open(folder) as store, store.writing():
        for one in holds(store):
            if one.record in going:
                raise HoldRefused(
                    f"{one.record} is held back by {one.person} until {one.review}: {one.reason}. Let it go first: "
                    f"`diwan central retention let-go {one.number}`."
                )
        yield


def checked_reason(reason: str) -> str:
    """A reason as it is kept. Raises HoldRefused where there is none."""
    reason = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
    if not reason:
        raise HoldRefused("Give the reason: others rely on it.")
    return reason[:LONGEST]
