"""Reads what every node of a kept network holds of one record: its changes, its values and its pictures.

Like the checker, this reads database files and blob folders, and never the product's code.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diwan_lab.checker import holds_blob, reading
from diwan_lab.kept_network import KeptNetwork

Ref = tuple[str, int]
"""(epoch id, number of the row in it)."""
_REF: Final = re.compile(r"([a-z2-7]{13}):(\d+)")
_HASH: Final = re.compile(r"[0-9a-f]{12,64}")
_RECORD: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Change:
    """One row of a journal that is about the record, and where it stands at each node."""

    ref: Ref
    writer: str
    """Name of the node that wrote it."""
    record: str
    type: str
    ms: int
    """Its stamp: milliseconds since 1970, as the writer took them to be."""
    author: str
    creates: bool
    values: dict[str, Any]
    """Empty for what is erased."""
    marks: set[str] = field(default_factory=set)
    at: dict[str, str] = field(default_factory=dict)
    """By node: in force, quarantined, waiting or not there, and why."""
    number: int | None = None
    """Its number in the national scope."""

    @property
    def name(self) -> str:
        return f"{self.ref[0]}:{self.ref[1]}"


@dataclass
class Picture:
    """A picture of the record, and what each node has of it."""

    name: str
    record: str
    at: dict[str, str] = field(default_factory=dict)


def find(network: KeptNetwork, asked: str) -> list[str]:
    """Ids of the records somebody asks for by id, by EPOCH:SEQ, by the name of a picture or its first twelve digits, or
    by a mark or any other text that was saved; none where no node knows such a thing."""
    if _RECORD.fullmatch(asked):
        found = [name for node in network.nodes.values() for name in _records(node, "meta LIKE ?", f'["{asked}"%')]
    elif ref := _REF.fullmatch(asked):
        where = "epoch=(SELECT no FROM epoch WHERE id=?) AND seq=?"
        found = [name for node in network.nodes.values() for name in _records(node, where, ref[1], int(ref[2]))]
    elif _HASH.fullmatch(asked):
        where = "json_extract(rest, '$.sha256') LIKE ?"
        found = [name for node in network.nodes.values() for name in _subjects(node, where, f"{asked}%")]
    else:
        where = "instr(coalesce(rest, ''), ?) OR instr(coalesce(nominal, ''), ?)"
        found = [name for node in network.nodes.values() for name in _records(node, where, asked, asked)]
    return list(dict.fromkeys(name for name in found if name))


def with_pictures(network: KeptNetwork, records: Iterable[str]) -> list[str]:
    """The same records, each followed by those of its pictures."""
    found = []
    for record in records:
        found.append(record)
        for node in network.nodes.values():
            found += _records(node, "json_extract(rest, '$.subject')=? AND meta LIKE '%\"attachment\"%'", record)
    return list(dict.fromkeys(found))


def _records(node: Path, where: str, *values: object) -> list[str]:
    with reading(node) as reader:
        return [
            name for (name,) in reader.execute(f"SELECT json_extract(meta, '$[0]') FROM journal WHERE {where}", values)
        ]


def _subjects(node: Path, where: str, *values: object) -> list[str]:
    with reading(node) as reader:
        sql = f"SELECT json_extract(rest, '$.subject') FROM journal WHERE rest IS NOT NULL AND {where}"
        return [name for (name,) in reader.execute(sql, values)]


def changes(network: KeptNetwork, records: Iterable[str], mark: re.Pattern[str]) -> list[Change]:
    """Every change of these records that any node holds, in the order of their stamps."""
    found: dict[Ref, Change] = {}
    writers = _writers(network)
    for node in network.nodes.values():
        with reading(node) as reader:
            for record in records:
                for epoch, seq, origin, meta, rest, nominal in reader.execute(
                    "SELECT e.id, j.seq, e.origin, j.meta, j.rest, j.nominal FROM journal j"
                    " JOIN epoch e ON e.no=j.epoch WHERE j.meta LIKE ?",
                    (f'["{record}"%',),
                ):
                    parsed = json.loads(meta)
                    change = found.setdefault(
                        (epoch, seq),
                        Change(
                            (epoch, seq),
                            writers.get(epoch) or network.ids.get(origin, origin),
                            record, parsed[1], parsed[2] >> 16, parsed[5], parsed[8] is None, {},
                        ),
                    )  # fmt: skip
                    change.values |= _both(rest, nominal)
                    change.marks |= set(mark.findall((rest or "") + (nominal or "")))
    for name, node in network.nodes.items():
        with reading(node) as reader:
            for change in found.values():
                change.at[name] = _standing(reader, change.ref)
    with reading(network.central) as centre:
        for change in found.values():
            change.number = _number(centre, change.ref)
    return sorted(found.values(), key=lambda change: (change.ms, change.ref))


def _writers(network: KeptNetwork) -> dict[str, str]:
    """Who wrote each epoch. The epochs of a copied card come back to its original from the centre, as its own: they are
    the copy's where the marks of what was saved there are in them."""
    found: dict[str, str] = {}
    for name in sorted(network.nodes, key=lambda name: not name.startswith("clone")):
        which = "e.own=1"
        if name.startswith("clone"):
            which += f" AND instr(coalesce(j.rest, '') || coalesce(j.nominal, ''), 'mark-{name}-')"
        with reading(network.nodes[name]) as reader:
            sql = f"SELECT DISTINCT e.id FROM epoch e JOIN journal j ON j.epoch=e.no WHERE {which}"
            for (epoch,) in reader.execute(sql):
                found.setdefault(epoch, name)
    return found


