"""What is wrong with a machine is found by cheap looks that never fail, and said with a remedy and an exit code."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core import node
from diwan_core.health import machine
from diwan_core.health.findings import Findings
from diwan_core.health.machine import Places, of_machine
from diwan_core.health.present import present, worst
from diwan_core.health.reference import PAGE, page
from diwan_core.health.words import SEVERITIES, WORDS, say_finding
from diwan_core.health_commands import health
from diwan_core.trust.consoles.console_certificate import certify_own

from tests.web.tls_kit import NAMES, authority_in


@pytest.fixture
def post(tmp_path: Path) -> Path:
    folder = tmp_path / "post"
    node.create(folder, node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ", web_tls="on"))
    return folder


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A machine with nothing wrong."""
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    (root / "proc/meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 600000 kB\n")
    (root / "sys/class/thermal/thermal_zone0").mkdir(parents=True)
    (root / "sys/class/thermal/thermal_zone0/temp").write_text("45000\n")
    return Places(root / "proc", root / "sys", root / "roles", root / "run")


def codes(folder: Path, places: Places, now: float | None = None) -> set[str]:
    found = of_machine(folder, places, (lambda: now) if now is not None else time.time)
    return {finding.code for finding in found} - {"disk_full", "disk_nearly_full"}  # of the machine the tests run on


def test_a_machine_in_good_order_has_no_finding(post: Path, places: Places) -> None:
    assert codes(post, places) == set()


def test_little_memory_heat_weak_power_and_a_wrong_clock_are_found(post: Path, places: Places) -> None:
    (places.proc / "meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 20000 kB\n")
    (places.sys / "class/thermal/thermal_zone0/temp").write_text("83500\n")
    throttled = places.sys / "devices/platform/soc/soc:firmware/get_throttled"
    throttled.parent.mkdir(parents=True)
    throttled.write_text("50005\n")
    assert codes(post, places, 1_000_000.0) == {"memory_short", "machine_hot", "power_weak", "clock_wrong"}


@pytest.mark.parametrize("free", [0.05, 0.005])
def test_a_disk_with_little_room_is_found(
    free: float, post: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "NEARLY_FULL", (1 - free / 100, 10**18) if free > 0.01 else (0.0, 0))
    monkeypatch.setattr(machine, "FULL", (0.0, 0) if free > 0.01 else (1.0, 10**18))
    found = {finding.code for finding in of_machine(post, places)}
    assert ("disk_nearly_full" if free > 0.01 else "disk_full") in found


def test_what_cannot_be_read_is_no_finding(post: Path, places: Places) -> None:
    (places.proc / "meminfo").write_text("nonsense\n")
    (places.sys / "class/thermal/thermal_zone0/temp").write_text("-\n")
    (post / "console").mkdir()
    (post / "console/console.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert codes(post, places) == set()
    assert codes(post / "none", places) == set()


def test_a_certificate_near_its_end_is_found_and_one_that_ended_is_a_fault(
    post: Path, places: Places, tmp_path: Path
) -> None:
    config, now = node.load(post), datetime.now(UTC)
    certify_own(post, authority_in(tmp_path / "centre"), config.id, NAMES, [], now)
    assert codes(post, places) == set()
    later = next(days for days in range(1, 4_000) if codes(post, places, (now + timedelta(days=days)).timestamp()))
    near = (now + timedelta(days=later)).timestamp()
    assert codes(post, places, near) == {"certificate_ends:console"}
    assert codes(post, places, near + 8 * 86_400) == {"certificate_ended:console"}


def test_the_worst_is_told_first_and_decides_the_exit_code(post: Path) -> None:
    notes = Findings(post, "agent")
    notes.note("backup_disk_here:diwan-backup-a", label="diwan-backup-a")
    notes.note("console_names_refused", names="x")
    notes.note("session_taken_over")
    found = [finding for finding in present(post) if finding.part == "agent"]
    assert [finding.code.partition(":")[0] for finding in found] == [
        "session_taken_over", "console_names_refused", "backup_disk_here",
    ]  # fmt: skip
    assert worst(found) == "fault" and "diwan-backup-a" in str(say_finding(found[-1])[0])
    done = CliRunner().invoke(health, ["--dir", str(post), "--json"])
    assert done.exit_code == 2
    told = json.loads(done.output)
    assert told["worst"] == "fault" and told["findings"][0]["id"] == "session_taken_over"
    notes.clear()
    assert CliRunner().invoke(health, ["--dir", str(post)]).exit_code in (0, 1, 2)


def test_every_finding_has_a_severity_a_remedy_and_a_place_on_the_page() -> None:
    for code, words in WORDS.items():
        assert words.severity in SEVERITIES and words.what and words.remedy
        assert f"### {code}\n" in page()
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m diwan_core.health.reference"


def test_a_service_that_was_started_again_and_runs_for_an_hour_is_well_again(
    post: Path, places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The program asked is another one that answers as systemd does: a test machine may not run systemd."""
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    told = "Id=diwan-agent.service\nActiveState=active\nNRestarts=9\nExecMainStartTimestampMonotonic={}\n"
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    places.roles.write_text("post\n")
    places.run.mkdir()
    (places.proc / "uptime").write_text("90000.00 1.00\n")
    for started, found in ((89_000_000_000, {"service_restarts:diwan-agent"}), (1_000_000_000, set())):
        program.write_text(f"#!/bin/sh\necho '{told.format(started)}'\n")
        program.chmod(0o755)
        assert {code for code in codes(post, places) if code.startswith("service")} == found
