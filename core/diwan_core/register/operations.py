"""Operations at the centre: their days and their member posts, as their records say; and posts that are written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from diwan_core.dictionary.scopes import POSTS, scope_of_operation
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register
from diwan_core.register.storage.database import Store
from diwan_core.trust import mint_id

TYPE: Final = "operation"
RUNNING: Final = "running"
_decode = msgspec.json.decode


class Member(NamedTuple):
    """A post that takes part, from one day to another; "": the days of the operation."""

    part: str
    post: str
    first_day: str
    last_day: str


class Operation(NamedTuple):
    """An operation as the centre holds it. Days are year-month-day, "" where none is given."""

    record: str
    code: str
    name: str
    state: str
    starts: str
    ends: str
    members: tuple[Member, ...]

    @property
    def scope(self) -> str:
        """The name of its scope."""
        return scope_of_operation(self.record) or ""

    def is_open(self, day: str) -> bool:
        """Whether its members read and write in it on this day: it runs, and its days are given."""
        return self.state == RUNNING and bool(self.starts and self.ends) and self.starts <= day <= self.ends

    def posts_on(self, day: str) -> set[str]:
        """The posts that are its members on this day."""
        if not self.is_open(day):
            return set()
        return {one.post for one in self.members if one.first_day <= day <= (one.last_day or self.ends)}


def operations(store: Store) -> list[Operation]:
    """Every operation that was not withdrawn, the latest first."""
    rows = store.rows(
        "SELECT r.id, coalesce(t.code, ''), t.name, coalesce(t.state, ''), coalesce(t.starts, ''), "
        "coalesce(t.ends, ''), coalesce(t.rest, j.rest) FROM record_operation t JOIN record r ON r.no=t.no "
        "LEFT JOIN journal j ON j.no=t.base WHERE coalesce(t.status, '') <> 'withdrawn' AND t.name IS NOT NULL "
        "ORDER BY coalesce(t.starts, '') DESC, r.id DESC"
    )
    return [
        Operation(record, code, name, state, starts, ends, _members(rest))
        for record, code, name, state, starts, ends, rest in rows
    ]


def _members(rest: str | None) -> tuple[Member, ...]:
    held: dict[str, dict[str, Any]] = (_decode(rest) if rest else {}).get("member") or {}
    return tuple(
        Member(part, one["post"], one.get("first_day") or "", one.get("last_day") or "")
        for part, one in sorted(held.items())
        if one.get("post")
    )


def posts_written_to(store: Store, posts: Iterable[str]) -> set[str]:
    """Those of these posts to which a record is addressed that is kept from all others. Records may be addressed to any
    number of posts that there are not."""
    sql = "SELECT 1 FROM scope_run WHERE scope=? LIMIT 1"
    return {post for post in posts if store.one(sql, (POSTS + post,)) is not None}


def plan_operation(
    register: Register, code: str, name: str, starts: str, ends: str, coordinator: str, *, author: str
) -> str:
    """Plan an operation and start it: it is open from its first day on; the id of its record. Raises Refused."""
    values = {
        "code": code, "name": name, "starts": starts, "ends": ends, "coordinator": coordinator, "state": "planned",
        "status": "published",
    }  # fmt: skip
    (record,) = register.save([Edit(TYPE, values)], author=author).records
    register.save([Edit(TYPE, {"state": RUNNING}, record)], author=author)
    return record


def add_members(register: Register, operation: Operation, posts: Sequence[str], *, author: str) -> None:
    """Let posts take part in an operation, from its first day to its last. Raises Refused."""
    taking_part = {one.post for one in operation.members if not (one.first_day or one.last_day)}
    fresh = {mint_id(): {"post": post} for post in posts if post not in taking_part}
    if fresh:
        register.save([Edit(TYPE, {"member": fresh}, operation.record)], author=author)


def remove_members(register: Register, operation: Operation, posts: Sequence[str], *, author: str) -> None:
    """Let posts take part in an operation no longer. Raises Refused."""
    gone: dict[str, object] = {one.part: None for one in operation.members if one.post in posts}
    if gone:
        register.save([Edit(TYPE, {"member": gone}, operation.record)], author=author)


def end_operation(register: Register, operation: Operation, *, author: str) -> None:
    """End an operation before its last day. Raises Refused."""
    register.save([Edit(TYPE, {"state": "ended"}, operation.record)], author=author)
