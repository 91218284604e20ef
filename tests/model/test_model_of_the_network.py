"""Every state of a small network, and what must hold in each; mistakes put into the model are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.model.explore import explore
from tests.model.healing import ROUNDS
from tests.model.replay import replay
from tests.model.state import Bounds
from tests.model.steps import Flaw, Step
from tests.model.traces import plain, sample

pytestmark = pytest.mark.slow

SMALL = (
    (Bounds(3, 0, 1), 3_737),
    (Bounds(2, 0, 1, put_backs=1), 7_000),
    (Bounds(2, 0, 1, centre_put_backs=1), 12_000),
    (Bounds(2, 0, 1, revocations=1), 2_000),
    (Bounds(2, 0, 1, clones=1), 4_000),
    (Bounds(3, 0, 1, reboots=1), 5_000),
    (Bounds(1, 1, 1, revocations=1), 4_000),
)
"""What is gone through in every run, and how many states there are at least."""
LARGE = (
    Bounds(2, 1, 1),
    Bounds(2, 1, 1, revocations=1),
    Bounds(1, 1, 1, centre_put_backs=1),
    Bounds(3, 0, 1, put_backs=1, reboots=1),
    Bounds(2, 0, 1, put_backs=1, centre_put_backs=1),
    Bounds(2, 0, 1, clones=1, revocations=1),
)

OLD_FORK: tuple[Step, ...] = (
    *(("save", 0), ("copy post", 0), ("copy centre",), ("save", 0), ("settle",), ("put post back", 0)),
    *(("save", 0), ("settle",), ("hello", 0), ("settle",)),
)
"""A post was put back and wrote on; then the centre may be put back, and both branches come again."""
LOST_EPOCH: tuple[Step, ...] = (
    *(("save", 0), ("reboot", 0), ("copy post", 0), ("save", 0), ("settle",), ("put post back", 0)),
    *(("save", 0), ("settle",), ("hello", 0)),
)
"""A post lost a whole epoch with its database and wrote another; the lost one comes back from the centre."""

FLAWS = {
    Flaw.RECEIPT_BEFORE_COMMIT: (Bounds(1, 0, 0), (), "a receipt says more than was ever received"),
    Flaw.SAME_EPOCH_AFTER_PUT_BACK: (Bounds(3, 0, 0, put_backs=1), (), "acknowledged and are not at the centre"),
    Flaw.REVOKED_KEYS_ADMITTED: (Bounds(1, 0, 0, revocations=1), (), "rows under revoked keys were admitted"),
    Flaw.GAPS_ADMITTED: (Bounds(2, 0, 0), (), "more is settled than was sent"),
    Flaw.ASKING_IGNORED: (Bounds(1, 0, 0, centre_put_backs=1), (), "acknowledged and are not at the centre"),
    Flaw.PLACE_NOT_CHECKED: (Bounds(1, 1, 1, centre_put_backs=1), (), "not at rest"),
    Flaw.DUPLICATES_NUMBERED: (Bounds(1, 0, 0), (), "numbered in the scope twice"),
    Flaw.HELLOS_NOT_HEEDED: (Bounds(3, 0, 4, put_backs=1, centre_put_backs=1), OLD_FORK, "taken for two machines"),
    Flaw.KNOWN_IS_PARENT: (Bounds(4, 0, 1, put_backs=1, reboots=2), LOST_EPOCH, "taken for two machines"),
}


def named(one: object) -> str:
    """Bounds in few words."""
    if not isinstance(one, Bounds):
        return str(one)
    return " ".join(f"{name} {many}" for name, many in one._asdict().items() if many)


@pytest.mark.parametrize(("bounds", "least"), SMALL, ids=named)
def test_nothing_is_wrong_in_any_state_and_from_each_the_network_comes_to_rest(bounds: Bounds, least: int) -> None:
    found = explore(bounds)
    print(f"{found.states} states, {found.depth} steps deep, at rest after {found.rounds} rounds at the most: {bounds}")
    assert found.wrong == "", found.trace
    assert found.states >= least, "the bounds reach what they are meant to reach"
    assert 1 <= found.rounds <= ROUNDS


@pytest.mark.parametrize("flaw", Flaw, ids=lambda flaw: flaw.name)
def test_a_mistake_in_the_model_is_found_and_without_it_nothing_is(flaw: Flaw) -> None:
    bounds, way_in, words = FLAWS[flaw]
    found = explore(bounds, flaw, way_in)
    assert words in found.wrong, f"{flaw.value}: {found.wrong}"
    if way_in:
        assert explore(bounds, None, way_in).wrong == ""


def test_a_trace_is_plain_steps_that_json_keeps() -> None:
    bounds, way_in, _ = FLAWS[Flaw.KNOWN_IS_PARENT]
    steps = plain(explore(bounds, Flaw.KNOWN_IS_PARENT, way_in).trace)
    assert json.loads(json.dumps(steps)) == steps
    assert steps[0] == {"step": "save", "machine": 0}
    assert steps[-1]["message"]["kind"] == "rows"
    assert steps[-1]["message"]["changes"] == [3]


REPLAYED = (
    Bounds(2, 0, 1),
    Bounds(2, 0, 0, put_backs=1),
    Bounds(1, 0, 1, centre_put_backs=1),
    Bounds(1, 0, 1, revocations=1),
    Bounds(3, 0, 0, reboots=2),
)


@pytest.mark.parametrize("bounds", REPLAYED, ids=named)
def test_traces_of_the_model_hold_with_the_real_register_and_exchange(
    bounds: Bounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replay(sample(bounds, 2), tmp_path, monkeypatch)


@pytest.mark.parametrize("flaw", [Flaw.HELLOS_NOT_HEEDED, Flaw.KNOWN_IS_PARENT], ids=lambda flaw: flaw.name)
def test_what_a_mistake_would_break_does_not_break_the_real_one(
    flaw: Flaw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds, way_in, _ = FLAWS[flaw]
    way = list(explore(bounds, flaw, way_in).trace)
    _replay([plain(way)], tmp_path, monkeypatch)


def test_a_replay_fails_where_the_real_one_makes_the_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A centre put back that heeds no hello: the fork of a post put back once looks like a copied card."""
    bounds, way_in, words = FLAWS[Flaw.HELLOS_NOT_HEEDED]
    way = plain(explore(bounds, Flaw.HELLOS_NOT_HEEDED, way_in).trace)
    monkeypatch.setattr("diwan_core.exchange.centre.inbox.note_held", lambda *_: None)
    with pytest.raises(AssertionError, match=words):
        _replay([way], tmp_path, monkeypatch)


def _replay(ways: list[list[dict[str, object]]], folder: Path, patch: pytest.MonkeyPatch) -> None:
    steps = skipped = 0
    for number, way in enumerate(ways):
        with patch.context() as inner:
            made = replay(folder / str(number), inner, way)
        steps += len(way)
        skipped += made.skipped
    print(f"{len(ways)} traces, {steps} steps, {skipped} without a real message")
    assert skipped <= steps / 10, "a replay follows its trace"


@pytest.mark.lab
@pytest.mark.parametrize("bounds", LARGE, ids=named)
def test_nothing_is_wrong_within_larger_bounds(bounds: Bounds) -> None:
    found = explore(bounds)
    print(f"{found.states} states, {found.depth} steps deep, at rest after {found.rounds} rounds at the most: {bounds}")
    assert found.wrong == "", found.trace


@pytest.mark.lab
@pytest.mark.parametrize("bounds", REPLAYED, ids=named)
def test_many_traces_hold_with_the_real_register_and_exchange(
    bounds: Bounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replay(sample(bounds, 60), tmp_path, monkeypatch)
