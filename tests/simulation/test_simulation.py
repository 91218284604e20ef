"""A slice of the simulation in every run of the tests; `./diwan simulate` does as much as one likes."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from diwan_core.trust.network import keys
from diwan_lab import signatures
from diwan_lab.officers import Told

from tests.simulation.checks import broken
from tests.simulation.country import LOG_BYTES, country
from tests.simulation.nodes import disk_of
from tests.simulation.plan import Step, plan
from tests.simulation.remembered import remembered
from tests.simulation.run import Run
from tests.simulation.runs import KINDS, run_in, simulate
from tests.simulation.shrink import shrunk
from tests.simulation.stored import Stored
from tests.simulation.watched_folder import WatchedFolder

EVERY_KIND = [*plan(4, 30), *(Step(kind, 100 + at) for at, kind in enumerate([*KINDS, *KINDS]))]


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """What nodes log of faults is expected."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", [4, 9, 13, *(pytest.param(seed, marks=pytest.mark.lab) for seed in range(100, 200))])
def test_nothing_is_lost_doubled_or_different_and_the_country_comes_to_rest(memory: Path, seed: int) -> None:
    outcome = simulate(seed, plan(seed, 160), memory)
    assert outcome.words == []
    assert outcome.at_rest
    assert outcome.acknowledged > 10


def test_a_country_leaves_no_file_open_that_only_a_circle_of_dead_objects_holds(memory: Path) -> None:
    gc.disable()  # whether it would have been looked for by then depends on the tests before
    with country(memory / "country", 1, posts=1):
        circle: list[object] = [(memory / "held").open("w")]
        circle.append(circle)
        del circle
    open_now = [os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    gc.enable()
    assert [path for path in open_now if str(memory) in path] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60_000, 60_024))
def test_nothing_is_lost_where_hundreds_of_faults_happen_to_one_country(memory: Path, seed: int) -> None:
    """Long enough for what short runs do not meet, a third of them twice as long. With those of `test_scopes.py` they
    are twenty thousand."""
    enough = 1_000 if seed < 60_008 else 500
    outcome = simulate(seed, plan(seed, 12_000), memory, enough=enough)
    assert outcome.words == []
    assert outcome.at_rest
    assert outcome.faults.total() >= enough


