"""The merge: any order of the same changes gives the same record, and nothing anyone wrote is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diwan_core.register.records import merge
from hypothesis import given
from hypothesis import strategies as st

TREE: dict[str, Any] = {
    "date": "when",
    "date_precision": "when",
    "place": "place",
    "aliases": "aliases",
    "goods": {"quantity": "amount", "unit": "amount", "brand": "brand"},
}
KEYS = ("when", "place", "aliases.1", "aliases.2", "goods.1.amount", "goods.1.brand", "goods.2.brand")


@dataclass(frozen=True)
class Change:
    """A change: its head, what its author saw, what it sets."""

    head: merge.Head
    seen: tuple[int, ...]
    key: str
    value: Any


def document(key: str, value: Any) -> dict[str, Any]:
    """The half that sets one key."""
    half: dict[str, Any] = {}
    merge.put_at(half, key, value, TREE)
    return half if half else _cleared(key)


def _cleared(key: str) -> dict[str, Any]:
    path = key.split(".")
    names = {"when": ["date", "date_precision"], "amount": ["quantity", "unit"]}.get(path[-1], [path[-1]])
    half: dict[str, Any] = dict.fromkeys(names)
    for step in reversed(path[:-1]):
        half = {step: half}
    return half


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes of one record by three writers, each having seen some earlier ones and all that those had seen."""
    changes: list[Change] = []
    closed: list[set[int]] = []
    for number in range(draw(st.integers(1, 9))):
        seen: set[int] = set()
        for other in draw(st.sets(st.integers(0, max(0, number - 1)), max_size=3)) if number else ():
            seen |= closed[other] | {other}
        key = draw(st.sampled_from(KEYS))
        value: Any = draw(st.sampled_from(["a", "b", "c", None]))
        if value is not None and key.endswith(("when", "amount")):
            value = {"date": value} if key == "when" else {"quantity": value, "unit": "KGM"}
        stamp = draw(st.integers(1, 5))
        changes.append(Change(merge.Head(stamp, f"e{draw(st.integers(0, 2))}", number + 1), tuple(seen), key, value))
        closed.append(seen)
    return changes


BASE = merge.Head(0, "base", 1)


def apply(changes: list[Change], order: list[int]) -> merge.State:
    """The state after the changes in this order. What each saw at its key: the heads there of what its author knew."""
    state = merge.State(BASE, {"place": "start"}, {})
    for index in order:
        change = changes[index]
        refs = [head.ref for head in author_heads(changes, index)]
        merge.merge(state, change.head, {change.key: refs}, document(change.key, change.value), None, TREE)
    return state


def author_heads(changes: list[Change], index: int) -> list[merge.Head]:
    """The heads of a change's key in the world its author knew."""
    known = sorted(changes[index].seen)
    at_key = [number for number in known if changes[number].key == changes[index].key]
    replaced = {earlier for number in at_key for earlier in changes[number].seen}
    return [changes[number].head for number in at_key if number not in replaced] or [BASE]


def causal_orders(changes: list[Change], chance: Any) -> list[int]:
    """Any order in which each change comes after all it saw."""
    left, order = set(range(len(changes))), []
    while left:
        ready = sorted(number for number in left if not left & set(changes[number].seen))
        order.append(chance.choice(ready))
        left.remove(order[-1])
    return order


def shape(state: merge.State) -> tuple[Any, ...]:
    return state.rest, state.heads, {key: dict(held) for key, held in state.alternatives.items()}


@given(histories(), st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_any_order_of_the_same_changes_gives_the_same_state(changes: list[Change], one: Any, other: Any) -> None:
    assert shape(apply(changes, causal_orders(changes, one))) == shape(apply(changes, causal_orders(changes, other)))


@given(histories(), st.randoms(use_true_random=False))
def test_a_value_nobody_who_saw_it_replaced_is_still_there(changes: list[Change], chance: Any) -> None:
    state = apply(changes, causal_orders(changes, chance))
    for key in KEYS:
        at_key = [number for number, change in enumerate(changes) if change.key == key]
        standing = [n for n in at_key if not any(n in changes[later].seen for later in at_key)]
        if not standing:
            continue
        heads = [changes[number].head for number in standing]
        if any(BASE in author_heads(changes, n) for n in at_key):
            assert sorted(state.heads_of(key)) == sorted(heads)
        shown = max(state.heads_of(key))
        assert merge.value_at(state.rest, key, TREE) == next(c.value for c in changes if c.head == shown)


@given(histories(), st.randoms(use_true_random=False))
def test_a_conflict_holds_the_value_of_every_head(changes: list[Change], chance: Any) -> None:
    state = apply(changes, causal_orders(changes, chance))
    for key, heads in state.heads.items():
        if len(heads) > 1:
            assert set(state.alternatives[key]) == set(heads)
        else:
            assert key not in state.alternatives


@given(histories(), st.randoms(use_true_random=False))
def test_changes_that_come_again_after_what_followed_them_give_the_same_state(
    changes: list[Change], chance: Any
) -> None:
    """A part of a snapshot brought what the first changes made, somebody here went on from it, and then all the rows
    come."""
    order = causal_orders(changes, chance)
    brought = order[: chance.randrange(len(order) + 1)]
    here = list(brought)
    for number in order[len(brought) :]:
        if set(changes[number].seen) <= set(here) and chance.random() < 0.5:
            here.append(number)
    own = here[len(brought) :]
    state = apply(changes, here)
    for index in causal_orders(changes, chance):
        if index in own:
            continue
        change = changes[index]
        refs = [head.ref for head in author_heads(changes, index)]
        followers = [n for n in own if changes[n].key == change.key and change.head in author_heads(changes, n)]
        replaced = {change.key} if followers else set()
        half = document(change.key, change.value)
        merge.merge(state, change.head, {change.key: refs}, half, None, TREE, replaced)
    assert shape(state) == shape(apply(changes, order))


def test_a_part_whose_fields_are_all_cleared_is_gone() -> None:
    state = merge.State(BASE, {"goods": {"1": {"brand": "x"}, "2": {"brand": "y"}}}, {})
    merge.merge(state, merge.Head(1, "e", 2), {"*": [BASE.ref]}, {"goods": {"1": {"brand": None}}}, None, TREE)
    assert state.rest == {"goods": {"2": {"brand": "y"}}}
