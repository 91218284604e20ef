"""The systemd units: confined, watched, started again."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest
from diwan_core.processes.memory import ONE_HEAP

ROOT = Path(__file__).parents[2]
UNITS = sorted(ROOT.glob("*/systemd/lib/systemd/system/*/*.service"))
LONG_RUNNING = [path for path in UNITS if "Type=notify" in path.read_text()]


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def test_both_units_bring_their_services() -> None:
    assert {path.parent.name for path in UNITS} == {"central", "post"}
    assert len(LONG_RUNNING) == 6


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_service_is_confined(path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt install systemd")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:]
    assert "Unknown" not in done.stderr, "every line is understood by the systemd of Debian 12"


@pytest.mark.parametrize("path", LONG_RUNNING, ids=lambda path: path.name)
def test_a_service_that_ends_is_started_again_for_ever(path: Path) -> None:
    unit = read(path)
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["ExecStopPost"].endswith("/back-off")


@pytest.mark.parametrize("path", [p for p in LONG_RUNNING if "broker" not in p.name], ids=lambda path: path.name)
def test_a_service_of_ours_that_hangs_is_noticed(path: Path) -> None:
    assert int(read(path)["Service"]["WatchdogSec"]) <= 120


@pytest.mark.parametrize("name", ["diwan-agent", "diwan-ingest", "diwan-relay"])
def test_a_part_has_one_heap_for_all_its_threads(name: str) -> None:
    [path] = [path for path in UNITS if path.stem == name]  # a console sets it itself
    assert read(path)["Service"]["Environment"] == " ".join(f"{key}={value}" for key, value in ONE_HEAP.items())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_no_unit_holds_a_secret(path: Path) -> None:
    assert not any(word in path.read_text().casefold() for word in ("password", "secret", "token"))


def test_the_pause_after_a_failure_grows(tmp_path: Path) -> None:
    script = ROOT / "core/systemd/lib/diwan/back-off"
    slept = tmp_path / "slept"
    fake = tmp_path / "bin" / "sleep"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$1" >>{slept}\n')
    fake.chmod(0o755)
    environment = {"PATH": f"{fake.parent}:/usr/bin:/bin", "RUNTIME_DIRECTORY": str(tmp_path)}
    for _ in range(12):
        subprocess.run([script], env={**environment, "SERVICE_RESULT": "watchdog"}, check=True)
    subprocess.run([script], env={**environment, "SERVICE_RESULT": "success"}, check=True)
    assert slept.read_text().split() == ["2", "4", "6", "8", "10", "12", "14", "16", "18", "20", "20", "20"]
