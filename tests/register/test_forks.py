"""Restored and cloned cards: what is kept beside each epoch says what a walk through all of them says."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from diwan_core.register.journal.forks import enter, is_clone, keys_changed, note_held, put_back
from diwan_core.register.storage.schema import BRANCHES, FRAME
from diwan_core.register.storage.state import get_state
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = "a" * 13
OTHER = "b" * 13


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(FRAME + BRANCHES)
    connection.executemany(
        "INSERT INTO node (id, label, office, role, signing_key, sealing_key) VALUES (?, '', '', 'post', x'', x'')",
        [(ORIGIN,), (OTHER,)],
    )
    return connection


@dataclass
class Walk:
    """The question answered the long way, from the epochs alone."""

    epochs: dict[str, tuple[int, str | None, int, int]] = field(default_factory=dict)
    """name -> (number, parent, the parent's row, rows)."""
    settled: int = 0
    held: dict[str, int] = field(default_factory=dict)

    def beside(self, name: str) -> Iterator[str]:
        """The newer branches beside those in which an epoch lies."""
        child = 0
        seen = set()
        while name in self.epochs and name not in seen:
            seen.add(name)
            number, parent, _, rows = self.epochs[name]
            for other, (no, of, at, _) in self.epochs.items():
                if of == name and other != name and no > max(child, self.settled) and (child or at < rows):
                    yield other
            if parent is None:
                firsts = ((other, no) for other, (no, of, *_) in self.epochs.items() if of is None)
                yield from (other for other, no in firsts if no > max(number, self.settled))
            child, name = number, parent or ""

    def grown(self, name: str) -> bool:
        """Whether a branch has rows beyond those held."""
        return self.epochs[name][3] > self.held.get(name, 0) or any(
            self.grown(child) for child, (_, parent, _, _) in self.epochs.items() if parent == name
        )

    def is_clone(self, name: str) -> bool:
        if self.epochs[name][3] <= self.held.get(name, 0):
            return False
        return any(self.grown(other) for other in self.beside(name))


names = st.sampled_from([f"e{number}" for number in range(9)])
steps = st.one_of(
    st.tuples(st.just("open"), names, names, st.integers(0, 4), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("grow"), names, st.integers(1, 3)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("back")),
    st.tuples(st.just("held"), st.dictionaries(names, st.integers(1, 5), max_size=4)),
)


@given(st.lists(steps, min_size=2, max_size=40))
def test_what_is_kept_beside_epochs_says_what_a_walk_through_them_says(
    ops: list[tuple[object, ...]],
) -> None:
    walk, noting = Walk(), False
    with closing(database()) as connection:

        def check(name: str) -> None:
            assert is_clone(connection, walk.epochs[name][0]) == walk.is_clone(name)

        for op in ops:
            match op:
                case ("open", str(name), str(parent), int(at), int(rows), bool(whole)) if name not in walk.epochs:
                    above = None if parent == name else parent
                    if leads(walk, above, name):
                        continue  # a ring: see the next test
                    number = _opened(connection, name, above, at, rows)
                    walk.epochs[name] = (number, above, at, rows)
                    if whole:
                        check(name)
                    else:  # the first piece of a parcel, from which nothing is asked yet: the epoch has its place
                        enter(connection, number)
                case ("grow", str(name), int(rows)) if name in walk.epochs:
                    number, above, at, before = walk.epochs[name]
                    walk.epochs[name] = (number, above, at, before + rows)
                    connection.execute("UPDATE epoch SET seq=? WHERE no=?", (before + rows, number))
                    check(name)
                case ("settle",):
                    keys_changed(connection, ORIGIN)
                    walk.settled = max((number for number, *_ in walk.epochs.values()), default=0)
                case ("back",):
                    put_back(connection)
                    walk.held, noting = {}, True
                case ("held", dict(heads)):
                    note_held(connection, ORIGIN, list(heads.items()))
                    walk.held = {**heads, **walk.held} if noting else walk.held
        for name in walk.epochs:
            check(name)


def leads(walk: Walk, name: str | None, end: str) -> bool:
    """Whether the way up from an epoch ends at one that is not here yet."""
    while name is not None and name in walk.epochs:
        name = walk.epochs[name][1]
    return name == end


def _opened(connection: sqlite3.Connection, name: str, parent: str | None, at: int, rows: int, of: str = ORIGIN) -> int:
    cursor = connection.execute(
        "INSERT INTO epoch (id, origin, parent, parent_seq, seq, hash) VALUES (?, ?, ?, ?, ?, x'')",
        (name, of, parent, at, rows),
    )
    return cursor.lastrowid or 0


def test_epochs_that_name_each_other_or_themselves_as_parents_end_no_question() -> None:
    with closing(database()) as connection:
        ring = [_opened(connection, f"r{n}", f"r{(n + 1) % 5}", 1, 1) for n in range(5)]
        alone = _opened(connection, "self", "self", 0, 1)
        for number in (*ring, alone):
            is_clone(connection, number)
        assert not is_clone(connection, alone)


def test_an_epoch_of_another_origin_is_neither_parent_nor_beside() -> None:
    with closing(database()) as connection:
        one = _opened(connection, "one", None, 0, 5)
        assert not is_clone(connection, one)
        stranger = _opened(connection, "stranger", "one", 2, 1, of=OTHER)
        assert not is_clone(connection, stranger)
        assert not is_clone(connection, one)


SHAPES: dict[str, Callable[[int], int | None]] = {
    "a chain": lambda n: n - 1 if n else None,
    "a fan": lambda n: 0 if n else None,
    "a comb": lambda n: (n - 1 if n % 2 else max(0, n - 2)) if n else None,
    "a chain from its end": lambda n: n + 1,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_epoch_costs_the_same_however_many_its_origin_has_opened(shape: str) -> None:
    counts = []
    for many in (200, 2000):
        with closing(database()) as connection:
            before, worked = time.thread_time(), 0
            for number in range(many):
                parent = SHAPES[shape](number)
                epoch = _opened(connection, f"e{number}", None if parent is None else f"e{parent}", 1, 1)
                if number >= many - 100:
                    worked += steps_of(connection, epoch)
                else:
                    is_clone(connection, epoch)
            counts.append(worked)
            assert time.thread_time() - before < 20
    assert counts[1] < 3 * counts[0], "steps of SQLite's machine for the last hundred epochs"


def steps_of(connection: sqlite3.Connection, epoch: int) -> int:
    """Hundreds of steps of SQLite's virtual machine that a question takes."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.set_progress_handler(count, 100)
    is_clone(connection, epoch)
    connection.set_progress_handler(None, 0)
    return counted


def test_a_register_that_did_not_keep_it_is_laid_out_when_its_origin_sends_again() -> None:
    with closing(database()) as connection:
        root = _opened(connection, "root", None, 0, 3)
        old, new = (_opened(connection, name, "root", 3, 1) for name in ("old", "new"))
        assert connection.execute("SELECT count(*) FROM branch").fetchone() == (0,)
        assert not is_clone(connection, new)
        assert is_clone(connection, old)
        assert connection.execute("SELECT count(*) FROM branch").fetchone() == (3,)
        assert not enter(connection, root)
        assert get_state(connection, f"settled:{ORIGIN}") is None


def test_a_card_whose_first_parcel_is_taken_in_pieces_is_noticed_beside_its_copy() -> None:
    """Both go on from nothing. The copy's first parcel is taken in between the pieces of the other's."""
    with closing(database()) as connection:
        first, copy = (_opened(connection, name, None, 0, 3) for name in ("first", "copy"))
        assert not is_clone(connection, copy)
        assert is_clone(connection, first)


def test_a_fork_from_nothing_is_noticed_after_the_centre_was_put_back() -> None:
    """How epochs stand is worked out anew then, whichever of them sends first."""
    with closing(database()) as connection:
        first, _copy = (_opened(connection, name, None, 0, 3) for name in ("first", "copy"))
        put_back(connection)
        assert is_clone(connection, first)
