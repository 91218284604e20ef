"""A benchmark run in turns with another commit's says both figures and their ratio. Never how fast."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_bench.against import compile_modules, environment, prepared, ratios, table
from diwan_bench.limit import sqlite_rows_per_second
from diwan_bench.results import machine, processor
from diwan_lab.command import CommandFailed

PROGRAM = Path(sys.executable).with_name("diwan")


def test_the_ratio_is_that_of_runs_that_follow_each_other() -> None:
    measured = [({"rows": 100.0, "only": 1.0}, {"rows": 150.0, "new": 1.0}), ({"rows": 50.0}, {"rows": 60.0})]
    (found,) = ratios(measured)
    assert (found.other, found.ours, found.least, found.most) == (75.0, 105.0, 1.2, 1.5)
    assert found.ratio == pytest.approx(1.35)
    assert "1.35" in table([found], "0123456789abcdef", 2)


def test_a_rate_from_the_first_commit_is_compared_with_one_from_the_first_commit() -> None:
    old = {"bulk_changes_per_second": 100.0}
    ours = {"bulk_changes_per_second": 80.0, "bulk_from_first_commit_per_second": 110.0}
    assert [(one.name, one.ratio) for one in ratios([(old, ours)])] == [("bulk_from_first_commit_per_second", 1.1)]
    assert {one.name: one.ratio for one in ratios([(ours, ours)])} == dict.fromkeys(ours, 1.0)


def test_a_commit_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    subprocess.run(["git", "init", "-q", tmp_path / "tree"], check=True)
    with pytest.raises(CommandFailed, match="no commit 0123abc"):
        prepared("0123abc", print, tmp_path / "tree")
    assert not (tmp_path / "diwan-bench").exists()


def test_both_keep_bytecode_and_have_it_before_the_first_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one tree's processes compile their modules at each start and the other's do not, the ratio tells that."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment()
    (tmp_path / "core" / "package").mkdir(parents=True)
    (tmp_path / "core" / "pyproject.toml").touch()
    (tmp_path / "core" / "package" / "module.py").write_text("LIMIT = 1\n", encoding="utf-8")
    compile_modules(tmp_path, sys.executable)
    assert len(list(tmp_path.glob("core/package/__pycache__/module.*.pyc"))) == 1


def test_a_result_names_the_processor(tmp_path: Path) -> None:
    cpuinfo, board = tmp_path / "cpuinfo", tmp_path / "model"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Example  CPU 3000\n", encoding="utf-8")
    assert processor(cpuinfo, board) == "Example CPU 3000"
    cpuinfo.write_text("processor\t: 0\nBogoMIPS\t: 108.00\n", encoding="utf-8")
    board.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    assert processor(cpuinfo, board) == "Raspberry Pi 5 Model B Rev 1.0"
    assert machine().startswith(processor())


def test_the_limit_is_measured_several_times_and_leaves_no_file(tmp_path: Path) -> None:
    assert sqlite_rows_per_second(tmp_path / "limit.db", ['{"narrative": "one two"}'] * 20) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_this_tree_stands_on_is_run_in_turns_with_it_and_left_outside_the_tree(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [PROGRAM, "bench", "import", "--rows", "100", "--against", "HEAD", "--turns", "1", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["machine"] == machine()
    other, ours, ratio, least, most = answer["other, ours, ratio, least, most"]["jsonl_rows_per_second"]
    assert least == ratio == most
    assert ratio == pytest.approx(ours / other, abs=0.01)
    (kept,) = (tmp_path / "diwan-bench").iterdir()
    assert kept.name == answer["against"]
    assert (kept / ".venv").is_dir()
