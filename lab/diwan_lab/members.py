"""Checks a scope's log: the centre's own chain over it, and every post's rows and place in it.

Read from databases only, like `checker`; the rules are docs/protocol.md, "Feed".
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from diwan_lab.checker import holds_blob, reading

NATIONAL: Final = "national"
_Row = tuple[str, int]
"""(epoch id, seq)."""
_LETTERS: Final = frozenset({"message", "request", "attachment"})
"""Types of which a record may be for one post alone, and what is enclosed with it."""


@dataclass
class _Reach:
    """What the ledger says of how far types travel."""

    opened: int = 0
    """How often something was said to travel to all posts: then such rows get new numbers."""
    narrowed: int = 0
    """How often something was said to travel less far than to all: then letters that are for all get new numbers that
    were for one post, and what is enclosed with them."""
    numbered_again: set[str] = field(default_factory=set)
    """Types whose rows may get new numbers when something belongs to others than before: those that ever travelled less
    far, and letters as soon as the ledger says anything, since a post may hear late of what it says."""

    def add(self, entry: bytes) -> None:
        inner = json.loads(entry)["entry"]
        if inner["kind"] != "reach":
            return
        self.numbered_again |= _LETTERS
        if inner["facts"]["nominal"] == "all":
            self.opened += 1
        else:
            self.narrowed += 1
            self.numbered_again.add(inner["facts"]["type"])


def broken_feeds(central: Path) -> list[str]:
    """Runs of the centre's scopes that are misnumbered or whose hash does not go on from the one before, and applied
    rows that stand in the national log not once, or more often than they may; in words.

    They may once more for each time that something was said to travel to all; and what is in a change set with a record
    that may be for one post alone, once more when what it belongs to comes, whenever somebody says of a letter for
    whom it is, or of what is enclosed what it belongs to, and whenever letters come to be kept from others."""
    found: list[str] = []
    reach = _Reach()
    numbered: dict[_Row, int] = {}
    with reading(central) as centre:
        rows = _rows(centre.execute(_ROWS + " WHERE j.verdict=0"))
        for (entry,) in centre.execute("SELECT entry FROM ledger"):
            reach.add(entry)
        movable = _in_change_sets_with(centre, reach.numbered_again)
        most, more = 1 + reach.opened, 1 + reach.narrowed + centre.execute(_SAID).fetchone()[0]
        at: dict[str, tuple[int, bytes]] = {}
        for scope, first, last, epoch, first_seq, last_seq, feed in centre.execute(
            "SELECT s.scope, s.first, s.last, e.id, s.first_seq, s.last_seq, s.feed_hash FROM scope_run s"
            " JOIN epoch e ON e.no=s.epoch ORDER BY s.scope, s.first"
        ):
            before, hash_ = at.get(scope, (0, hashlib.sha256(f"diwan/1 feed {scope}".encode()).digest()))
            if first != before + 1 or last - first != last_seq - first_seq:
                found.append(f"{scope}: the run {first} to {last} does not follow {before}")
            named = f"{last} {epoch} {first_seq} {last_seq}".encode()
            if hashlib.sha256(hash_ + rows.get((epoch, last_seq), b"") + named).digest() != feed:
                found.append(f"{scope}: the chain is broken at {last}")
            at[scope] = last, feed
            if scope == NATIONAL:
                for seq in range(first_seq, last_seq + 1):
                    numbered[epoch, seq] = numbered.get((epoch, seq), 0) + 1
    found += [f"{epoch}:{seq} is not in the national log" for epoch, seq in rows if (epoch, seq) not in numbered]
    found += [
        f"{epoch}:{seq} is in the national log {count} times"
        for (epoch, seq), count in numbered.items()
        if count > most + more * ((epoch, seq) in movable)
    ]
    return found


def _in_change_sets_with(centre: sqlite3.Connection, types: Collection[str]) -> set[_Row]:
    """The rows that were committed together with one of a record of these types."""
    found: set[_Row] = set()
    together: dict[_Row, str] = {}
    for epoch, seq, type_, left in centre.execute(
        "SELECT e.id, j.seq, json_extract(j.meta, '$[1]'), json_extract(j.meta, '$[6]') FROM journal j "
        "JOIN epoch e ON e.no=j.epoch ORDER BY e.id, j.seq"
    ):
        together[epoch, seq] = type_
        if not left:
            if any(type_ in types for type_ in together.values()):
                found.update(together)
            together.clear()
    return found


def unsent(central: Path, posts: Sequence[Path], hostile: Collection[str]) -> dict[_Row, str]:
    """Rows of hostile nodes that posts hold, or know by a snapshot, and the centre does not; and the records they name,
    "" where that is not known. Who wrote them sends them to a centre that was put back no more."""
    found: dict[_Row, str] = {}
    of_hostile = f"JOIN epoch e ON e.no=j.epoch WHERE e.origin IN ({','.join('?' * len(hostile))})"
    named = f"SELECT e.id, j.seq, j.meta FROM journal j {of_hostile}"
    joined = f"SELECT e.id, j.seq FROM joint j {of_hostile}"
    with reading(central) as centre:
        held = {(epoch, seq) for epoch, seq, _ in centre.execute(named, tuple(hostile))}
    for post in posts:
        with reading(post) as reader:
            for epoch, seq, meta in reader.execute(named, tuple(hostile)):
                if (epoch, seq) not in held:
                    found[epoch, seq] = json.loads(meta)[0]
            for epoch, seq in reader.execute(joined, tuple(hostile)):
                if (epoch, seq) not in held:
                    found.setdefault((epoch, seq), "")
    return found


def strays(central: Path, posts: Sequence[Path], ignored: Container[_Row] = ()) -> list[str]:
    """At rest: posts whose place in the national feed, or a row of whose but those ignored, is not the centre's; in
    words.

    A post may lack a row the centre applied only where it joined by snapshot. Rows of the centre's own that belong to
    no record (anchors of its log of reads) may be gone there, with a database that was put back; and so what the chain
    came to after such an epoch, for who joined by a snapshot, where no post holds a row of it that belongs to one."""
    with reading(central) as centre:
        feeds = dict(centre.execute("SELECT last, feed_hash FROM scope_run WHERE scope=?", (NATIONAL,)).fetchall())
        applied = _rows(centre.execute(_ROWS + " WHERE j.verdict=0"))
        held = _rows(centre.execute(_ROWS))
        (own,) = centre.execute("SELECT id FROM node WHERE role='central'").fetchone()
    kept = _Kept(held, own, {epoch for epoch, _ in held} | _of_records(posts, own), ignored)
    return [f"{post.name}: {fault}" for post in posts for fault in _strays(post, feeds, applied, kept)]


class _Kept(NamedTuple):
    """What the centre holds. `epochs` are those of which nothing may be gone but what it holds."""

    rows: Mapping[_Row, bytes]
    centre: str
    epochs: Container[str]
    ignored: Container[_Row]


def _of_records(posts: Sequence[Path], centre: str) -> set[str]:
    """The centre's own epochs of which a post holds a row that belongs to a record."""
    found: set[str] = set()
    for post in posts:
        with reading(post) as reader:
            named = "SELECT e.id FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.origin=? AND j.record NOT NULL"
            found.update(epoch for (epoch,) in reader.execute(named, (centre,)))
    return found


