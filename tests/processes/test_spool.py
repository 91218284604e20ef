"""Passing files lie in the node's folder, and what a killed process left there goes."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diwan_core.intake.run.export import export, export_workbook
from diwan_core.processes.spool import passing_folder, place, sweep
from diwan_core.register import Edit, Register


def test_what_nobody_uses_any_more_goes_and_what_is_used_stays(tmp_path: Path) -> None:
    (place(tmp_path) / "left").mkdir()
    (place(tmp_path) / "left" / "case data").write_text("of a process that was killed")
    (place(tmp_path) / "file").write_text("of another")
    with passing_folder(tmp_path) as used:
        (used / "table.csv").write_text("at work")
        sweep(tmp_path)
        assert [path.name for path in place(tmp_path).iterdir()] == [used.name]
        assert (used / "table.csv").exists()
    assert list(place(tmp_path).iterdir()) == []


def test_exports_put_nothing_into_a_folder_that_all_share(
    register: Register, case: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.save([Edit("case", case())], author="officer")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is none"))  # whoever asks for it fails
    assert export(register, "case", io.StringIO(), "csv").written == 1
    assert (
        export_workbook(
            register, "case", tmp_path / "out.xlsx", numbers=register.numbers("case", {}, "created")
        ).written
        == 1
    )
    assert list(place(register.folder).iterdir()) == []
