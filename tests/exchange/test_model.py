"""Random walks of a whole network, compared with the model at every step and at rest."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from diwan_core.register import Edit, Register
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.exchange.copies import put_back, save_copy
from tests.exchange.model import Branch, Change, Model, Ref
from tests.exchange.network import Post, case, network

pytestmark = pytest.mark.slow

KEYS = ("place", "narrative")
CREATED = {"place": "Where it began", "narrative": "How it began"}
POSTS = st.integers(0, 1)


class Walk(RuleBasedStateMachine):
    """Two posts and a centre. Officers report and edit; lines, machines and disks do what they do."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["DIWAN_BOOT_ID"] = "boot 0"
        self.stack.callback(os.environ.pop, "DIWAN_BOOT_ID", None)
        self.net = self.stack.enter_context(network(self.folder, posts=2, seed=seed))
        self.posts: list[Post] = list(self.net.posts)
        self.model = Model()
        self.boots = 0
        self.branches = [Branch(0), Branch(0)]
        self.records: list[str] = []
        self.copies: list[Branch | None] = [None, None]
        self.centre_copied = False
        self.centre_is_behind = False

    # -- people ---------------------------------------------------------------------------------------------------

    @rule(at=POSTS)
    def report(self, at: int) -> None:
        saved = self.posts[at].register.save([Edit("case", case(**CREATED))], author="officer")
        (record,) = saved.records
        self.model.saved(self.branches[at], saved.ref)
        self.model.changes[saved.ref] = Change(saved.ref, record, "", "", None)
        self.records.append(record)
        self.posts[at].exchange.woken()

    @rule(at=POSTS, which=st.integers(0, 99), key=st.sampled_from(KEYS), value=st.sampled_from("abc"))
    def edit(self, at: int, which: int, key: str, value: str) -> None:
        known = [record for record in self.records if self.posts[at].register.get(record) is not None]
        if not known:
            return
        record = known[which % len(known)]
        seen = self.model.heads(record, key, refs(self.posts[at].register))
        saved = self.posts[at].register.save([Edit("case", {key: value}, record=record)], author="officer")
        self.model.saved(self.branches[at], saved.ref)
        self.model.changes[saved.ref] = Change(saved.ref, record, key, value, seen)
        self.posts[at].exchange.woken()

    # -- the weather ----------------------------------------------------------------------------------------------

    @rule(turns=st.integers(1, 40))
    def time_passes(self, turns: int) -> None:
        for _ in range(turns):
            self.net.turn()

    @rule(loss=st.sampled_from([0.0, 0.0, 0.3, 0.9]), double=st.sampled_from([0.0, 0.3]), reorder=st.booleans())
    def weather(self, loss: float, double: float, reorder: bool) -> None:
        self.net.bus.loss, self.net.bus.double, self.net.bus.reorder = loss, double, reorder

    @rule(at=POSTS)
    def line_goes_or_comes(self, at: int) -> None:
        post = self.posts[at]
        post.carrier.up = not post.carrier.up
        if post.carrier.up:
            post.exchange.came_up()

    @rule()
    def ingest_dies(self) -> None:
        self.net.restart_ingest()

    @rule(at=POSTS)
    def power_cut(self, at: int) -> None:
        self._stop(at)
        self._start(at)

    # -- databases put back ---------------------------------------------------------------------------------------

    @rule(at=POSTS)
    def copy_a_post(self, at: int) -> None:
        folder = self.posts[at].register.folder
        self.posts[at].register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, self.folder / f"copy {at}")
        self.copies[at] = self.branches[at].copy()

    @rule(at=POSTS)
    def put_a_post_back(self, at: int) -> None:
        """What only the lost disk held is gone, with any product; so only what the centre holds by now is lost here."""
        held = dict(self.net.register.store.rows("SELECT id, seq FROM epoch"))
        own = self.posts[at].register.store.rows("SELECT id, seq FROM epoch WHERE own=1")
        copy = self.copies[at]
        if copy is None or any(held.get(epoch, 0) < seq for epoch, seq in own):
            return
        self._stop(at)
        put_back(self.posts[at].register.folder, self.folder / f"copy {at}", in_place=False)
        self.branches[at] = copy.copy()
        self.centre_copied = False
        self._start(at)

    @rule()
    def copy_the_centre(self) -> None:
        self.net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.rmtree(self.folder / "copy centre", ignore_errors=True)
        save_copy(self.net.register.folder, self.folder / "copy centre")
        self.centre_copied = True

    @precondition(lambda self: self.centre_copied)
    @rule()
    def put_the_centre_back(self) -> None:
        self.net.register.close()
        put_back(self.net.register.folder, self.folder / "copy centre", in_place=False)
        self.net.restart_centre()
        self.centre_is_behind = True

    # -- what always holds ----------------------------------------------------------------------------------------

    @invariant()
    def journals_have_no_gaps(self) -> None:
        for register in self._registers():
            wrong = register.store.rows(
                "SELECT e.id FROM epoch e WHERE e.seq <> (SELECT count(*) FROM journal j WHERE j.epoch=e.no) "
                "OR e.seq <> (SELECT coalesce(max(seq), 0) FROM journal j WHERE j.epoch=e.no)"
            )
            assert wrong == []

    @invariant()
    def counters_add_up_and_nothing_is_set_aside(self) -> None:
        received = self.net.register.status()["received"]
        assert received["quarantined"] == 0
        assert (
            self.net.register.store.rows("SELECT id FROM epoch WHERE own=0 AND applied + waiting + quarantined <> seq")
            == []
        )

    @invariant()
    def a_scope_numbers_each_row_once_and_without_gaps(self) -> None:
        runs = self.net.register.store.rows(
            "SELECT first, last, epoch, first_seq, last_seq FROM scope_run ORDER BY first"
        )
        after = 0
        rows: set[tuple[int, int]] = set()
        for first, last, epoch, first_seq, last_seq in runs:
            assert first == after + 1
            assert last - first == last_seq - first_seq
            numbered = {(epoch, seq) for seq in range(first_seq, last_seq + 1)}
            assert not numbered & rows
            rows |= numbered
            after = last

    @invariant()
    def an_epoch_goes_on_from_what_its_writer_knew(self) -> None:
        for register in self._registers():
            for epoch, parent, seq in register.store.rows("SELECT id, parent, parent_seq FROM epoch"):
                if epoch in self.model.parents and register.store.rows(
                    "SELECT 1 FROM epoch WHERE id=? AND seq>0", (epoch,)
                ):
                    expected = self.model.parents[epoch]
                    assert expected is None or (parent == expected[0] and seq >= expected[1])

    @invariant()
    def nobody_is_taken_for_a_clone(self) -> None:
        assert self.net.inbox.clones == []

    @invariant()
    def a_receipt_says_no_more_than_is_true(self) -> None:
        if self.centre_is_behind:
            return  # what a centre put back has lost is told with the next hello
        held = dict(self.net.register.store.rows("SELECT id, seq FROM epoch"))
        for post in self.posts:
            for epoch, stored, seq in post.register.store.rows("SELECT id, stored, seq FROM epoch WHERE own=1"):
                assert stored <= held.get(epoch, 0)
                assert stored <= seq

    # -- at rest --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if hasattr(self, "net"):
                self._comes_to_rest()
        finally:
            self.stack.close()

    def _comes_to_rest(self) -> None:
        self.weather(0.0, 0.0, False)
        for post in self.posts:
            post.carrier.up = True
            post.exchange.came_up()
        for _ in range(5):
            self.net.turn()  # until all have heard where the centre stands: before, they may think that they are level
        self.net.settle(2500)
        for register in self._registers():
            journal = set(refs(register))
            assert set(self.model.changes) <= journal, "everything acknowledged is everywhere"
            assert {(epoch, seq) for epoch, last in self.model.last.items() for seq in range(1, last + 1)} == journal
            for record in self.records:
                found = register.get(record)
                assert found is not None
                for key in KEYS:
                    heads = self.model.heads(record, key, journal)
                    latest = max(heads, key=lambda ref: (stamp(register, ref), *ref))
                    assert found.values[key] == self.model.value(latest, key, CREATED[key])
                    beside = found.conflicts.get(key, [])
                    assert {alternative.ref for alternative in beside} == (heads if len(heads) > 1 else set())

    # -- machines -------------------------------------------------------------------------------------------------

    def _registers(self) -> Iterator[Register]:
        yield self.net.register
        yield from (post.register for post in self.posts)

    def _stop(self, at: int) -> None:
        self.net.stop(self.posts[at])

    def _start(self, at: int) -> None:
        self.boots += 1
        os.environ["DIWAN_BOOT_ID"] = f"boot {self.boots}"
        self.branches[at].boot = self.boots
        self.posts[at] = self.net.start(self.posts[at].register.folder)


def refs(register: Register) -> list[Ref]:
    """Every row a node holds."""
    return register.store.rows("SELECT e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch")


def stamp(register: Register, ref: Ref) -> int:
    """A row's hybrid logical clock."""
    (meta,) = register.store.rows(
        "SELECT j.meta FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?", ref
    )[0]
    return int(json.loads(meta)[2])


SHORT = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def test_a_network_behaves_as_the_model_says() -> None:
    run_state_machine_as_test(Walk, settings=SHORT)


@pytest.mark.lab
def test_a_network_behaves_as_the_model_says_for_as_long_as_one_cares_to_watch() -> None:
    run_state_machine_as_test(Walk, settings=settings(SHORT, max_examples=1500, stateful_step_count=60))
