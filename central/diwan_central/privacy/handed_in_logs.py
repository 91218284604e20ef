"""Logs of reads of posts: taken where no row is missing, in stretches that travel by themselves or as a file that was
handed in, and kept by role, without officers' names.

A log is here up to the last row of which its post has anchored the seal in its journal: what comes behind is kept and
counts once an anchor vouches for it. A log that was put back to an older copy goes on as another run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.exchange.centre.log_keeper import Anchors, Standing
from diwan_core.intake.run.jobs import has_room
from diwan_core.register import Register
from diwan_core.register.inspection.read_logs import anchors_of_node
from diwan_core.roles import ROLES
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.at_machine import ROLE as AT_MACHINE
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.handed_in import LogRefused, opened_log, opened_stretch
from diwan_core.trust.access_log.log import FIRST
from diwan_core.trust.access_log.log_row import Logged

from diwan_central.days import now_ms
from diwan_central.privacy.store import PrivacyStore, PrivacyUnusable

log = logging.getLogger("diwan.ingest")

_WAIT_MS: Final = 250
_RUNS: Final = 12
"""Runs of a log whose ends are named: an older one goes on where a post or a stick has more of it."""
_NEAR: Final = 30
"""Ends of stretches that are named one by one; of those before them only some, ever further apart."""
_ENDS: Final = 4_096
"""Ends of stretches that are looked at. A log that was put back to before them all comes again from its first row."""
RECORD_ID: Final = 36
"""Characters of the id of a record."""


class HandedIn(NamedTuple):
    """A log that is here: up to which row, and when that was written (UTC milliseconds)."""

    node: str
    rows: int
    at_ms: int


class KeptLogs:
    """The keeper of the posts' logs, as the exchange asks it (`exchange.centre.log_keeper`)."""

    def __init__(self, folder: Path, keys: NodeKeys) -> None:
        self._folder = folder
        self._keys = keys

    @contextmanager
    def _opened(self) -> Iterator[PrivacyStore]:
        """The file; where another process writes it, the exchange does not wait for it."""
        with PrivacyStore.open(self._folder) as store:
            store.write(f"pragma busy_timeout={_WAIT_MS}")
            yield store

    def standing(self, node: str, anchors: Anchors) -> Standing | None:
        """How far the log of a node is here; None where the file of retention and access cannot be used."""
        try:
            with self._opened() as store, store.writing():
                _vouch(store, node, anchors)
                return _standing(store, node)
        except PrivacyUnusable as error:
            log.warning("no log of reads is taken: %s", error)
            return None

    def take(self, node: str, sealed: bytes, anchors: Anchors) -> Standing | None:
        """Take a stretch of the log of a node where it follows what is here; None where it has to come again later, or
        that file cannot be used. No log takes the room that records need. Raises LogRefused, NotForUs."""
        if not has_room(self._folder, len(sealed)):
            log.warning("no log of reads is taken: the disk is nearly full")
            return None
        rows = opened_stretch(node, sealed, self._keys)
        if not anchors or rows[-1].no > anchors[0][0]:
            return None  # its anchor is still on its way
        try:
            with self._opened() as store, store.writing():
                _take(store, node, rows, anchors)
                return _standing(store, node, rows[-1])
        except PrivacyUnusable as error:
            log.warning("no log of reads is taken: %s", error)
            return None


def _take(store: PrivacyStore, node: str, rows: Sequence[Logged], anchors: Anchors) -> None:
    """Keep rows that go on from the end of a run of the log, or, where it was put back, from a place before, as another
    run. What came before in any run, such as on a stick that is read twice, changes nothing."""
    first, last = rows[0], rows[-1]
    if last.seal in _seals_of(store, node, last.no):
        return
    run = _run_ending_before(store, node, first)
    if not run:
        known = [FIRST] if first.no == 1 else _seals_of(store, node, first.no - 1)
        if not any(first.sealed_after(before) == first.seal for before in known):
            return
        latest, _, _ = _latest(store, node)
        if latest > len(anchors):
            raise LogRefused("This log goes on from a place before its end, more often than its post was put back.")
        run = latest + 1
    _keep(store, node, run, rows)
    _vouch(store, node, anchors, run)


def _run_ending_before(store: PrivacyStore, node: str, first: Logged) -> int:
    """The latest run of a log that this row goes on from; 0 where it goes on from the end of none."""
    rows = store.rows("select run, seal from log_run where node=? and rows=? order by run desc", (node, first.no - 1))
    return next((row["run"] for row in rows if first.sealed_after(bytes(row["seal"])) == first.seal), 0)


def _standing(store: PrivacyStore, node: str, came: Logged | None = None) -> Standing:
    """Where the log of a node may go on, the furthest first: the ends of its runs, the row that came last, and ends of
    stretches before, ever further apart."""
    heads = store.rows(
        "select rows, seal from log_run where node=? and length(seal)>0 order by run desc limit ?", (node, _RUNS)
    )
    ends = store.rows("select no, seal from log_seal where node=? and ends=1 order by no desc limit ?", (node, _ENDS))
    some = [*ends[:_NEAR], *(end for at, end in enumerate(ends[_NEAR:]) if (at + 1).bit_count() == 1)]
    places = {(int(number), bytes(seal)) for number, seal in (*heads, *some)}
    if came is not None and came.seal in _seals_of(store, node, came.no):
        places.add((came.no, came.seal))
    return sorted(places, key=lambda place: -place[0])


