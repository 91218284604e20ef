"""Undoes a whole import by new changes: nothing is deleted, and the undoing can be undone too.

A record the import made is withdrawn; one that was edited since, or that another record names, stays and is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from diwan_core.intake.run.import_file import BATCH, Progress
from diwan_core.register import Register, RegisterError
from diwan_core.register.records.import_runs import ImportRun
from diwan_core.register.records.undo import Undoing


@dataclass
class Undone:
    """The outcome for the records of an import: how many were withdrawn, which were left, and why others were not."""

    run: str
    taken_back: int = 0
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


LEFT_MOST: Final = 1000


def plan_of(register: Register, run: ImportRun) -> Undoing:
    """The records that would be withdrawn, and those that would be left."""
    return register.undoing_run(run.id)


def undo_import(register: Register, run: ImportRun, *, author: str, progress: Progress | None = None) -> Undone:
    """Take back what an import wrote, a batch at a time. Raises RegisterError: what was taken back before stays so, and
    doing it again does the rest."""
    if run.undone is not None:
        raise RegisterError(f"the import of {run.file} has been undone already")
    plan = plan_of(register, run)
    undoing = register.begin_undoing(run, author)
    done = Undone(undoing, left=[record for record, _key in plan.left][:LEFT_MOST])
    for at in range(0, len(plan.edits), BATCH):
        edits = plan.edits[at : at + BATCH]
        saved = register.save_many([[edit] for edit in edits], author=author, run=undoing)
        done.taken_back += saved.saved
        done.refused += [str(edits[index].record) for index in saved.refused][: LEFT_MOST - len(done.refused)]
        if progress is not None:
            progress(min(1.0, (at + len(edits)) / max(1, len(plan.edits))), at + len(edits))
    register.end_run(undoing, {"taken_back": done.taken_back, "left": len(plan.left), "refused": len(done.refused)})
    return done
