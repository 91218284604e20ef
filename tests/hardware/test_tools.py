"""What tools say of disk, heat and clock: recorded outputs of real tools (recorded/SOURCE.txt), judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_hardware.check import clock, disks, heat, smart
from diwan_hardware.check.result import Finding, Outcome
from diwan_hardware.load import shipped

RECORDED = Path(__file__).parent / "recorded"
POST = shipped()["post-standard"]


def by_name(found: list[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in found}


def test_a_disk_that_is_well_and_used_is_told_apart_from_a_new_one() -> None:
    found = by_name(smart.judged(POST, (RECORDED / "smart-nvme-well.json").read_bytes()))
    assert found["smart"].outcome is Outcome.PASS
    assert (found["wear_percent"].outcome, found["wear_percent"].value) == (Outcome.PASS, 0)
    assert (found["power_on_hours"].outcome, found["power_on_hours"].value) == (Outcome.WARN, 2401)


def test_errors_of_the_medium_fail_although_the_disk_calls_itself_well() -> None:
    found = by_name(smart.judged(POST, (RECORDED / "smart-nvme-media-errors.json").read_bytes()))
    assert found["smart"].outcome is Outcome.PASS
    assert (found["media_errors"].outcome, found["media_errors"].value) == (Outcome.FAIL, 7)
    assert found["power_on_hours"].outcome is Outcome.FAIL


def test_a_failing_disk_fails_with_every_reason() -> None:
    found = by_name(smart.judged(POST, (RECORDED / "smart-ata-failing.json").read_bytes()))
    assert found["smart"].outcome is Outcome.FAIL
    assert (found["reallocated"].outcome, found["reallocated"].value) == (Outcome.WARN, 1975)
    assert (found["current_pending_sector"].outcome, found["current_pending_sector"].value) == (Outcome.FAIL, 8)
    assert found["power_on_hours"].outcome is Outcome.FAIL
    assert all(each.remedy for each in found.values() if each.outcome is not Outcome.PASS)


def test_a_disk_that_does_not_say_how_worn_it_is_is_unknown_not_good() -> None:
    found = by_name(smart.judged(POST, (RECORDED / "smart-ata-well.json").read_bytes()))
    assert found["smart"].outcome is Outcome.PASS
    assert found["wear_percent"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("answer", [b"", b"smartctl 7.3\n", b"[1]", b'{"smartctl": 3}', b"[" * 100_000, b"\xff"])
def test_what_is_no_answer_of_smartctl_is_unknown(answer: bytes) -> None:
    (found,) = smart.judged(POST, answer)
    assert found.outcome is Outcome.UNKNOWN and found.remedy


def test_unreadable_smart_is_unknown_with_smartctl_s_reason() -> None:
    (found,) = smart.judged(POST, (RECORDED / "smart-unreadable.json").read_bytes())
    assert found.outcome is Outcome.UNKNOWN
    assert "/dev/vda: Unable to detect device type" in found.text


@pytest.mark.parametrize(
    ("steps", "outcome", "value"),
    [("0x01 0x01\n", Outcome.PASS, 0), ("0x01 0x03\n", Outcome.WARN, 20), ("0x0b 0x01", Outcome.FAIL, 100),
     ("0x00 0x00", Outcome.UNKNOWN, None), ("broken", Outcome.UNKNOWN, None), ("", Outcome.UNKNOWN, None)],
)  # fmt: skip
def test_wear_of_emmc_is_the_worse_of_its_two_estimates(steps: str, outcome: Outcome, value: float | None) -> None:
    found = smart.card_wear(POST, steps)
    assert (found.outcome, found.value) == (outcome, value)


def test_a_card_has_no_smart_and_says_so() -> None:
    (found,) = smart.test(POST, disks.Disk("mmcblk7", "SD64G", "0x1", 64 * 10**9))
    assert found.outcome is Outcome.UNKNOWN and "SD card" in found.text


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        ("throttled=0x0\n", {"throttled": Outcome.PASS}),
        ("throttled=0x50005\n", {"under_voltage": Outcome.FAIL, "throttled": Outcome.FAIL}),
        ("throttled=0x50000\n", {"under_voltage": Outcome.FAIL, "throttled": Outcome.FAIL}),
        ("throttled=0x20000\n", {"capped": Outcome.WARN}),
        ("throttled=0x80008\n", {"throttled": Outcome.FAIL}),
    ],
)
def test_under_voltage_and_throttling_since_the_start_are_found(answer: str, outcomes: dict[str, Outcome]) -> None:
    found = heat.throttling_findings(heat.throttling(answer), None, None)
    assert {each.name: each.outcome for each in found} == outcomes


def test_what_vcgencmd_does_not_say_is_not_guessed() -> None:
    for answer in ("", "throttled=", "VCHI initialization failed", "throttled=0x1000000000"):
        with pytest.raises(heat.Unreadable):
            heat.throttling(answer)
    (found,) = heat.throttling_findings(None, None, None)
    assert found.outcome is Outcome.UNKNOWN
    (slowed,) = heat.throttling_findings(None, 3, 5)
    assert (slowed.outcome, slowed.value) == (Outcome.WARN, 2)


def test_drift_is_known_only_where_chrony_has_a_source() -> None:
    good = clock.drift(POST, (RECORDED / "chrony-tracking.csv").read_text())
    assert (good.outcome, good.value) == (Outcome.PASS, 8.412)
    for name in ("chrony-no-source.csv", "chrony-local.csv"):
        assert clock.drift(POST, (RECORDED / name).read_text()).outcome is Outcome.UNKNOWN
    assert clock.drift(POST, "506 Cannot talk to daemon").outcome is Outcome.UNKNOWN
    assert clock.drift(POST, None).outcome is Outcome.UNKNOWN


def test_a_clock_with_a_battery_is_missed_and_one_that_is_wrong_is_named(tmp_path: Path) -> None:
    assert clock.battery_clock(tmp_path, 1000.0).outcome is Outcome.WARN
    file = tmp_path / "rtc0/since_epoch"
    file.parent.mkdir()
    file.write_text("1000\n")
    assert clock.battery_clock(tmp_path, 1000.4).outcome is Outcome.PASS
    behind = clock.battery_clock(tmp_path, 5000.0)
    assert (behind.outcome, behind.value) == (Outcome.WARN, 4000) and "behind" in behind.text
    file.write_text("")
    assert clock.battery_clock(tmp_path, 5000.0).outcome is Outcome.FAIL
