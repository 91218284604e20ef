"""Reads an uploaded file in the background, because a workbook may take longer than a person waits for a page.

`reading.json` in the job's folder says how far it is, or why it could not be done; whoever reads holds a lock beside it
as long as it lives. What reads is imported where it is used."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from diwan_core.dictionary import Sentence, sentence
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.run import jobs
from diwan_core.web.language.i18n import N_
from diwan_core.web.transfer.import_steps import source_from

State = Literal["", "running", "failed", "interrupted"]
WAITED_S: Final = 1.5
"""How long an upload waits for a small file to be read, so that nobody sees a page in between."""
_TELL_EVERY_S: Final = 0.4
_TOLD, _LOCK = "reading.json", "reading.lock"


def begin(job: jobs.Job, sheet: str, wait: float | None = None) -> None:
    """Read the uploaded file, of a workbook this sheet ("" for the first), and wait a moment for the end."""
    if state(job) == "running":
        return
    jobs.write_json(job.path(_TOLD), {"share": 0.0})
    locked = threading.Event()
    thread = threading.Thread(target=_work, args=(job, sheet, locked), daemon=True)
    thread.start()
    locked.wait()
    thread.join(WAITED_S if wait is None else wait)


def state(job: jobs.Job) -> State:
    """The state of the reading; "" where none is running and none has failed."""
    locked = _is_locked(job)  # asked first: what is told when nobody works any more is the last word
    told = jobs.read_json(job.path(_TOLD))
    if told is None:
        return ""
    return "failed" if "error" in told else "running" if locked else "interrupted"


def share(job: jobs.Job) -> float:
    """How much of the file was read, 0.0 to 1.0."""
    return float((jobs.read_json(job.path(_TOLD)) or {}).get("share", 0.0))


def error(job: jobs.Job) -> Sentence:
    """Why the file could not be read; it is forgotten when it has been said."""
    from diwan_core.intake.wording import sentence_of

    told: dict[str, Any] = jobs.read_json(job.path(_TOLD)) or {}
    job.path(_TOLD).unlink(missing_ok=True)
    if "error" not in told:
        return sentence(N_("Reading the file was interrupted. Upload it again."))
    return sentence_of(told["error"])


def _work(job: jobs.Job, sheet: str, locked: threading.Event) -> None:
    from diwan_core.intake.wording import pack_words

    due = 0.0

    def tell(done: float) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _TELL_EVERY_S
            with suppress(OSError):
                jobs.write_json(job.path(_TOLD), {"share": round(done, 2)})

    with _lock(job, locked):
        try:
            _read(job, sheet, tell)
        except Unreadable as refused:
            _tell_error(job, pack_words(refused.sentence))
        except OSError:
            full = sentence(N_("The file could not be saved: the disk is full. Call your technician."))
            _tell_error(job, pack_words(full))
        else:
            job.path(_TOLD).unlink(missing_ok=True)


def _tell_error(job: jobs.Job, said: Any) -> None:
    with suppress(OSError):  # thrown away meanwhile, or the disk is full: the reading counts as interrupted
        jobs.write_json(job.path(_TOLD), {"error": said})


def _read(job: jobs.Job, sheet: str, tell: Any) -> None:
    from diwan_core.intake.sources.sheet import facts_of, is_sheet_file
    from diwan_core.intake.sources.uploaded import columns_of, source_of

    file = job.path("file")
    with TemporaryDirectory(dir=job.folder) as aside:  # a sheet that cannot be read leaves the one before
        table, source = source_of(file, Path(aside), sheet, tell)
        made = Path(aside) / table
        columns_of(made, source_from(source))
        facts = facts_of(made) if is_sheet_file(made) else None
        made.replace(job.path(table))
    kept = jobs.get(job.node, job.id)
    if kept is None:
        return
    names = [] if facts is None else [name for name, hidden in facts.sheets if not hidden]
    hidden = [] if facts is None else [name for name, hidden in facts.sheets if hidden]
    kept.change(
        table=table,
        source=source,
        sheet="" if facts is None else facts.sheet,
        sheets=names + hidden,
        hidden_sheets=hidden,
        plan={},
    )
    if len(names) + len(hidden) < 2:
        file.unlink(missing_ok=True)  # the table holds all of it


@contextmanager
def _lock(job: jobs.Job, locked: threading.Event) -> Iterator[None]:
    try:
        with job.path(_LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            locked.set()
            yield
    finally:
        locked.set()


def _is_locked(job: jobs.Job) -> bool:
    try:
        with job.path(_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
