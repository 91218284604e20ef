"""The process that runs one job: `python -m diwan_core.intake.run.job_process DIR/jobs/<id>`."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from diwan_core import world
from diwan_core.dictionary import DICTIONARY, N_, Sentence, sentence
from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.intake.mapping.mapping_file import load
from diwan_core.intake.run import jobs
from diwan_core.intake.run.export import export, export_workbook
from diwan_core.intake.run.export_map import make_map, result_of, write_map
from diwan_core.intake.run.import_file import Import
from diwan_core.intake.run.merge_repeated import merge_all
from diwan_core.intake.run.progress import progress_of
from diwan_core.intake.run.readable_workbook import Words, export_readable
from diwan_core.intake.run.report import Report
from diwan_core.intake.run.rows_chosen import READABLE, without_withdrawn
from diwan_core.intake.sources.tables import Unwritable
from diwan_core.intake.wording import FaultLog, pack_words
from diwan_core.leaving.maps import load as load_template
from diwan_core.node import NodeError
from diwan_core.processes.memory import prepare_for_bulk
from diwan_core.register import DiskFull, Found, Register, RegisterBusy, RegisterError

TELL_EVERY_S: Final = 0.4


class _Teller:
    """Writes how far the job is, not more often than a page is looked at."""

    def __init__(self, job: jobs.Job) -> None:
        self._job = job
        self._path = job.path("progress.json")
        self._began, self._due = time.monotonic(), 0.0

    def waits(self) -> None:
        """Another import is at work."""
        jobs.write_json(self._path, {"share": 0, "rows": 0, "waits": True})
        self._began = time.monotonic()

    def __call__(self, share: float, rows: int) -> None:
        if self._job.told_to_stop():
            raise Unreadable(N_("It was stopped before its end."))
        now = time.monotonic()
        if now >= self._due or share >= 1:
            self._due = now + TELL_EVERY_S
            jobs.write_json(self._path, progress_of(share, rows, now - self._began))


def work(job: jobs.Job) -> dict[str, Any]:
    """Do it; what became of it."""
    match job.what:
        case "import":
            return _import(job)
        case "merge":
            return _merge(job)
        case "form":
            return _fill_form(job)
        case _:
            return _export(job)


def _merge(job: jobs.Job) -> dict[str, Any]:
    prepare_for_bulk()
    with Register.open(job.node, role="writer") as register:
        done = merge_all(register, str(job.spec.get("system", "")), author=job.owner, progress=_Teller(job))
    return {"merged": done.merged, "differing": done.differing, "refused": done.refused, "run": done.run}


def _import(job: jobs.Job) -> dict[str, Any]:
    mapping = load(str(job.path("mapping.toml")), DICTIONARY)
    prepare_for_bulk()
    errors_path, tell = job.path("errors.jsonl"), _Teller(job)
    errors_path.unlink(missing_ok=True)
    with Register.open(job.node, role="writer") as register, FaultLog(errors_path) as errors:
        table = job.path(job.spec["table"])
        report = Report(mapping)
        running = Import(
            table, mapping, register, author=job.owner, errors=errors, progress=tell, waits=tell.waits, report=report
        )
        running.summary.file = job.spec["name"]
        summary = running.run()
    stopped = pack_words(summary.stopped) if summary.stopped else ""
    return {**summary.as_json(), **report.as_json(), "stopped": stopped, "errors": errors.lines}


def _fill_form(job: jobs.Job) -> dict[str, Any]:
    """Fill a form of another administration: a shipped template that needs no agreement."""
    spec, template = job.spec, load_template(job.spec["template"])
    if template.agreement:
        raise Unreadable(N_("This form names persons: it is filled at the machine, under an agreement."))
    where = {"date": (f"{spec['year']}-01-01", f"{spec['year']}-12-31")} if spec["year"] else {}
    with Register.open(job.node, role="reader") as register:
        today = register.sure_day() or world.now().date()
        numbers = register.numbers(spec["kind"], where, order="created", limit=spec["most"])
        made = make_map(register, template, today, numbers=numbers, demonstration=spec["demonstration"])
    write_map(template, made, job.path(f"out.{spec['form']}"), spec["form"])
    return {**result_of(made), "all": len(numbers) < spec["most"]}


def _export(job: jobs.Job) -> dict[str, Any]:
    spec, tell = job.spec, _Teller(job)
    with Register.open(job.node, role="reader") as register:
        among = Found(*spec["found"]) if spec["found"] else None
        where = {name: tuple(value) if isinstance(value, list) else value for name, value in spec["where"].items()}
        where = where if spec.get("withdrawn") else without_withdrawn(where)
        numbers = register.numbers(spec["kind"], where, spec["order"], among, limit=spec["most"])
        total = max(1, len(numbers))

        def progress(count: int) -> None:
            tell(count / total, count)

        kind, form, nominal, out = spec["kind"], spec["form"], spec["nominal"], job.path(f"out.{spec['form']}")
        if form == READABLE:
            words = Words(**spec["words"])
            tally = export_readable(
                register,
                kind,
                out,
                numbers=numbers,
                nominal=nominal,
                progress=progress,
                words=words,
                plural=spec["plural"],
            )
        elif form == "xlsx":
            tally = export_workbook(register, kind, out, numbers=numbers, nominal=nominal, progress=progress)
        else:
            with out.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as file:
                tally = export(register, kind, file, form, numbers=numbers, nominal=nominal, progress=progress)
    held = dict(tally.held_back)
    return {**tally.counts, "held": held, "size": out.stat().st_size, "all": len(numbers) < spec["most"]}


def main() -> None:
    """Work the job whose folder is named; its result says what went wrong."""
    job = jobs.get(Path(sys.argv[1]).parent.parent, Path(sys.argv[1]).name)
    if job is None:
        sys.exit(2)
    with suppress(PermissionError):  # a service manager may forbid it
        os.nice(5)  # people at the console come first
    with job.path("lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process works it
        try:
            result = work(job)
        except (MappingError, Unreadable, Unwritable, NodeError, RegisterError, OSError) as error:
            result = {"error": pack_words(reason_of(error))}
        jobs.write_json(job.path("result.json"), result)


def reason_of(error: Exception) -> Sentence:
    """Why it could not be done."""
    match error:
        case Unreadable():
            return error.sentence
        case RegisterBusy():
            return sentence(N_("The register was busy for too long. Try again in a few minutes."))
        case DiskFull() | OSError(errno=errno.ENOSPC):
            return sentence(N_("The disk of this machine is full. Call your technician."))
        case OSError():
            return sentence(
                N_("The disk of this machine failed: {error}. Call your technician."), error=str(error.strerror)
            )
        case _:
            return Sentence.plain(str(error))


if __name__ == "__main__":
    main()
