"""Saves cases one by one at a steady pace, as many officers would, in a process of its own.

    python -m diwan_bench.live --dir POST --rows W1.jsonl --rate 100 --out moments

Writes a line `epoch seq before_ns committed_ns` for each case: when its save began, and right after its commit.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.mapping.compiled_mapping import Compiled
from diwan_core.intake.mapping.mapping_file import load
from diwan_core.intake.sources.reader import Reader
from diwan_core.register import Edit, Register

from diwan_bench.paths import W1_MAPPING


class TimedRegister(Register):
    """A register that notes when its last transaction was committed: a save knocks at the agent right after that."""

    committed_ns = 0

    def wake(self, what: bytes = b"saved") -> None:
        self.committed_ns = time.time_ns()
        super().wake(what)


def documents(rows: Path) -> list[dict[str, Any]]:
    """The rows as case documents, mapped beforehand: mapping files is not part of a save."""
    mapping = load(str(W1_MAPPING), DICTIONARY)
    compiled = Compiled(mapping)
    with Reader(rows, mapping.source) as reader:
        return [compiled.document(row.cells, compiled.key(row.cells)) for row in reader if row.cells is not None]


def run(folder: Path, cases: list[dict[str, Any]], rate: float) -> list[str]:
    """Save `cases` at `rate` a second; a save that is late does not delay the ones after it by more than itself."""
    moments = []
    register = TimedRegister.open(folder, role="writer")
    with register:
        if not isinstance(register, TimedRegister):
            raise TypeError("open makes what it was called on")
        due = time.monotonic()
        for case in cases:
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / rate
            before = time.time_ns()
            epoch, seq = register.save([Edit("case", case)], author="officer").ref
            moments.append(f"{epoch} {seq} {before} {register.committed_ns}")
    return moments


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--rows", type=Path, required=True)
    options.add_argument("--rate", type=float, required=True)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    moments = run(given.dir, documents(given.rows), given.rate)
    given.out.write_text("\n".join(moments) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
