"""The launcher's promises that need no fresh machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, env=os.environ | env, check=False, timeout=60)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout that was never started: launcher, locks and the units' declarations."""
    for name in ("diwan", "requirements/run.txt", "requirements/dev.txt", "core/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_second_start_takes_well_under_a_second() -> None:
    if not (ROOT / ".venv" / "stamp-run").exists():
        pytest.skip("this checkout was not set up by ./diwan, so there is no second start to time")
    run(str(ROOT / "diwan"), "--version")
    before = os.times()  # the processor's time: the clock on the wall says how busy the machine is
    done = run(str(ROOT / "diwan"), "--version")
    after = os.times()
    assert done.returncode == 0, done.stderr
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1.0
    assert done.stdout.startswith("diwan, version ")


def test_a_python_that_is_too_old_is_named_with_the_remedy(copy: Path) -> None:
    old = copy / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run(str(copy / "diwan"), "--version", DIWAN_PYTHON=str(old))
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "3.11" in done.stderr and "unset" in done.stderr


def test_without_network_the_set_up_says_so_in_one_line(copy: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    done = run(
        str(copy / "diwan"),
        "--version",
        PIP_CONFIG_FILE="/dev/null",
        PIP_INDEX_URL=nowhere,
        PIP_FIND_LINKS="",
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
    )
    assert done.returncode == 69
    assert "network" in done.stderr.splitlines()[-1]
    assert not (copy / ".venv" / "stamp-run").exists()


def test_a_folder_that_cannot_be_written_is_named(copy: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to start the launcher as another user")
    with tempfile.TemporaryDirectory() as name:  # pytest's own temporary folders are closed to other users
        folder = Path(name) / "diwan"
        shutil.copytree(copy, folder)
        Path(name).chmod(0o755)
        folder.chmod(0o755)
        done = run("setpriv", "--reuid=65534", "--clear-groups", str(folder / "diwan"), "--version")
    assert done.returncode == 73
    assert done.stderr.count("\n") == 1
    assert str(folder) in done.stderr
