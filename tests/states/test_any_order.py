"""Rows of three nodes, honest and hostile, admitted in any order: each gets the verdict that a model of the rule gives
it, which looks at the row and at what it names alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Register
from diwan_core.register.admission.admit import admit
from diwan_core.register.admission.bundle import Bundle
from diwan_core.register.admission.waiting import anything_is_due, release
from diwan_core.register.journal.row import chain_start, encode, link
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.type_plan import PLANS
from diwan_core.trust import NodeKeys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

Ref = tuple[str, int]
NOW = 1_790_000_000_000 << 16
RECORD = "01900000-0000-7000-8000-000000000001"
WRITERS = {"a" * 13: "post", "b" * 13: "post", "c" * 13: "central"}
EPOCHS = dict(zip(WRITERS, ("d" * 13, "e" * 13, "f" * 13), strict=True))
KEYS = {
    "state": DICTIONARY.type("suspect").machine("state"),
    "task.1.state": DICTIONARY.type("suspect").machine("state", "task"),
}
APPLIED, QUARANTINED = 0, 1


@dataclass(frozen=True)
class Made:
    """A row: who wrote it, the key it sets, to what, over which rows, with what the step needs or without."""

    writer: str
    ref: Ref
    key: str
    value: str | None
    seen: tuple[Ref, ...]
    filled: bool
    dictionary: int

    @property
    def line(self) -> tuple[bytes, bytes, bytes]:
        meta = [
            RECORD, "suspect", NOW + self.ref[1], 0, 0, "x", 0, self.dictionary, {"*": self.seen}
        ]  # fmt: skip
        rest: dict[str, Any] = {"state": self.value}
        nominal: dict[str, Any] = {}
        if self.key != "state":
            nominal = {"task": {"1": {"title": "Look", "result": "Found"}}} if self.filled else {}
            return encode(meta), encode({"task": {"1": rest}}), encode(nominal or None)
        if self.filled:
            rest |= {"assigned_officer": "x", "assigned_unit": "u", "review_date": "2027-01-01", "legal_basis": "law"}
            rest |= {"source_grade": "B2"}
            nominal = {"reason": "r", "result": "r"}
            if self.dictionary > 3:
                rest |= {"closing_reason": "solved"}
                nominal |= {"state_reason": "r"}
        return encode(meta), encode(rest), encode(nominal or None)


CREATED: Ref = (EPOCHS["a" * 13], 2)


def created() -> tuple[bytes, bytes, bytes]:
    meta = [RECORD, "suspect", NOW, 0, 0, "x", 0, DICTIONARY.version, None]
    rest = {"requested_action": "check", "state": "new", "source_grade": "B2", "subject": {"1": {"kind": "person"}}}
    return encode(meta), encode(rest), encode({"title": "T", "reason": "r", "subject": {"1": {"name": "N"}}})


@st.composite
def histories(draw: st.DrawFn) -> list[Made]:
    """Rows in an order in which each comes after what it names; most name what a node can have seen."""
    rows: list[Made] = []
    count = dict.fromkeys(WRITERS, 1) | {"a" * 13: 2}
    for _ in range(draw(st.integers(1, 8))):
        writer = draw(st.sampled_from(sorted(WRITERS)))
        count[writer] += 1
        key = draw(st.sampled_from(["state", "state", "task.1.state"]))
        machine = KEYS[key]
        assert machine is not None
        ours = [row.ref for row in rows if row.key == key]
        last = ours[-1] if ours else CREATED
        honest = draw(st.booleans())
        others = [CREATED, *(row.ref for row in rows), (EPOCHS[writer], 0), (EPOCHS[writer], 1)]
        seen = (last,) if honest else tuple(draw(st.lists(st.sampled_from(others), max_size=3, unique=True)))
        before = next((row.value for row in rows if row.ref == last), "new" if key == "state" else None)
        onward = [step.state for step in machine.steps_from(before or "")] or list(machine.order)
        values: list[str | None] = [*onward, *onward] if honest else [*machine.order, None]
        value = draw(st.sampled_from(values))
        filled = honest or draw(st.booleans())
        dictionary = 3 if value not in ("refused", "lapsed") and draw(st.integers(0, 9)) == 0 else DICTIONARY.version
        rows.append(Made(writer, (EPOCHS[writer], count[writer]), key, value, seen, filled, dictionary))
    return rows


def model(rows: list[Made]) -> dict[Ref, int]:
    """The verdict on each row, by nothing but the row and what it names."""
    verdicts: dict[Ref, int] = {CREATED: APPLIED}
    by_ref = {row.ref: row for row in rows}

    def said(ref: Ref, key: str) -> str | None:
        if ref == CREATED:
            return "new" if key == "state" else ""
        row = by_ref.get(ref)
        return None if row is None or verdicts[ref] != APPLIED or row.key != key else row.value or ""

    def good(row: Made) -> bool:
        machine, role = KEYS[row.key], WRITERS[row.writer]
        assert machine is not None
        if row.dictionary == 3 or role == "central":
            return True
        before = [said(ref, row.key) for ref in row.seen]
        if row.value is None or not before or None in before:
            return False
        if row.value in before:
            return bool(machine.steps_to(row.value, role))
        step = machine.step(machine.earliest(state for state in before if state is not None), row.value)
        asked = step is not None and any("." not in need[0] for need in step.needs)
        return step is not None and role in step.origins and (row.filled or not asked)

    for row in rows:
        verdicts[row.ref] = APPLIED if good(row) else QUARANTINED
    return verdicts


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    folder = tmp_path_factory.mktemp("states") / "centre"
    node.create(folder, node.NodeConfig("central", node.mint_id(), "Centre", "JOAMM"))
    NodeKeys.create(folder)
    with Register.open(folder, role="writer") as opened:
        with opened.store.write() as connection:
            connection.executemany(
                "INSERT INTO node (id, label, office, role, signing_key, sealing_key) VALUES (?, '', '', ?, x'', x'')",
                list(WRITERS.items()),
            )
        yield opened


class _Undone(Exception):
    """Takes the whole transaction back."""


def outcome(register: Register, rows: list[Made], order: list[str], ends: list[bool]) -> tuple[dict[Ref, int], Any]:
    """Verdicts and the record's state after the rows of the writers came in this order, in parcels that end so."""
    chains = {writer: [_opening(writer)] for writer in WRITERS}
    chains["a" * 13].append(created())
    for row in rows:
        chains[row.writer].append(row.line)
    found: tuple[dict[Ref, int], Any] = ({}, None)
    try:
        with register.store.write() as connection:
            sent = dict.fromkeys(WRITERS, 0)
            heads = {writer: chain_start(writer, EPOCHS[writer]) for writer in WRITERS}
            waiting = dict.fromkeys(WRITERS, 0)
            for at, writer in enumerate(order):
                waiting[writer] += 1
                if not ends[at] and writer in order[at + 1 :]:
                    continue
                first = sent[writer]
                parcel = chains[writer][first : first + waiting[writer]]
                sent[writer], waiting[writer] = first + len(parcel), 0
                body = b"\n".join(b"[%b,%b,%b]" % parts for parts in parcel)
                salts = bytes(16 * len(parcel))
                bundle = Bundle(
                    writer, WRITERS[writer], EPOCHS[writer], first + 1, sent[writer], salts, body, None, heads[writer]
                )
                for meta, rest, nominal in parcel:
                    heads[writer] = link(heads[writer], bytes(16), meta, rest, None if nominal == b"null" else nominal)
                admit(connection, bundle, None)
            while anything_is_due(connection):
                release(connection, 0)
            verdicts = connection.execute(
                "SELECT e.id, j.seq, j.verdict FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.seq>1 "
                "AND e.id IN (?, ?, ?)",
                tuple(EPOCHS.values()),
            ).fetchall()
            (number,) = connection.execute("SELECT no FROM record WHERE id=?", (RECORD,)).fetchone()
            state = load_state(connection, PLANS["suspect"], number)
            shown = json.dumps(
                [state.rest, state.nominal, sorted(state.heads.items()), sorted(state.alternatives)], sort_keys=True
            )
            found = {(epoch, seq): verdict for epoch, seq, verdict in verdicts}, shown
            raise _Undone
    except _Undone:
        return found


def _opening(writer: str) -> tuple[bytes, bytes, bytes]:
    rest = {"origin": writer, "epoch": EPOCHS[writer], "parent": None, "boot": ""}
    return encode(["", "epoch", NOW, 0, 0, "system", 0, 1, None]), encode(rest), b"null"


@given(data=st.data(), rows=histories())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_order_of_arrival_changes_no_verdict_and_no_state(
    register: Register, data: st.DataObject, rows: list[Made]
) -> None:
    expected = model(rows)
    lanes = [*WRITERS, "a" * 13, *(row.writer for row in rows)]
    outcomes = []
    for _ in range(3):
        order = data.draw(st.permutations(lanes))
        ends = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
        outcomes.append(outcome(register, rows, order, ends))
    for verdicts, _ in outcomes:
        assert verdicts == expected
    assert len({shown for _, shown in outcomes}) == 1
