"""Makes a failing run shorter: the fewest steps that still fail (delta debugging, Zeller and Hildebrandt 2002)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulation.plan import Step


def shrunk(steps: Sequence[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """The shortest list found, by leaving out ever smaller pieces, for which `fails` is still true."""
    kept, parts = list(steps), 2
    while len(kept) > 1:
        size = -(-len(kept) // parts)
        for at in range(0, len(kept), size):
            rest = kept[:at] + kept[at + size :]
            if rest and fails(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return kept
            parts = min(parts * 2, len(kept))
    return kept


def as_test(seed: int, steps: Sequence[Step], words: Sequence[str], posts: int, *, scopes: bool = False) -> str:
    """A test that carries out these steps in a country of so many posts at first; `scopes`: with what an administration
    says of who reads what."""
    listed = "".join(f'        Step("{step.kind}", {step.seed}),\n' for step in steps)
    said = "; ".join(words)[:300].replace('"""', "'''")
    return (
        f"def test_seed_{seed}(memory: Path) -> None:\n"
        f'    """Before it was mended: {said}"""\n'
        f"    steps = [\n{listed}    ]\n"
        f"    assert {'runs_of_scopes' if scopes else 'runs'}.simulate({seed}, steps, memory, {posts}).words == []\n"
    )