def test_the_same_seed_gives_the_same_bytes(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[dict[str, str]] = []

    def looked(run: Run) -> None:
        found.append(
            {
                path.relative_to(run.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted((run.folder / "country").rglob("register.db*"))
                if not path.name.endswith("-shm")
            }
        )

    monkeypatch.setattr(Run, "rest", looked)
    for turn in ("first", "again"):
        (memory / turn).mkdir()
        simulate(4, EVERY_KIND, memory / turn)
    assert found[0] == found[1]
    assert len(found[0]) > 4


def test_what_is_not_read_again_is_what_lies_there(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes files for unchanged that SQLite wrote through it, or that look as they did."""
    content_of, spared = WatchedFolder.content_of, []

    def compared(folder: WatchedFolder, name: str, stored: Stored, found: os.stat_result) -> bytes:
        known = stored.is_as_known(found)
        content = content_of(folder, name, stored, found)
        assert content == (folder.root / name).read_bytes()
        if known:
            spared.append(name)
        return content

    monkeypatch.setattr(WatchedFolder, "content_of", compared)
    outcome = simulate(4, [*EVERY_KIND, *(Step(kind, 300 + at) for at, kind in enumerate(KINDS))], memory)
    assert outcome.words == []
    assert len(spared) > 500


def test_a_picture_that_was_erased_does_not_come_back_with_the_power(memory: Path) -> None:
    """Seed 300025: its file was deleted, and the folder not synced before the erasure counted as done."""
    words = []
    for seed in range(8):
        with country(memory / str(seed), seed, 1) as made:
            run, chance = run_in(made, memory / str(seed), seed), Random(seed)
            with made.world.at(made.posts[0].machine):
                run.people.report(made.posts[0], chance)
                run.people.photograph(made.posts[0], chance)
            for _ in range(12):
                run.turn(2.0)
            run.do(Step("erase", seed))
            for _ in range(30):
                run.turn(5.0)
            for one in made.all_nodes():
                run.over(one, by_power=True)
            run.rest()
            words += run.outcome.words
    assert words == []


def test_a_post_that_was_given_new_keys_is_left_alone(memory: Path) -> None:
    """It was known by its old keys, which are refused, and so was given new ones again and again."""
    with country(memory / "country", 3, 2) as made:
        run = run_in(made, memory, 3)
        run.do(Step("rekey", 1))
        for seed in range(40):
            run.do(Step("report", seed))
        assert (made.revoked, run.outcome.taken_for_copies) == (1, 0)


def test_a_revocation_whose_centre_died_after_writing_it_reaches_the_broker(memory: Path) -> None:
    """Seed 61006: both machines of a copied card were let in for ever, and nothing that they said was taken."""
    with country(memory / "country", 3, 2) as made:
        run, post = run_in(made, memory, 3), made.posts[0]
        run.armed["central"] = "after-commit", 1
        with run.dying(made.centre):
            made.revoke(post.id, "two machines wrote as this node")
        assert not made.centre.runs and not made.is_cut_off(post)
        for _ in range(8):
            run.do_nothing()
        assert made.centre.runs and made.is_cut_off(post)
        assert [one.identity for one in run.trust.revocations] == [post.identity]


def test_nobody_looks_into_a_machine_that_died_at_work_for_another(memory: Path) -> None:
    """Seed 70016: the centre died while a post asked it for a certificate, and a technician read its register then."""
    with country(memory / "country", 3, 1) as made:
        run = run_in(made, memory, 3)
        looked: list[object] = []

        def technician() -> Iterator[None]:
            while len(looked) < 20:
                if made.centre.runs:
                    looked.append(made.centre.needed()[0].store.rows("SELECT count(*) FROM epoch"))
                yield

        run.todo.append(technician())
        for seed in range(40):
            if seed % 10 == 0 and made.centre.runs:
                disk_of(made.centre.machine).dies()
            run.do(Step("report", seed))
        assert len(looked) == 20 and run.outcome.faults["death"] > 1


def test_a_disk_that_is_full_has_room_again(memory: Path) -> None:
    """Nobody made room before the end of a run, and a machine that could not start was out of it."""
    with country(memory / "country", 3, 1) as made:
        run = run_in(made, memory, 3)
        for seed in range(4):
            run.do(Step("full", seed))
        for seed in range(60):
            run.do(Step("report", seed))
        assert all(one.runs and disk_of(one.machine).faults.limit is None for one in made.all_nodes())


def test_the_log_is_copied_into_the_database_beside_the_writers(memory: Path) -> None:
    with country(memory / "country", 3, 1) as made:
        run = run_in(made, memory, 3)
        run.pace = 1.0
        folder = made.centre.machine.folder
        before = (folder / "register.db").stat().st_size
        for seed in range(60):
            run.do(Step("report", seed))
        assert (folder / "register.db").stat().st_size > before
        assert (folder / "register.db-wal").stat().st_size < 4 * LOG_BYTES


def test_a_post_that_joins_by_a_snapshot_has_fewer_rows_than_its_counters_say(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of each step took that for a fault, in runs long enough for a snapshot."""
    monkeypatch.setattr("tests.simulation.country.SNAPSHOT_BEHIND", 5)
    with country(memory / "country", 3, 1) as made:
        run = run_in(made, memory, 3)
        for seed in range(20):
            run.do(Step("report", seed))
        late = made.add_post()
        for _ in range(20):
            run.do_nothing()
            assert broken(made) == []
        rows = [one.needed()[0].store.one("SELECT count(*) FROM journal") for one in (late, made.centre)]
        assert rows[0] < rows[1]
        assert made.settled()


def test_what_is_remembered_of_signatures_is_that_they_hold() -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    signature = private.sign(b"diwan/1/checkpoint\0whole")
    with remembered():
        for _ in range(2):
            assert keys.verify(public, b"diwan/1/checkpoint", b"whole", signature)
            assert signatures._verifies(public, b"whole", signature)
            for message, signed in ((b"other", signature), (b"whole", bytes(64))):
                assert not keys.verify(public, b"diwan/1/checkpoint", message, signed)
                assert not signatures._verifies(public, message, signed)


def test_an_acknowledged_case_that_is_taken_away_is_missed(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks can fail."""
    rest = Run.rest

    def robbed(run: Run) -> None:
        run.people.told.append(Told("case", "post1", "0" * 36, "mark-post1-0-0000000000-end"))
        rest(run)

    monkeypatch.setattr(Run, "rest", robbed)
    outcome = simulate(5, [Step("report", 1), Step("report", 2)], memory)
    assert any("LOST" in words for words in outcome.words)


def test_a_failing_run_is_made_as_short_as_it_can_be() -> None:
    steps = plan(1, 200)
    needed = {steps[17], steps[120], steps[121]}
    assert set(shrunk(steps, needed.issubset)) == needed
