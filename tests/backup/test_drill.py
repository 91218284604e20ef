"""The monthly trial restores an archive into a scratch node, starts it, and writes a report that somebody signed."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result
from diwan_backup import restore
from diwan_backup.commands import backup
from diwan_backup.drill import trial
from diwan_core.archives.standing import standing, wrong
from diwan_core.register import Register

from tests.backup.kit import PICTURES, Centre

pytestmark = pytest.mark.slow


def drilled(centre: Centre, *more: str) -> Result:
    """The command, as the timer runs it."""
    return CliRunner().invoke(backup, ["drill", "--dir", str(centre.folder), "--json", *more])


def test_a_drill_restores_starts_searches_and_writes_a_signed_report(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    before = _state(centre)
    done = drilled(centre)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert [step["ok"] for step in said["steps"]] == [True] * 6
    assert f"{len(PICTURES)} pictures" in said["steps"][3]["found"]
    page, paper = Path(said["report"]), Path(said["paper"])
    assert paper.read_bytes().startswith(b"%PDF-")
    assert "The restore works." in page.read_text()
    assert "Cartons" not in page.read_text(), "no case data"
    assert not (centre.folder / "backup" / "drill").exists()
    assert not any("backup/drill" in " ".join(one.cmdline()) for one in psutil.Process().children(recursive=True))
    assert _state(centre) == before, "the centre is as it was, and its keys are where they are"
    report = page.with_suffix(".json")
    assert drilled(centre, "--check", str(report)).exit_code == 0
    report.write_bytes(report.read_bytes().replace(b'"ok": true', b'"ok":  true', 1))
    assert drilled(centre, "--check", str(report)).exit_code == 2
    now = standing(centre.folder)
    assert now.drill_ok
    assert now.next_drill_ms > now.drill_ms


def _state(centre: Centre) -> tuple[object, ...]:
    keys = {path: path.read_bytes() for path in (centre.folder / "keys").rglob("*") if path.is_file()}
    with Register.open(centre.folder) as register:
        return keys, register.status()


def test_a_drill_that_fails_says_which_step_and_alarms(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    path = sorted((centre.folder / "blobs").glob("??/*"))[0]
    path.write_bytes(b"x" * path.stat().st_size)
    centre.make("a")
    with centre.backups() as backups:  # as if it had been read back before its disk began to lose bits
        newest = backups.known().of("a")[-1]
        backups.note("verified", "a", archive=newest.id, name=newest.name)
    done = drilled(centre)
    assert done.exit_code == 2
    steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
    assert not steps["pictures restored, each by its SHA-256"]["ok"]
    assert "backup_drill_failed" in dict(wrong(centre.folder, time.time_ns() // 1_000_000))


def test_without_an_archive_that_was_read_back_there_is_nothing_to_try(centre: Centre) -> None:
    centre.repository("a")
    centre.make("a")
    done = drilled(centre)
    assert done.exit_code == 2
    assert "run `diwan backup run`" in done.stderr


def test_rows_that_are_missing_after_a_restore_are_noticed(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.repository("a")
    centre.make("a"), centre.verify("a")
    whole = restore.restore_rows

    def with_a_row_less(*arguments: object, **named: object) -> object:
        restored = whole(*arguments, **named)  # type: ignore[arg-type]
        with closing(sqlite3.connect(centre.folder / "backup" / "drill" / "register.db")) as register, register:
            register.execute("DELETE FROM record_case WHERE no=(SELECT min(no) FROM record_case)")
        return restored

    monkeypatch.setattr(trial, "restore_rows", with_a_row_less)
    done = drilled(centre)
    assert done.exit_code == 2
    assert "record_case: 2 instead of 3" in done.stdout
