"""Background jobs: imports and exports started in a browser, each a folder that its own process works on.

    DIR/jobs/<id>/   job.json       what is to be done, for whom
                     file, table    what was uploaded; of a workbook a sheet file
                     mapping.toml   how it is read, once that is settled
                     progress.json  how far it is
                     result.json    what became of it; its being there says that the job has ended
                     errors.jsonl, out.*   what the person takes home

The process holds a lock as long as it lives. A job that has begun, has no result and whose lock is free was interrupted
(power cut); it can be started again, since importing twice adds nothing."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

What = Literal["import", "export", "form", "merge"]
State = Literal["open", "running", "done", "failed", "interrupted"]
FOLDER: Final = "jobs"
KEPT_S: Final[Mapping[str, float]] = {
    "import": 14 * 86400.0, "export": 86400.0, "form": 86400.0, "merge": 14 * 86400.0,
}  # fmt: skip
"""How long a job's folder stays: exports are case data outside the register."""
MOST: Final = 60
STOP: Final = "stop"
AT_ONCE: Final = 2
"""Jobs of one person that may be worked at the same time."""
SPARED: Final = 256 * 1024 * 1024
"""Bytes of the disk that files of imports and exports leave to what people report."""
_ID: Final = re.compile(r"[0-9a-f]{20}\Z", re.ASCII)
_STARTING_S: Final = 15.0


@dataclass(frozen=True)
class Job:
    """One job. `created` is seconds since 1970; `spec` is what the kind of job needs to know."""

    folder: Path
    id: str
    what: What
    owner: str
    created: float
    spec: dict[str, Any]

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def node(self) -> Path:
        """The node's data folder."""
        return self.folder.parent.parent

    def change(self, **changes: Any) -> Job:
        """Write new specifications; returns the job with them."""
        changed = Job(self.folder, self.id, self.what, self.owner, self.created, {**self.spec, **changes})
        content = {"what": self.what, "owner": self.owner, "created": self.created, "spec": changed.spec}
        write_json(self.folder / "job.json", content)
        return changed

    @property
    def result(self) -> dict[str, Any] | None:
        return read_json(self.folder / "result.json")

    @property
    def progress(self) -> dict[str, Any]:
        return read_json(self.folder / "progress.json") or {}

    @property
    def state(self) -> State:
        """The state of the job."""
        result = self.result
        if result is not None:
            return "failed" if result.get("error") else "done"
        began = self.folder / "began"
        if not began.exists():
            return "open"
        if self._is_worked() or time.time() - began.stat().st_mtime < _STARTING_S:
            return "running"
        return "interrupted"

    def stop(self) -> None:
        """Tell the process that works it to end; what it has done stays."""
        (self.folder / STOP).touch()

    def told_to_stop(self) -> bool:
        """Whether somebody did, since it was asked last."""
        with suppress(FileNotFoundError):
            (self.folder / STOP).unlink()
            return True
        return False

    def _is_worked(self) -> bool:
        try:
            with (self.folder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def new(node: Path, what: What, owner: str, spec: dict[str, Any]) -> Job:
    """A new job's folder; folders past their time, and the oldest of too many, go."""
    jobs = node / FOLDER
    jobs.mkdir(mode=0o700, exist_ok=True)
    sweep(node)
    for job in all_of(node)[MOST - 1 :]:
        if job.state != "running":
            shutil.rmtree(job.folder, ignore_errors=True)
    name = secrets.token_hex(10)
    folder = jobs / name
    folder.mkdir(mode=0o700)
    return Job(folder, name, what, owner, time.time(), {}).change(**spec)


def at_work(node: Path, owner: str) -> int:
    """How many jobs of this person are running; each is a process of its own."""
    return sum(1 for job in all_of(node) if job.owner == owner and job.state == "running")


def stop_all(node: Path, owner: str) -> None:
    """End the running jobs of a person who may not run them any more."""
    for job in all_of(node):
        if job.owner == owner and job.state == "running":
            job.stop()


def has_room(node: Path, size: int) -> bool:
    """Whether so many bytes can be written and still leave the room that people need to report cases."""
    return shutil.disk_usage(node).free - size >= SPARED


def get(node: Path, name: str) -> Job | None:
    """The job of this id; None where there is none, or none any more."""
    job = _read(node / FOLDER / name) if _ID.match(name) else None
    return None if job is None or _is_over(job) else job


def all_of(node: Path) -> list[Job]:
    """All jobs of a node, the newest first."""
    found = [job for job in _there(node) if not _is_over(job)]
    return sorted(found, key=lambda job: job.created, reverse=True)


def sweep(node: Path) -> None:
    """Remove the folders whose time is over, since they hold case data."""
    for job in _there(node):
        if _is_over(job):
            shutil.rmtree(job.folder, ignore_errors=True)


def _there(node: Path) -> list[Job]:
    folders = (node / FOLDER).glob("*") if (node / FOLDER).is_dir() else ()
    return [job for job in map(_read, folders) if job is not None]


def _is_over(job: Job) -> bool:
    return time.time() - job.created > KEPT_S[job.what] and job.state != "running"


def _read(folder: Path) -> Job | None:
    content = read_json(folder / "job.json")
    if content is None:
        return None
    return Job(folder, folder.name, content["what"], content["owner"], content["created"], content["spec"])


def start(job: Job) -> None:
    """Begin, or begin again, in a process that outlives whoever asked for it. Nothing happens where one is at
    work already."""
    if job.state == "running":
        return
    for left in ("result.json", STOP):
        (job.folder / left).unlink(missing_ok=True)
    (job.folder / "began").touch()
    os.utime(job.folder / "began")
    with (job.folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "diwan_core.intake.run.job_process", str(job.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a small file as a whole."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    partial.write_text(json.dumps(content, ensure_ascii=False))
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """A small file's content; None where there is none, or half of one."""
    with suppress(OSError, ValueError):
        content = json.loads(path.read_text())
        return content if isinstance(content, dict) else None
    return None
