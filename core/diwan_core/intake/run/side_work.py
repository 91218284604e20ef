"""Separate processes beside an import: the report before it, and undoing it afterwards.

The process is `side_work_process`. In the job's folder NAME.json is the result, NAME-progress.json how far it is,
and NAME.lock is held as long as it is worked. A result says for which mapping it was made (`digest`): of another
one it says nothing any more."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Final, Literal

from diwan_core.intake.run import jobs

Name = Literal["check", "undo"]
State = Literal["none", "running", "done", "failed"]
TELL_EVERY_S: Final = 0.4
WAIT_S: Final = 10.0
"""How long work waits for the one before it to see that it is not wanted any more."""
_STARTING_S: Final = 8.0


def digest_of(job: jobs.Job) -> str:
    """The digest of everything that a report depends on: the mapping, and which table it is of."""
    with suppress(OSError):
        held = job.path("mapping.toml").read_bytes() + str(job.spec.get("table", "")).encode()
        return hashlib.sha256(held).hexdigest()
    return ""


def result(job: jobs.Job, name: Name) -> dict[str, Any] | None:
    """The result, for the mapping as it is now; None where the work has not ended."""
    found = jobs.read_json(job.path(f"{name}.json"))
    return found if found is not None and found.get("digest") == digest_of(job) else None


def progress(job: jobs.Job, name: Name) -> dict[str, Any]:
    """The progress: share, rows, rows a second, seconds left."""
    return jobs.read_json(job.path(f"{name}-progress.json")) or {}


def state(job: jobs.Job, name: Name) -> State:
    """The state of the work."""
    found = result(job, name)
    if found is not None:
        return "failed" if found.get("error") else "done"
    began = job.path(f"{name}.began")
    with suppress(OSError):
        if is_locked(job, name) or time.time() - began.stat().st_mtime < _STARTING_S:
            return "running"
    return "none"


def is_locked(job: jobs.Job, name: Name) -> bool:
    try:
        with job.path(f"{name}.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def start(job: jobs.Job, name: Name) -> None:
    """Begin, in a process that outlives whoever asked for it."""
    began = job.path(f"{name}.began")
    job.path(f"{name}-progress.json").unlink(missing_ok=True)
    began.touch()
    os.utime(began)
    with job.path("log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "diwan_core.intake.run.side_work_process", str(job.folder), name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left
