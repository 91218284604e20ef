"""The plan of a run: steps drawn from a seed, each with a seed of its own, so that steps can be left out."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple


class Step(NamedTuple):
    """One thing that happens, drawn entirely from its seed."""

    kind: str
    seed: int


WEIGHTS: Final = {
    "report": 10, "edit": 8, "photograph": 4, "rivals": 3, "turns": 3,
    "kill": 8, "crash": 8, "power": 10, "death": 14, "full": 3, "clock": 3, "line": 8, "weather": 10, "wipe": 3,
    "backup": 6, "put-back": 3, "centre-backup": 4, "centre-back": 3, "clone": 1, "revoke": 1, "erase": 2,
    "stick": 6, "carry": 6, "harm-stick": 4, "rekey": 1, "new-post": 1.5, "quiet": 2, "codes": 1, "statement": 6,
    "older": 3, "send-back": 3, "years": 2, "disk-error": 5, "attack": 5, "forge": 5,
    "short-read": 3,
}  # fmt: skip
RARE: Final = (
    "backup", "put-back", "centre-backup", "centre-back", "clone", "revoke", "rekey", "new-post", "erase", "years",
    "codes", "stick", "carry", "harm-stick",
)  # fmt: skip
"""What happens seldom in the usual mix, though most that was found had some of it."""
RARE_RUNS, RARE_TIMES = 0.25, 4
"""In how many runs these kinds come more often, and how much."""
PEACE: Final = frozenset(
    {"report", "edit", "photograph", "rivals", "turns", "backup", "centre-backup", "quiet", "send-back", "codes"}
)
"""Steps that are no faults."""


def plan(seed: int, steps: int) -> list[Step]:
    """Steps of a run. Each run draws its own mix (swarm testing): some kinds are left out, others come often."""
    chance = Random(f"plan {seed}")
    weights = {kind: weight * chance.choice((0, 0.3, 1, 1, 3)) for kind, weight in WEIGHTS.items()}
    if Random(f"rare {seed}").random() < RARE_RUNS:
        weights |= {kind: weights[kind] * RARE_TIMES for kind in RARE}
    for kind in ("report", "turns"):
        weights[kind] = weights[kind] or WEIGHTS[kind]
    kinds, rates = list(weights), list(weights.values())
    return [Step(chance.choices(kinds, rates)[0], chance.getrandbits(48)) for _ in range(steps)]
