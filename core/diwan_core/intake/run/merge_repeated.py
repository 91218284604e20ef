"""Merges records of rows that were imported at two posts, where the records do not differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from diwan_core.intake.run.import_file import Progress
from diwan_core.register import Register
from diwan_core.register.records.repeated_imports import doubles, hashes, merging

BATCH: Final = 200


@dataclass
class Merged:
    """The outcome: how many rows were merged, left for a person because their records differ, or refused."""

    run: str
    merged: int = 0
    differing: int = 0
    refused: int = 0


def merge_all(register: Register, system: str, *, author: str, progress: Progress | None = None) -> Merged:
    """Merge the records of each row of a source ("" for all), the oldest staying. Raises RegisterError."""
    marks = hashes(register.store)
    done = Merged(register.begin_merging(system, author))
    for at in range(0, len(marks), BATCH):
        if progress is not None:
            progress(at / len(marks), done.merged)
        agreed = []
        for found in doubles(register.store, marks[at : at + BATCH]):
            if system and found.system != system:
                continue
            if found.differing:
                done.differing += 1
            else:
                agreed.append(merging(found, found.twins[0].record))
        if agreed:
            saved = register.save_many(agreed, author=author, run=done.run)
            done.merged += saved.saved
            done.refused += len(saved.refused)
    register.end_run(done.run, {"merged": done.merged, "differing": done.differing, "refused": done.refused})
    if progress is not None:
        progress(1.0, done.merged)
    return done
