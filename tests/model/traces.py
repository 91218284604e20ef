"""Traces of the model as lists of plain steps in JSON, for whatever replays them against the real thing.

    python -m tests.model.traces > traces.json

Each trace is {"bounds", "steps"}. A step has a name and, where it is about one, the number of a machine (0 and 1 are
the posts, 2 the copy of a card); `deliver` has a message with its kind and what it is about. Changes are numbered in
the order they were saved, epochs are [post, number].
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from tests.model.explore import explore
from tests.model.state import ANEW, FEED, HELLO, RECEIPT, Bounds, Message
from tests.model.steps import Step

SAMPLED = (
    Bounds(2, 1, 1),
    Bounds(2, 0, 1, put_backs=1),
    Bounds(2, 0, 1, centre_put_backs=1),
    Bounds(2, 0, 1, revocations=1),
    Bounds(3, 0, 1, reboots=2),
)
"""Bounds whose states are gone through in seconds."""


def plain_message(message: Message) -> dict[str, Any]:
    """A message by its kind and what it is about."""
    kind = message[0]
    if kind == HELLO:
        _, machine, number, _, heads, feed = message
        return {"kind": kind, "machine": machine, "number": number, "heads": heads, "followed": feed}
    if kind == RECEIPT:
        _, machine, number, _, epoch, stored, asks = message
        return {"kind": kind, "machine": machine, "hello": number, "epoch": epoch, "stored": stored, "asks": asks}
    if kind == FEED:
        return {"kind": kind, "machine": message[1], "after": message[2], "changes": message[3]}
    if kind == ANEW:
        return {"kind": kind, "machine": message[1], "hello": message[2]}
    _, post, key, epoch, _, changes, first = message
    return {"kind": kind, "post": post, "key": key, "epoch": epoch, "changes": changes[first:]}


def plain(way: Iterable[Step]) -> list[dict[str, Any]]:
    """Steps as JSON has them."""
    steps = []
    for name, *about in way:
        step: dict[str, Any] = {"step": name}
        if about:
            step |= {"message": plain_message(about[0])} if name == "deliver" else {"machine": about[0]}
        steps.append(step)
    found: list[dict[str, Any]] = json.loads(json.dumps(steps))
    return found


def sample(bounds: Bounds, many: int) -> list[list[dict[str, Any]]]:
    """So many traces within these bounds, spread over the states in the order of their distance, the farthest last."""
    found = explore(bounds, sample=many)
    return [plain(way) for way in (*found.ways[1:], found.trace)]


def main() -> None:
    """Print traces of every sampled bound as one JSON list."""
    made = [{"bounds": one._asdict(), "steps": way} for one in SAMPLED for way in sample(one, 20)]
    json.dump(made, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