def _strays(post: Path, feeds: Mapping[int, bytes], applied: Mapping[_Row, bytes], kept: _Kept) -> list[str]:
    found: list[str] = []
    with reading(post) as reader:
        for cursor, feed in reader.execute("SELECT cursor, hash FROM feed WHERE scope=?", (NATIONAL,)):
            if feeds.get(cursor) != feed:
                found.append(f"its feed at {cursor} is not the centre's")
        mine = _rows(reader.execute(_ROWS + " WHERE NOT (e.origin=? AND j.record IS NULL)", (kept.centre,)))
        in_force = _rows(reader.execute(_ROWS + " WHERE j.verdict=0"))
        of_centre = {epoch for (epoch,) in reader.execute("SELECT id FROM epoch WHERE origin=?", (kept.centre,))}
        joints = _rows(reader.execute("SELECT e.id, j.seq, j.hash FROM joint j JOIN epoch e ON e.no=j.epoch"))
    joined: dict[str, int] = {}
    for epoch, seq in joints:
        joined[epoch] = max(joined.get(epoch, 0), seq)
    joints = {row: hash for row, hash in joints.items() if row[0] not in of_centre or row[0] in kept.epochs}
    for what, rows in (("row", mine), ("the chain's hash after row", joints)):
        wrong = [name for name in rows if rows[name] != kept.rows.get(name) and name not in kept.ignored]
        found += [f"{what} {epoch}:{seq} is not the centre's" for epoch, seq in wrong]
    found += [
        f"row {epoch}:{seq} is not in force here"
        for epoch, seq in applied
        if (epoch, seq) not in in_force and ((epoch, seq) in mine or seq > joined.get(epoch, 0))
    ]
    return found


def not_on_stick(stick: Path, post: Path) -> list[str]:
    """Rows of a post's own that its mirror should hold, since they are not known to be safe, and does not: by the names
    of its files (docs/protocol.md, "Conversation by stick"). Those that the post itself knows by a snapshot only, since
    its database was put back, it cannot write there."""
    there: dict[str, set[int]] = {}
    for path in stick.glob("diwan/up/*/p-*.dwn"):
        _, epoch, first, last, *_ = path.stem.split("-")
        there.setdefault(epoch, set()).update(range(int(first), int(last) + 1))
    with reading(post) as reader:
        rows = reader.execute(
            "SELECT e.id, j.seq FROM epoch e JOIN journal j ON j.epoch=e.no "
            "WHERE e.own=1 AND j.seq>e.safe AND j.seq<=e.signed ORDER BY e.no, j.seq"
        ).fetchall()
    return [f"{post.name}: {epoch}:{seq} is not on its stick" for epoch, seq in rows if seq not in there.get(epoch, ())]


def missing_pictures(central: Path) -> list[str]:
    """Pictures that a record at the centre names and whose bytes it does not hold: record ids with the picture's."""
    with reading(central) as centre:
        named = centre.execute(
            "SELECT r.id, t.sha256 FROM record_attachment t JOIN record r ON r.no=t.no WHERE t.sha256 IS NOT NULL"
        ).fetchall()
    return [f"{record} names picture {sha256[:12]}" for record, sha256 in named if not holds_blob(central, sha256)]


_SAID: Final = (
    "SELECT count(*) FROM journal WHERE verdict=0 AND (json_type(rest, '$.for_post') IS NOT NULL "
    "OR (json_type(rest, '$.operation') IS NOT NULL AND json_extract(meta, '$[1]')='message') "
    "OR (json_type(rest, '$.subject') IS NOT NULL AND json_extract(meta, '$[1]')='attachment' "
    "AND json_type(meta, '$[8]')<>'null'))"
)
"""How often somebody said of a letter for whom it is, or of what was enclosed what it belongs to."""
_ROWS: Final = "SELECT e.id, j.seq, j.hash FROM journal j JOIN epoch e ON e.no=j.epoch"


def _rows(found: Iterable[tuple[str, int, bytes]]) -> dict[_Row, bytes]:
    return {(epoch, seq): hash_ for epoch, seq, hash_ in found}
