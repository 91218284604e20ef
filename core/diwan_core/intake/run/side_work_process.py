"""The process of `side_work`: examines a whole file before it is imported, or undoes an import.

python -m diwan_core.intake.run.side_work_process DIR/jobs/<id> check|undo
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from diwan_core.dictionary import DICTIONARY, N_
from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.intake.mapping.mapping_file import load
from diwan_core.intake.run import jobs, side_work
from diwan_core.intake.run.import_file import Import
from diwan_core.intake.run.job_process import reason_of
from diwan_core.intake.run.progress import progress_of
from diwan_core.intake.run.report import Report
from diwan_core.intake.run.trial import Trial
from diwan_core.intake.run.undo_import import undo_import
from diwan_core.intake.wording import pack_words
from diwan_core.node import NodeError
from diwan_core.processes.memory import prepare_for_bulk
from diwan_core.register import Register, RegisterError


class _Unkept:
    """A list of refused rows that is only counted and not kept."""

    path = Path()
    lines = 0

    def write(self, row: int, line: int, faults: object) -> None:
        """Forget the row."""


class _Teller:
    """Writes how far the work is, and ends it where nobody waits for it any more."""

    def __init__(self, job: jobs.Job, name: side_work.Name, digest: str) -> None:
        self._job, self._name, self._digest = job, name, digest
        self._began, self._due = time.monotonic(), 0.0

    def __call__(self, share: float, rows: int) -> None:
        now = time.monotonic()
        if now < self._due and share < 1:
            return
        self._due = now + side_work.TELL_EVERY_S
        if self._name == "check" and (side_work.digest_of(self._job) != self._digest or not self._job.folder.exists()):
            raise Unreadable(N_("It was stopped before its end."))
        jobs.write_json(self._job.path(f"{self._name}-progress.json"), progress_of(share, rows, now - self._began))


def work(job: jobs.Job, name: side_work.Name, digest: str) -> dict[str, Any]:
    """Do it; the result."""
    tell = _Teller(job, name, digest)
    try:
        tell(0.0, 0)
        return _undo(job, tell) if name == "undo" else _check(job, tell)
    except (MappingError, Unreadable, NodeError, RegisterError, OSError) as error:
        return {"error": pack_words(reason_of(error))}


def _check(job: jobs.Job, tell: _Teller) -> dict[str, Any]:
    mapping = load(str(job.path("mapping.toml")), DICTIONARY)
    report = Report(mapping, deep=True)
    prepare_for_bulk()
    with Register.open(job.node, role="reader") as register:
        running = Import(
            job.path(job.spec["table"]), mapping, Trial(register), author=job.owner, errors=_Unkept(), progress=tell,
            report=report,
        )  # fmt: skip
        summary = running.run()
    stopped = pack_words(summary.stopped) if summary.stopped else ""
    return {**summary.as_json(), "stopped": stopped, **report.as_json()}


def _undo(job: jobs.Job, tell: _Teller) -> dict[str, Any]:
    prepare_for_bulk()
    with Register.open(job.node, role="writer") as register:
        run = register.import_run(str((job.result or {}).get("run", "")))
        if run is None:
            raise RegisterError("what this import wrote is no longer known, so it cannot be undone")
        done = undo_import(register, run, author=job.owner, progress=tell)
    return {"taken_back": done.taken_back, "left": done.left, "refused": len(done.refused)}


def main() -> None:
    """Do it, unless another process does."""
    job = jobs.get(Path(sys.argv[1]).parent.parent, Path(sys.argv[1]).name)
    name: side_work.Name = "undo" if sys.argv[2:] == ["undo"] else "check"
    if job is None:
        sys.exit(2)
    with suppress(PermissionError):  # a service manager may forbid it
        os.nice(10)
    with job.path(f"{name}.lock").open("w") as lock:
        until = time.monotonic() + side_work.WAIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    return
                time.sleep(0.1)
        if side_work.result(job, name) is None:
            digest = side_work.digest_of(job)
            jobs.write_json(job.path(f"{name}.json"), {**work(job, name, digest), "digest": digest})
        job.path(f"{name}.began").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
