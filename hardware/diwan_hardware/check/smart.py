"""Reads the state that a disk reports: SMART by smartctl, wear of eMMC by the kernel."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from diwan_hardware.check.disks import Disk
from diwan_hardware.check.result import Finding, Outcome, judge
from diwan_hardware.profile import Profile

_LARGEST: Final = 4 * 1024 * 1024
_SECONDS: Final = 60
_NOT_OPENED: Final = 0b111
"""Exit status of smartctl, bits 0 to 2: command line wrong, disk not opened, a command failed (smartctl(8))."""
_RETURN: Final = "Return it. If it is in use, copy what is on it at once."
_LEFT: Final = frozenset(
    {
        "SSD_Life_Left",
        "Media_Wearout_Indicator",
        "Wear_Leveling_Count",
        "Percent_Lifetime_Remain",
        "Remaining_Lifetime_Perc",
    }
)
"""ATA attributes whose normalized value is the life that is left, in percent; makers differ."""
_BROKEN: Final = {
    "Current_Pending_Sector": "sectors that cannot be read",
    "Offline_Uncorrectable": "sectors that could not be repaired",
    "Reported_Uncorrect": "errors that could not be corrected",
}


class _Message(Struct, frozen=True):
    string: str = ""


class _Smartctl(Struct, frozen=True):
    exit_status: int = 0
    messages: tuple[_Message, ...] = ()


class _Passed(Struct, frozen=True):
    passed: bool | None = None


class _Nvme(Struct, frozen=True):
    percentage_used: int | None = None
    media_errors: int = 0
    critical_warning: int = 0


class _Raw(Struct, frozen=True):
    value: int = 0


class _Attribute(Struct, frozen=True):
    name: str
    value: int = 0
    when_failed: str = ""
    raw: _Raw = _Raw()


class _Attributes(Struct, frozen=True):
    table: tuple[_Attribute, ...] = ()


class _Hours(Struct, frozen=True):
    hours: int | None = None


class _Endurance(Struct, frozen=True):
    current_percent: int | None = None


class Answer(Struct, frozen=True):
    """The parts of `smartctl --json --all` that are read."""

    smartctl: _Smartctl = _Smartctl()
    model_name: str = ""
    serial_number: str = ""
    smart_status: _Passed | None = None
    nvme: _Nvme | None = field(default=None, name="nvme_smart_health_information_log")
    ata: _Attributes = field(default=_Attributes(), name="ata_smart_attributes")
    power_on_time: _Hours = _Hours()
    endurance_used: _Endurance = _Endurance()


def test(profile: Profile, disk: Disk | None) -> list[Finding]:
    """What the disk says of itself, judged."""
    if disk is None:
        return [_unknown("The kernel names no disk for this folder.", "Name the disk with --device.")]
    if disk.is_card:
        return _card(profile, disk)
    program = shutil.which("smartctl", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return [
            _unknown("smartctl is not installed.", "Install the package smartmontools, then check again with --again.")
        ]
    argv = [program, "--json", "--all", disk.device]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        text = f"{disk.device} did not answer smartctl within {_SECONDS} seconds."
        return [Finding("smart", Outcome.FAIL, text, "Another cable or enclosure; if it stays so, return the disk.")]
    except OSError as error:
        return [_unknown(f"smartctl does not run: {error.strerror}.", "Run the check as root.")]
    return judged(profile, done.stdout)


def judged(profile: Profile, answer: bytes) -> list[Finding]:
    """The answer of `smartctl --json --all`, judged."""
    try:
        said = msgspec.json.decode(answer[:_LARGEST], type=Answer)
    except (msgspec.DecodeError, RecursionError):
        return [_unknown("smartctl answered something that is not JSON.", "Run `smartctl --all` on the disk by hand.")]
    if said.smartctl.exit_status & _NOT_OPENED and said.smart_status is None:
        why = "; ".join(message.string for message in said.smartctl.messages)[:200] or "no reason given"
        remedy = (
            "Run the check as root; take an enclosure that passes SMART through; `smartctl -d sat` by hand may help."
        )
        return [_unknown(f"SMART cannot be read ({why}).", remedy)]
    return list(_findings(profile, said))


def _findings(profile: Profile, said: Answer) -> Iterator[Finding]:
    passed = said.smart_status.passed if said.smart_status else None
    if passed is False or (said.nvme and said.nvme.critical_warning):
        yield Finding("smart", Outcome.FAIL, "The disk itself says that it is failing.", _RETURN)
    elif passed:
        yield Finding("smart", Outcome.PASS, f"The disk says that it is well ({said.model_name or 'no model'}).")
    else:
        yield _unknown("The disk does not say whether it is well.", "Look at `smartctl --all` by hand.")
    wear = _wear(said)
    if wear is None:
        yield Finding(
            "wear_percent",
            Outcome.UNKNOWN,
            "The disk does not say how worn it is.",
            "Ask the seller for the data sheet.",
        )
    else:
        yield judge(profile, "wear_percent", wear, "Sold as new it must not be worn: return it.")
    if said.power_on_time.hours is not None:
        yield judge(
            profile, "power_on_hours", said.power_on_time.hours, "It has been used before. Compare with the contract."
        )
    if said.nvme and said.nvme.media_errors:
        yield Finding(
            "media_errors",
            Outcome.FAIL,
            f"{said.nvme.media_errors} errors of the medium.",
            _RETURN,
            said.nvme.media_errors,
        )
    attributes = {each.name: each for each in said.ata.table}
    yield from _broken(attributes)


def _broken(attributes: Mapping[str, _Attribute]) -> Iterator[Finding]:
    for name, words in _BROKEN.items():
        count = attributes[name].raw.value if name in attributes else 0
        if count:
            yield Finding(name.lower(), Outcome.FAIL, f"{count} {words}.", _RETURN, count)
    moved = attributes.get("Reallocated_Sector_Ct")
    if moved and moved.raw.value:
        text = f"{moved.raw.value} sectors were replaced from the reserve."
        yield Finding(
            "reallocated", Outcome.WARN, text, "Sold as new: return it. In use: replace it soon.", moved.raw.value
        )
    crc = attributes.get("UDMA_CRC_Error_Count")
    if crc and crc.raw.value:
        text = f"{crc.raw.value} transfers were damaged between disk and computer."
        yield Finding(
            "crc_errors",
            Outcome.WARN,
            text,
            "Another cable or enclosure; the count stays, it must not grow.",
            crc.raw.value,
        )


def _wear(said: Answer) -> int | None:
    """Percent of the life that is used up: by the standard where it is told, by makers' attributes otherwise."""
    if said.endurance_used.current_percent is not None:
        return said.endurance_used.current_percent
    if said.nvme and said.nvme.percentage_used is not None:
        return said.nvme.percentage_used
    for attribute in said.ata.table:
        if attribute.name in _LEFT and 0 <= attribute.value <= 100:
            return 100 - attribute.value
    return None