def take_log(register: Register, store: PrivacyStore, keys: NodeKeys, sealed: bytes) -> HandedIn:
    """Take the log of a post in place of what is here of it. What it does not hold, since it was put back to a copy
    from before, stays as another run. Raises LogRefused, NotForUs."""
    node, rows = opened_log(sealed, keys)
    anchors = [anchor for anchor in anchors_of_node(register.store, node) if 0 < anchor[0] <= len(rows)]
    if not anchors:
        raise LogRefused("Nothing that this post has sent confirms this log. Try again after the post has been heard.")
    at, seal = anchors[0]
    if rows[at - 1].seal.hex() != seal:
        raise LogRefused(f"Row {at} of this log is not the one that its post anchored. Verify the log at its post.")
    latest, held, _ = _latest(store, node)
    if held > len(rows):
        raise LogRefused(f"A later log of this post is here already, with {held} rows.")
    held_runs = store.rows("select run, rows, seal from log_run where node=? and rows<=?", (node, len(rows)))
    replaced = [one["run"] for one in held_runs if bytes(one["seal"]) in (b"", rows[one["rows"] - 1].seal)]
    run = latest if latest in replaced else latest + 1
    with store.writing():
        for table in ("log_run", "log_seal", "log_look"):
            for one in replaced:
                store.write(f"delete from {table} where node=? and run=?", (node, one))
        _keep(store, node, run, rows)
        _vouch(store, node, anchors, run)
    return handed_in(store)[node]


def handed_in(store: PrivacyStore) -> dict[str, HandedIn]:
    """The logs that are here, by node, as far as an anchor vouches for them; of several runs the last."""
    rows = store.rows("select node, vouched, vouched_ms from log_run where vouched>0 order by vouched_ms, run")
    return {row["node"]: HandedIn(*row) for row in rows}


def vouch_for_all(register: Register, store: PrivacyStore) -> None:
    """Note of every log that is here how far it is vouched for by now."""
    with store.writing():
        for row in store.rows("select distinct node from log_run"):
            _vouch(store, row["node"], anchors_of_node(register.store, row["node"]))


def reads_at_posts(store: PrivacyStore, record: str, limit: int) -> list[tuple[str, int, str, str]]:
    """The newest looks at a record in each of the logs that are here: (node, UTC milliseconds, role, what). A look that
    is in two runs of a log is one. No log takes the place of another, however much it says."""
    rows = store.rows(
        "select node, at_ms, role, what from (select *, row_number() over (partition by node order by at_ms desc) "
        "as place from (select distinct l.node, l.at_ms, l.role, l.what from log_look l "
        "join log_run r on r.node=l.node and r.run=l.run where l.record=? and l.no<=r.vouched)) "
        "where place<=? order by at_ms desc",
        (record, limit),
    )
    return [(row["node"], row["at_ms"], row["role"], row["what"]) for row in rows]


def _latest(store: PrivacyStore, node: str) -> tuple[int, int, bytes]:
    """The last run of the log of a node: its number, its rows that are here, the seal of the last of them; b"" where a
    file brought it before seals were kept."""
    found = store.rows("select run, rows, seal from log_run where node=? order by run desc limit 1", (node,))
    return (found[0]["run"], found[0]["rows"], bytes(found[0]["seal"])) if found else (0, 0, FIRST)


def _seal_of(store: PrivacyStore, node: str, run: int, number: int) -> bytes:
    found = store.rows("select seal from log_seal where node=? and run=? and no=?", (node, run, number))
    return bytes(found[0]["seal"]) if found else b""


def _seals_of(store: PrivacyStore, node: str, number: int) -> list[bytes]:
    found = store.rows("select seal from log_seal where node=? and no=?", (node, number))
    return [bytes(row["seal"]) for row in found]


def _keep(store: PrivacyStore, node: str, run: int, rows: Sequence[Logged]) -> None:
    """Keep rows that follow what is here: of each its seal until an anchor vouches for it, of looks at records what the
    report to a person says."""
    last, run = rows[-1], max(run, 1)
    store.write(
        "insert into log_run values (?, ?, ?, ?, 0, 0, ?) on conflict (node, run) do update set rows=excluded.rows, "
        "seal=excluded.seal, taken_ms=excluded.taken_ms",
        (node, run, last.no, last.seal, now_ms()),
    )
    for row in rows:
        ends = int(row is last)
        store.write("insert into log_seal values (?, ?, ?, ?, ?, ?)", (node, run, row.no, row.seal, row.at, ends))
        if len(row.record) == RECORD_ID:
            store.write(
                "insert into log_look values (?, ?, ?, ?, ?, ?, ?)",
                (node, run, row.no, row.record, row.at, _role_of(row), what_of(row)),
            )


def _vouch(store: PrivacyStore, node: str, anchors: Anchors, run: int = 0) -> None:
    """Note up to which row of a run, the last one where none is named, an anchor of the post vouches for the log."""
    run = run or _latest(store, node)[0]
    found = store.rows("select rows from log_run where node=? and run=?", (node, run))
    held = found[0]["rows"] if found else 0
    for number, seal in anchors:
        if number <= held and _seal_of(store, node, run, number).hex() == seal:
            store.write(
                "update log_run set vouched=?, vouched_ms=(select at_ms from log_seal where node=? and run=? and no=?) "
                "where node=? and run=? and vouched<?",
                (number, node, run, number, node, run, number),
            )
            store.write("delete from log_seal where node=? and run=? and no<? and ends=0", (node, run, number))
            return


def _role_of(row: Logged) -> str:
    """The role of a look; "" for a word that is no role here, since it is told to others and may name somebody."""
    return row.role if row.role in ROLES or row.role == AT_MACHINE else ""


def what_of(row: Logged) -> str:
    """What a row of a log says was shown: a view, or the code of another event; "" where its words are not here."""
    held = event_of(row.detail)
    return "" if held is None else str(held.parameters.get("view") or held.code)