def _standing(reader: sqlite3.Connection, ref: Ref) -> str:
    epoch, seq = ref
    head = reader.execute("SELECT no, seq, own, stored, safe FROM epoch WHERE id=?", (epoch,)).fetchone()
    if head is None:
        return "not there: it knows nothing of this epoch"
    no, last, own, stored, _ = head
    row = reader.execute(
        "SELECT no, verdict, commitments IS NOT NULL FROM journal WHERE epoch=? AND seq=?", (no, seq)
    ).fetchone()
    if row is None:
        return _absence(reader, no, seq, last)
    number, verdict, erased = row
    words = {0: "in force", 1: "quarantined", 2: "waiting"}[verdict]
    if verdict == 1:
        words += f" ({_why_quarantined(reader, epoch, seq)})"
    if verdict == 2:
        words += f" ({_what_for(reader, number)})"
    if erased:
        words += ", erased"
    if own:
        words += ", receipted" if stored >= seq else f", not receipted (receipts reach {stored})"
    return words


def _absence(reader: sqlite3.Connection, no: int, seq: int, last: int) -> str:
    if last < seq:
        return f"not there: it holds this epoch up to {last}"
    joint = reader.execute("SELECT min(seq) FROM joint WHERE epoch=? AND seq>=?", (no, seq)).fetchone()[0]
    if joint is not None:
        return f"no row: what it says came by a snapshot, or is not in the scope (before row {joint + 1})"
    return f"not there, though it holds this epoch up to {last}"


def _why_quarantined(reader: sqlite3.Connection, epoch: str, seq: int) -> str:
    row = reader.execute(
        "SELECT code, reason FROM quarantine WHERE epoch=? AND first<=? AND last>=? ORDER BY no DESC LIMIT 1",
        (epoch, seq, seq),
    ).fetchone()
    return "no reason is written down" if row is None else f"{row[0]}: {row[1]}"


def _what_for(reader: sqlite3.Connection, number: int) -> str:
    row = reader.execute("SELECT key, seq, due FROM waiting WHERE first<=? AND last>=?", (number, number)).fetchone()
    if row is None:
        return "for what, is not written down"
    key, seq, due = row
    if due:
        return "what it waited for has come; it is about to be judged again"
    if not key:
        return "for a newer release"
    return f"for the change {key}:{seq}" if seq else f"for the record {key}"