def _card(profile: Profile, disk: Disk) -> list[Finding]:
    """eMMC tells its wear in steps of 10 % (JEDEC JESD84-B51, EXT_CSD 268 and 269); SD cards tell nothing."""
    try:
        steps = Path(f"/sys/class/block/{disk.name}/device/life_time").read_text()
    except OSError:
        text = "An SD card does not say how worn it is."
        return [
            Finding("wear_percent", Outcome.UNKNOWN, text, "Note the day it was put in, and replace it by its years.")
        ]
    return [card_wear(profile, steps)]


def card_wear(profile: Profile, steps: str) -> Finding:
    """The file `life_time` of eMMC, such as `0x01 0x02`: the worse of two estimates, in steps of 10 %."""
    try:
        worse = max(int(part, 16) for part in steps.split())
    except ValueError:
        return _unknown(
            f"The card's wear cannot be read ({steps.strip()[:40]!r}).", "Run the check again after a start."
        )
    if not 1 <= worse <= 11:
        return _unknown(f"The card tells no wear ({steps.strip()[:40]}).", "Ask the seller for the data sheet.")
    return judge(
        profile, "wear_percent", (worse - 1) * 10, "Sold as new it must not be worn: return it.", "in steps of 10 %"
    )


def _unknown(text: str, remedy: str) -> Finding:
    return Finding("smart", Outcome.UNKNOWN, text, remedy)
