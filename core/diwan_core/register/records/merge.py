"""The multi-value merge: the state of a record as a pure function of the set of its changes.

Each field group is a register of its own, named by a key ("quantity", "goods.1.quantity", "aliases.2"). A change
names, for each key it sets, the heads its author saw; it replaces those and stands beside any other. More than one
head is a conflict: the latest is shown, of a state the one earliest in its order, and the others are kept until a
person resolves them. The creating change is the first head of every key, set or not. Changes arrive after what they
saw (what misses a predecessor waits), so applying them one by one in any such order, any number of times, gives the
same state on every node."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from diwan_core.register.journal.row import Ref, keys_of

Tree = Mapping[str, Any]
"""Field -> group key, or part -> such a mapping: what tells which fields merge as one."""
Rank = Callable[[object], int]


class GroupTree(dict[str, Any]):
    """Such a mapping of a type that has states: `ranks` gives by (part, field) the place of a state in its order."""

    def __init__(self, tree: Tree, ranks: Mapping[tuple[str, str], Rank]) -> None:
        super().__init__(tree)
        self.ranks = ranks


class Head(NamedTuple):
    """A change that holds a key: its epoch, seq and stamp. Ordered by who is shown: the latest stamp, then the
    name."""

    hlc: int
    epoch: str
    seq: int

    @property
    def ref(self) -> Ref:
        return self.epoch, self.seq


@dataclass(slots=True)
class State:
    """A record's present state. `heads` lists only keys whose head is not `base`; `alternatives` holds the value
    of every head of a conflicted key, with whether it is nominal."""

    base: Head
    rest: dict[str, Any]
    nominal: dict[str, Any]
    heads: dict[str, list[Head]] = field(default_factory=dict)
    alternatives: dict[str, dict[Head, tuple[bool, Any]]] = field(default_factory=dict)

    def heads_of(self, key: str) -> list[Head]:
        """The heads that hold `key` now."""
        return self.heads.get(key) or [self.base]


def seen_of(seen: Mapping[str, Any], key: str) -> set[Ref]:
    """The heads of `key` an author saw."""
    listed = seen.get(key)
    if listed is None:
        listed = seen.get("*", ())
    return {(epoch, seq) for epoch, seq in listed}


def merge(
    state: State,
    change: Head,
    seen: Mapping[str, Any],
    rest: Tree,
    nominal: Tree | None,
    tree: Tree,
    replaced: Container[str] = (),
) -> None:
    """Apply one change to `state`, in place. A change that already holds a key, or was replaced there by one that is
    in the state (`replaced` names these keys), only takes away what it had replaced itself."""
    for is_nominal, half in ((False, rest), (True, nominal or {})):
        target = state.nominal if is_nominal else state.rest
        for key in keys_of(half, tree):
            before = state.heads_of(key)
            known = seen_of(seen, key)
            kept = [head for head in before if head.ref not in known]
            joins = change not in before and not (kept and key in replaced)
            heads = sorted([*kept, change]) if joins else kept
            if heads == before:
                continue
            value = value_at(half, key, tree)
            if not kept:
                state.alternatives.pop(key, None)
                put_at(target, key, value, tree)
            else:
                held = state.alternatives.get(key) or {before[0]: (is_nominal, value_at(target, key, tree))}
                still = set(kept)
                held = {head: content for head, content in held.items() if head in still}
                if joins:
                    held[change] = (is_nominal, value)
                put_at(target, key, held[shown_of(held, key, tree)][1], tree)
                if len(held) > 1:
                    state.alternatives[key] = held
                else:
                    state.alternatives.pop(key, None)
            state.heads[key] = heads


def shown_of(held: Mapping[Head, tuple[bool, Any]], key: str, tree: Tree) -> Head:
    """Which of the heads of a conflicted key is shown: the latest; of a state the one earliest in its order, and of
    several the latest."""
    rank = _rank_of(key, tree)
    if rank is None:
        return max(held)
    first = min(rank(value) for _, value in held.values())
    return max(head for head, (_, value) in held.items() if rank(value) == first)


def show_anew(state: State, tree: Tree) -> None:
    """Let the states that stand in conflict show what counts, in place: a release without their order had shown the
    latest."""
    for key, held in state.alternatives.items():
        if _rank_of(key, tree) is not None:
            secret, value = held[shown_of(held, key, tree)]
            put_at(state.nominal if secret else state.rest, key, value, tree)


def _rank_of(key: str, tree: Tree) -> Rank | None:
    if not isinstance(tree, GroupTree):
        return None
    path = key.split(".")
    if len(path) == 1:
        return tree.ranks.get(("", key))
    return tree.ranks.get((path[0], path[2])) if len(path) == 3 else None


def value_at(half: Tree, key: str, tree: Tree) -> Any:
    """The value of a key in a half: a scalar, or for a group of several fields {field: scalar}. None when unset."""
    holder, fields, scalar = _place(half, key, tree)
    if holder is None:
        return None
    if scalar is not None:
        return holder.get(scalar)
    present = {name: holder[name] for name in fields if holder.get(name) is not None}
    return present or None


def put_at(half: dict[str, Any], key: str, value: Any, tree: Tree) -> None:
    """Set a key's value in a half, removing what is null and what becomes empty."""
    path = key.split(".")
    holders: list[tuple[dict[str, Any], str]] = []
    holder = half
    for step in path[:-1]:
        holders.append((holder, step))
        inner = holder.get(step)
        if not isinstance(inner, dict):
            inner = holder[step] = {}
        holder = inner
    _, fields, scalar = _place(half, key, tree)
    content = {scalar: value} if scalar is not None else {name: (value or {}).get(name) for name in fields}
    for name, item in content.items():
        if item is None:
            holder.pop(name, None)
        else:
            holder[name] = item
    for outer, step in reversed(holders):
        if not outer.get(step):
            outer.pop(step, None)


def _place(half: Tree, key: str, tree: Tree) -> tuple[dict[str, Any] | None, list[str], str | None]:
    """The place of a key: its holder in `half` (None when absent), the fields of its group, or its one scalar's
    name."""
    path = key.split(".")
    holder: Any = half
    for step in path[:-1]:
        holder = holder.get(step) if isinstance(holder, Mapping) else None
    if not isinstance(holder, dict):
        holder = half if len(path) == 1 else None
    last = path[-1]
    scope: Any = tree
    if len(path) == 3 and isinstance(tree.get(path[0]), Mapping):
        scope = tree[path[0]]
    elif len(path) != 1:
        return holder, [], last
    fields = [name for name, group in scope.items() if group == last]
    return (holder, fields, None) if len(fields) > 1 else (holder, [], fields[0] if fields else last)