def _number(centre: sqlite3.Connection, ref: Ref) -> int | None:
    row = centre.execute(
        "SELECT s.first + ? - s.first_seq FROM scope_run s JOIN epoch e ON e.no=s.epoch"
        " WHERE s.scope='national' AND e.id=? AND s.first_seq<=? AND s.last_seq>=?",
        (ref[1], ref[0], ref[1], ref[1]),
    ).fetchone()
    return None if row is None else int(row[0])


def refused_parcels(network: KeptNetwork, refs: Iterable[Ref]) -> Iterator[tuple[int, str]]:
    """Parcels with these rows that the centre set aside whole: (milliseconds since 1970 by its clock, words)."""
    with reading(network.central) as centre:
        for received, code, reason, epoch, first, last in centre.execute(
            "SELECT received, code, reason, epoch, first, last FROM quarantine WHERE epoch IS NOT NULL"
        ):
            rows = [f"{ref[0]}:{ref[1]}" for ref in refs if ref[0] == epoch and first <= ref[1] <= last]
            if rows:
                yield received, f"quarantined {', '.join(rows)} ({code}: {reason})"


def values_of(network: KeptNetwork, record: str) -> dict[str, dict[str, Any] | None]:
    """By node in use: the values in force of a record, and with "beside" those beside each other; None where the node
    does not hold it."""
    return {name: _values(network.nodes[name], record) for name in network.used}


def _values(node: Path, record: str) -> dict[str, Any] | None:
    with reading(node) as reader:
        row = reader.execute("SELECT no, type FROM record WHERE id=?", (record,)).fetchone()
        if row is None:
            return None
        halves = reader.execute(
            "SELECT coalesce(t.rest, j.rest), CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END"
            f" FROM [record_{row[1]}] t LEFT JOIN journal j ON j.no=t.base WHERE t.no=?",
            (row[0],),
        ).fetchone()
        beside = reader.execute(
            "SELECT key, epoch, seq, value FROM alternative WHERE record=? ORDER BY key, hlc", (row[0],)
        ).fetchall()
    values = _both(*(halves or (None, None)))
    if beside:
        values["beside each other"] = [f"{key} by {epoch}:{seq}: {value}" for key, epoch, seq, value in beside]
    return values


def _both(rest: str | None, nominal: str | None) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(rest) if rest else {}
    return values | ((json.loads(nominal) if nominal else None) or {})


def differences(values: dict[str, dict[str, Any] | None]) -> list[str]:
    """Fields in which nodes differ, in words; first the nodes that do not hold the record at all."""
    found = [f"{name} does not hold the record" for name, held in values.items() if held is None]
    held = {name: one for name, one in values.items() if one is not None}
    for key in sorted({key for one in held.values() for key in one}):
        said = {name: json.dumps(one.get(key), ensure_ascii=False, sort_keys=True) for name, one in held.items()}
        if len(set(said.values())) > 1:
            found.append(f"{key}: " + "; ".join(f"{name} {value}" for name, value in said.items()))
    return found


def pictures(network: KeptNetwork, found: Iterable[Change]) -> list[Picture]:
    """The pictures that these changes name, and where their bytes lie."""
    named = {change.values["sha256"]: change.record for change in found if "sha256" in change.values}
    made = []
    for name, record in named.items():
        picture = Picture(name, record)
        for node, folder in network.nodes.items():
            with reading(folder) as reader:
                row = reader.execute("SELECT have, size, own, stored FROM blob WHERE sha256=?", (name,)).fetchone()
            if row is None:
                words = "nothing is known of it"
            else:
                have, size, own, stored = row
                words = "all bytes" if have == size else f"{have} of {size} bytes"
                words += (", receipted" if stored else ", NOT receipted") if own and node != "central" else ""
            if row is not None and row[0] == row[1] and not holds_blob(folder, name):
                words = "THE FILE IS GONE OR DIFFERENT, though the database says that it is whole"
            picture.at[node] = words
        made.append(picture)
    return made
