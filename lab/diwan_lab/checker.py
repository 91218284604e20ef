"""The independent checker: reads only the database files and blob folders of nodes, never uses the product's code.

So it can contradict the product. It knows the tables `epoch`, `journal`, `joint`, `record`, `blob` and `alternative`
(docs/protocol.md), `amount` and `state`, and opens everything read-only. What a person was told is saved is a row in
the post's own journal, or a blob the post took in itself; it has arrived when central holds the same row, applied, or
the same bytes.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_APPLIED = 0  # journal.verdict
_AMOUNTS_LEFT = ("amounts_left", "amounts_units")  # keys of the table `state`


@dataclass(frozen=True)
class Account:
    """What the posts sent and where it is at the centre. Counts of rows, except records and pictures.

    Per epoch, received = applied + duplicates + waiting + quarantined. `missing` is rows and blobs a post holds as its
    own and central does not hold applied, bit for bit.
    """

    records: int
    changes_sent: int
    changes_applied: int
    duplicates: int
    waiting: int
    quarantined: int
    conflicts: int
    pictures: int
    missing_rows: int
    missing_pictures: int

    @property
    def missing(self) -> int:
        return self.missing_rows + self.missing_pictures


@contextmanager
def reading(node: Path) -> Iterator[sqlite3.Connection]:
    """A node's register, read-only."""
    with closing(sqlite3.connect(f"{(node / 'register.db').resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA busy_timeout=10000")
        yield connection


def take_account(central: Path, posts: Sequence[Path]) -> Account:
    """Compare the centre with the posts, all of them data folders; works while they run. Raises sqlite3.Error."""
    records = sent = missing_rows = 0
    epochs: list[str] = []
    pictures: list[str] = []
    with reading(central) as centre:
        for post in posts:
            with reading(post) as reader:
                own = reader.execute("SELECT id, no FROM epoch WHERE own=1").fetchall()
                for epoch, number in own:
                    rows = reader.execute("SELECT seq, hash FROM journal WHERE epoch=?", (number,)).fetchall()
                    sent += len(rows)
                    missing_rows += len(set(rows) - _applied(centre, epoch))
                epochs += [epoch for epoch, _ in own]
                records += _count(
                    reader,
                    "SELECT count(DISTINCT r.no) FROM journal j JOIN epoch e ON e.no=j.epoch JOIN record r ON"
                    " r.no=j.record WHERE e.own=1 AND r.type<>'attachment'",
                )
                pictures += _whole_blobs(reader, "own=1")
        marks = ",".join("?" * len(epochs))
        applied, duplicates, waiting, quarantined = centre.execute(
            "SELECT coalesce(sum(applied), 0), coalesce(sum(duplicates), 0), coalesce(sum(waiting), 0),"
            f" coalesce(sum(quarantined), 0) FROM epoch WHERE id IN ({marks})",
            epochs,
        ).fetchone()
        conflicts = _count(centre, "SELECT count(*) FROM (SELECT DISTINCT record, key FROM alternative)")
    return Account(
        records=records,
        changes_sent=sent,
        changes_applied=applied,
        duplicates=duplicates,
        waiting=waiting,
        quarantined=quarantined,
        conflicts=conflicts,
        pictures=len(pictures),
        missing_rows=missing_rows,
        missing_pictures=sum(not holds_blob(central, sha256) for sha256 in set(pictures)),
    )


def is_level(central: Path, posts: Sequence[Path]) -> bool:
    """Whether the centre's counters say it has judged all the posts wrote: cheap, to be asked often.

    `take_account` then says whether it is true.
    """
    with reading(central) as centre:
        settled = dict(centre.execute("SELECT id, applied + quarantined FROM epoch").fetchall())
        blobs = set(_whole_blobs(centre))
    for post in posts:
        with reading(post) as reader:
            for epoch, seq in reader.execute("SELECT id, seq FROM epoch WHERE own=1"):
                if settled.get(epoch, 0) < seq:
                    return False
            if set(_whole_blobs(reader, "own=1")) - blobs:
                return False
    return True


def changes_written(posts: Sequence[Path]) -> int:
    """Rows the posts have written, by their own count."""
    total = 0
    for post in posts:
        with reading(post) as reader:
            total += _count(reader, "SELECT coalesce(sum(seq), 0) FROM epoch WHERE own=1")
    return total


def changes_taken_in(central: Path) -> int:
    """Rows of others the centre has applied, by its own count."""
    with reading(central) as centre:
        return _count(centre, "SELECT coalesce(sum(applied), 0) FROM epoch WHERE own=0")


def first_commit(post: Path, since_ms: int) -> int | None:
    """Milliseconds since 1970 of the post's first own row written at or after `since_ms`; None when there is none.

    A row's second part of the clock (`hlc`, the third entry of `meta`) is the wall clock shifted left by 16 bits.
    """
    with reading(post) as reader:
        (hlc,) = reader.execute(
            "SELECT min(json_extract(meta, '$[2]')) FROM journal j JOIN epoch e ON e.no=j.epoch"
            " WHERE e.own=1 AND j.record IS NOT NULL AND json_extract(meta, '$[2]') >= ?",
            (since_ms << 16,),
        ).fetchone()
    return None if hlc is None else int(hlc) >> 16


def holds_blob(node: Path, sha256: str) -> bool:
    """Whether the node's blob folder has these very bytes."""
    path = node / "blobs" / sha256[:2] / sha256
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def broken_chains(node: Path) -> list[str]:
    """Every epoch in which numbers are missing or doubled, or the chain of hashes does not verify, in words.

    Rows may be missing where the node never got them, because they are not in its scope (quarantined at the centre) or
    because it joined by snapshot: `joint` then holds the chain's hash before the next row. `members.strays` says
    whether that is the hash the centre knows."""
    found = []
    with reading(node) as reader:
        for number, epoch, origin, seq, head in reader.execute(
            "SELECT no, id, origin, seq, hash FROM epoch"
        ).fetchall():
            rows = reader.execute(
                "SELECT seq, hash, meta, rest, nominal, salt, commitments FROM journal WHERE epoch=? ORDER BY seq",
                (number,),
            ).fetchall()
            joints = dict(reader.execute("SELECT seq, hash FROM joint WHERE epoch=?", (number,)).fetchall())
            start = hashlib.sha256(f"diwan/1 epoch {origin} {epoch}".encode()).digest()
            if fault := _chain_fault(rows, {**joints, 0: start}, seq, head):
                found.append(f"{origin} {epoch}: {fault}")
    return found


def disagreements(nodes: Sequence[Path]) -> dict[str, str]:
    """Ids of records whose present state, presence or amounts differ between nodes that should all hold everything;
    with what differs, in words.

    Amounts are compared of nodes that have worked all of theirs out (`amounts_left`)."""
    amounts = {node.name: _amounts(node) for node in nodes if not amounts_left(node)}
    kept = {name: found for name, found in amounts.items() if found is not None}
    return _differing("amounts", kept) | _differing("state", {node.name: _states(node) for node in nodes})


def amounts_left(node: Path) -> bool:
    """Whether a node has yet to work amounts out: those of records that came in bulk and are not in its search index
    either, those of all records after an upgrade, or those in a national unit that the centre has changed."""
    with reading(node) as reader:
        state = dict(reader.execute("SELECT key, value FROM state WHERE key IN ('unindexed', ?, ?)", _AMOUNTS_LEFT))
    pending = str(state.pop("unindexed", "0")).split(":")[0]  # the first number that is pending, 0 where none is
    return pending != "0" or bool(state)


def _differing(what: str, held: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """`held`: what each node holds of its records, in JSON."""
    found = {}
    for record in sorted(set().union(*held.values())):
        nodes: dict[str | None, list[str]] = {}
        for name, records in held.items():
            nodes.setdefault(records.get(record), []).append(name)
        if len(nodes) > 1:
            groups = [f"{'none' if value is None else 'one'} at {', '.join(names)}" for value, names in nodes.items()]
            members = _members_that_differ([json.loads(value) for value in nodes if value is not None])
            found[record] = f"{what}: {'; '.join(groups)}{': ' * bool(members)}{', '.join(members)}"
    return found


def _members_that_differ(states: Sequence[list[object]]) -> list[str]:
    halves = [half for state in states for half in state if isinstance(half, dict)]
    names = sorted({str(name) for half in halves for name in half})
    return [name for name in names if len({json.dumps(_values_of(state, name)) for state in states}) > 1]


def _values_of(state: list[object], name: str) -> list[object]:
    return [half.get(name) for half in state if isinstance(half, dict)]


def _count(reader: sqlite3.Connection, sql: str) -> int:
    return int(reader.execute(sql).fetchone()[0])


def _whole_blobs(reader: sqlite3.Connection, which: str = "1") -> list[str]:
    """Names of the blobs whose bytes are all there (`have` counts them)."""
    return [sha256 for (sha256,) in reader.execute(f"SELECT sha256 FROM blob WHERE have=size AND {which}")]


def _applied(centre: sqlite3.Connection, epoch: str) -> set[tuple[int, bytes]]:
    return set(
        centre.execute(
            "SELECT j.seq, j.hash FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.verdict=?",
            (epoch, _APPLIED),
        )
    )


_ChainRow = tuple[int, bytes, str, str | None, str | None, bytes | None, bytes | None]


def _chain_fault(rows: Iterable[_ChainRow], known: Mapping[int, bytes], last: int, head: bytes) -> str | None:
    """`known`: the hash after a row that need not be here itself; the one before the first row is that of row 0."""
    at, hash_ = 0, known[0]
    for seq, stored, meta, rest, nominal, salt, commitments in rows:
        if seq != at + 1:
            if seq <= at or seq - 1 not in known:
                return f"row {at + 1} is missing (the next one held is {seq})"
            hash_ = known[seq - 1]
        at = seq
        if commitments is None and salt is not None and rest is not None:
            commitments = _commitment(b"rest", salt, rest) + _commitment(b"nominal", salt, nominal)  # noqa: PLW2901  from here on it is the changed one
        elif commitments is not None and not _fits(commitments, salt or b"", rest, nominal):
            return f"what is left of row {seq} is not what its origin wrote"
        if commitments is None:
            return f"row {seq} has neither values nor commitments"
        hash_ = hashlib.sha256(hash_ + commitments + meta.encode()).digest()
        if hash_ != stored:
            return f"row {seq} is not what its origin wrote"
    if last > at and last in known:
        at, hash_ = last, known[last]
    return None if (at, hash_) == (last, head) else f"the head differs from row {at}"


def _fits(kept: bytes, salt: bytes, rest: str | None, nominal: str | None) -> bool:
    """Whether the half that an erasure left is the one its origin committed to."""
    left = ((kept[:32], rest), (kept[32:], nominal))
    return all(value is None or hashlib.sha256(salt + value.encode()).digest() == half for half, value in left)


def _commitment(half: bytes, salt: bytes, values: str | None) -> bytes:
    if values is None:
        return bytes(32)
    return hashlib.sha256(hashlib.sha256(half + salt).digest()[:16] + values.encode()).digest()


def _states(node: Path) -> dict[str, str]:
    """Record id -> type and both halves in one canonical text. A record nobody has edited is its creating row."""
    states = {}
    with reading(node) as reader:
        for (type_,) in reader.execute("SELECT DISTINCT type FROM record").fetchall():
            for record, rest, nominal in reader.execute(
                "SELECT r.id, coalesce(t.rest, j.rest), CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
                f"FROM [record_{type_}] t JOIN record r ON r.no=t.no LEFT JOIN journal j ON j.no=t.base"
            ):
                halves = [json.loads(half) if half else {} for half in (rest, nominal)]
                states[record] = json.dumps([type_, *halves], sort_keys=True, ensure_ascii=False)
    return states


def _amounts(node: Path) -> dict[str, str] | None:
    """Record id -> what its goods lines come to, those in national units apart, which an older dictionary does not
    know; None of a node that does not keep amounts."""
    found: dict[str, list[list[str | None]]] = {}
    with reading(node) as reader:
        if not _count(reader, "SELECT count(*) FROM sqlite_schema WHERE name='amount'"):
            return None
        for record, *line in reader.execute(
            "SELECT r.id, a.line, a.kilograms, a.pieces, a.litres, a.cubic_metres, a.value, a.currency FROM amount a "
            "JOIN record r ON r.no=a.record WHERE a.national IS NULL ORDER BY a.line"
        ):
            found.setdefault(record, []).append(line)
    return {record: json.dumps(lines) for record, lines in found.items()}
