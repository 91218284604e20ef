"""A row of the log of reads: its content, what its hash covers, and how the file stores it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl

LONGEST: Final = 500
"""Characters kept of a detail, such as the words somebody searched for."""
FIRST: Final = bytes(32)
"""What stands for the row before the first."""

ERASURE: Final = "erasure"
"""How of the rows that `forget` adds: which rows lost their words, and for which record."""
AT_ONCE: Final = 50
"""Row numbers named in one such row."""

EventKind = Literal[
    "page", "search", "export", "import", "command line", "sign-in", "denial", "people", "posts", "authority"
]
"""How of an event (`events`). Rows that release 0.1.0 and earlier ones wrote of the first five kinds, and the earliest
of "people" and "posts", hold a short English text instead."""
How = EventKind | Literal["erasure"]
HOWS: Final[tuple[str, ...]] = (
    "page", "search", "export", "import", "command line", "sign-in", "denial", "people", "posts", "authority",
    "erasure",
)  # fmt: skip
EVENT_MARK: Final = "\x1e"
"""Begins the detail of an event, as RFC 7464 begins a JSON text with it. No other detail can hold it: `plain`."""

COLUMNS: Final = "no, at, person, role, how, record, detail, salt, commitment, seal"
TABLES: Final = (
    "create table if not exists read (no integer primary key, at integer not null, person text not null, "
    "role text not null, how text not null, record text not null, detail text, salt blob, commitment blob, "
    "seal blob not null) strict",
    "create index if not exists read_record on read (record)",
    "create index if not exists read_person on read (person)",
    "create index if not exists read_at on read (at)",
    "create index if not exists read_how on read (how)",
    "create trigger if not exists read_kept before delete on read begin select raise(abort, 'append only'); end",
    # What the law erases may go: the words with their salt, and nothing beside them.
    "create trigger if not exists read_fixed before update on read when new.detail is not null or new.salt is not null "
    "or new.commitment is null or new.no<>old.no or new.at<>old.at or new.person<>old.person or new.role<>old.role "
    "or new.how<>old.how or new.record<>old.record or new.seal<>old.seal "
    "begin select raise(abort, 'append only'); end",
)


_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Look:
    """The content of one row that is to be written. Made by `events.event`, its detail in JSON; `forget` alone writes
    numbers of rows. `record` is the id of a record, or what an event is about, or ""."""

    how: How
    record: str = ""
    detail: str = ""
    event: bool = False

    def kept(self) -> str:
        """The detail as the log keeps it."""
        return EVENT_MARK + self.detail if self.event else plain(self.detail)


class Logged(NamedTuple):
    """A row of the log. `at` is UTC milliseconds; `detail` and `salt` are None, and `commitment` is kept, where an
    erasure took the words."""

    no: int
    at: int
    person: str
    role: str
    how: str
    record: str
    detail: str | None
    salt: bytes | None
    commitment: bytes | None
    seal: bytes

    def sealed_after(self, before: bytes) -> bytes:
        """The hash this row has to carry after a row with the hash `before`."""
        kept = self.commitment
        if self.detail is not None or self.salt is not None or kept is None:
            kept = commitment(self.salt or b"", self.detail or "")
        content = [self.no, self.at, self.person, self.role, self.how, self.record, kept.hex()]
        return hashlib.sha256(before + _encode(content).encode()).digest()


def commitment(salt: bytes, detail: str) -> bytes:
    """The commitment to a row's detail: of 16 random bytes and the text, so that nobody guesses at what is gone."""
    return hashlib.sha256(salt + detail.encode()).digest()


def typed_words(how: str, detail: str) -> str:
    """What a person typed, taken from a detail that is not an event: the words after the list's name in a search, the
    filters of an export, the file of an import."""
    if how == "export":
        return " ".join(value for _, value in parse_qsl(detail.partition(": ")[2]))
    return detail if how == "import" else detail.partition(": ")[2] or detail


def page_sql(
    before: int | None, person: str, record: str, since: int | None, until: int | None, how: str = ""
) -> tuple[str, list[object]]:
    """The newest rows first, without sorting: along the index of record, person or time, else of how, else by number.
    A unary plus keeps SQLite from another one."""
    timed = not (person or record) and (since is not None or until is not None)
    given: list[tuple[str, object]] = [("record = ?", record), (f"{'+' if record else ''}person = ?", person)]
    given.append((f"{'+' if person or record or timed else ''}how = ?", how))
    plus = "" if timed else "+"
    given += [(f"{plus}at >= ?", since), (f"{plus}at < ?", until)]
    if not timed:
        given.append(("no < ?", before or 1 << 62))
    elif before is not None:
        given += [
            ("at <= (select at from read where no = ?)", before),
            ("(at, no) < (select at, no from read where no = ?)", before),
        ]
    kept = [(condition, value) for condition, value in given if value is not None and value != ""]
    order = "at desc, no desc" if timed else "no desc"
    where = " and ".join(condition for condition, _ in kept)
    return f"select {COLUMNS} from read where {where} order by {order}", [value for _, value in kept]


def plain(detail: str) -> str:
    """A detail as the log keeps it: no control characters, valid text, not endless."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in detail[:LONGEST])
