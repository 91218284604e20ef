"""Capacity: a counterfeit card is found and said what it really holds; a true one passes; an interrupted test goes
on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_hardware.check import capacity, machine
from diwan_hardware.check.disks import named, refuse_used
from diwan_hardware.check.job import CannotCheck, Job, State, Wanted, begun, digest
from diwan_hardware.check.pattern import BLOCK, block_at, first_difference, origin
from diwan_hardware.check.result import Finding, Identity, Outcome
from diwan_hardware.check.target import FolderTarget, opened_device, remove_leftovers
from diwan_hardware.commands import hardware
from diwan_hardware.load import shipped

from .cards import DroppingCard, DyingCard, WrappingCard

pytestmark = pytest.mark.slow

CLAIMED = 96


def new_job(folder: Path) -> Job:
    profile = shipped()["backup-disk"]
    wanted = Wanted("backup-disk", str(folder))
    state = State(1, wanted, digest(profile), Identity("model", "serial", "x86_64", "Debian", 1000, 2), 0)
    return Job(folder, profile, state, lambda _text: None)


def verdict(job: Job, card: WrappingCard) -> Finding:
    return capacity.test(job, "capacity", card, card.blocks * BLOCK)[0]


def test_a_sector_says_where_it_belongs() -> None:
    seed = bytes(range(16))
    block = block_at(seed, 7)
    assert len(block) == BLOCK
    assert origin(seed, block[4096:8192]) == 7 * BLOCK + 4096
    assert origin(bytes(16), block[:4096]) is None
    assert first_difference(block, block[:8192] + bytes(4096) + block[12288:]) == 8192


@pytest.mark.parametrize("real_mb", [40, 64, 33.5])
def test_a_card_that_wraps_around_is_found_with_what_it_really_holds(tmp_path: Path, real_mb: float) -> None:
    card = WrappingCard(tmp_path / "card", int(real_mb * BLOCK), CLAIMED)
    found = verdict(new_job(tmp_path), card)
    card.close()
    assert found.outcome is Outcome.FAIL
    assert found.value == int(real_mb * BLOCK)
    assert "claims 101 MB and holds about" in found.text
    assert "counterfeit" in found.remedy


def test_a_card_that_drops_what_it_cannot_hold_is_found(tmp_path: Path) -> None:
    card = DroppingCard(tmp_path / "card", 40 * BLOCK, CLAIMED)
    found = verdict(new_job(tmp_path), card)
    card.close()
    assert (found.outcome, found.value) == (Outcome.FAIL, 40 * BLOCK)
    assert f"{CLAIMED - 40} of {CLAIMED} blocks came back otherwise" in found.text


def test_a_card_that_ends_with_an_error_is_found(tmp_path: Path) -> None:
    card = DyingCard(tmp_path / "card", 70 * BLOCK, CLAIMED)
    found = verdict(new_job(tmp_path), card)
    card.close()
    assert found.outcome is Outcome.FAIL
    assert "The disk failed at" in found.text and "Input/output error" in found.text


def test_a_true_card_passes_and_its_speed_is_told(tmp_path: Path) -> None:
    card = WrappingCard(tmp_path / "card", CLAIMED * BLOCK, CLAIMED)
    found = capacity.test(new_job(tmp_path), "capacity", card, CLAIMED * BLOCK)
    card.close()
    assert found[0].outcome is Outcome.PASS
    assert [each.name for each in found] == ["capacity", "write_mb_s", "read_mb_s"]
    assert all((each.value or 0) > 0 for each in found)


class PowerCut(Exception):
    """The test ends here as a machine does without power."""


class CutCard(WrappingCard):
    """Loses its power at a block, once."""

    cut_at = 70
    reads = False

    def write(self, number: int, block: bytes) -> None:
        if not self.reads and number == self.cut_at:
            raise PowerCut
        super().write(number, block)

    def read(self, number: int) -> bytes:
        if self.reads and number == self.cut_at:
            raise PowerCut
        return super().read(number)


@pytest.mark.parametrize("reads", [False, True])
def test_a_test_that_was_cut_off_goes_on_and_still_finds_a_counterfeit(tmp_path: Path, reads: bool) -> None:
    job = new_job(tmp_path)
    card = CutCard(tmp_path / "card", 50 * BLOCK, CLAIMED)
    card.reads = reads
    with pytest.raises(PowerCut):
        verdict(job, card)
    assert int(job.progress("capacity")["written"]) == (CLAIMED if reads else 64)
    card.close()
    again = WrappingCard(tmp_path / "card", 50 * BLOCK, CLAIMED)  # what is on it is still there
    found = verdict(job, again)
    again.close()
    assert (found.outcome, found.value) == (Outcome.FAIL, 50 * BLOCK)


def test_files_of_the_test_are_its_own_and_go_without_touching_others(tmp_path: Path) -> None:
    other = tmp_path / "diwan-capacity-test" / "report.txt"
    other.parent.mkdir()
    other.write_text("keep")
    target = FolderTarget(tmp_path, 2)
    target.write(0, bytes(BLOCK))
    target.close()
    with pytest.raises(OSError, match="not empty"):
        remove_leftovers(tmp_path)
    assert other.read_text() == "keep"
    assert [path.name for path in other.parent.iterdir()] == ["report.txt"]


def bytes_from_disks() -> int:
    """How much this process had read from disks so far, by the kernel's account."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["read_bytes"])


def test_what_is_read_back_comes_from_the_disk_though_it_is_still_in_memory(tmp_path: Path) -> None:
    target = FolderTarget(tmp_path, 2)
    target.write(0, b"x" * BLOCK)
    target.settle()
    try:
        path = tmp_path / "diwan-capacity-test/00000.bin"
        assert path.read_bytes() == b"x" * BLOCK, "it is in memory again"
        before = bytes_from_disks()
        assert target.read(0) == b"x" * BLOCK
        read = bytes_from_disks() - before
        if not _reads_past_memory(path):
            pytest.skip("this file system does not read past the memory, or the kernel does not count it")
        assert read >= BLOCK
    finally:
        target.remove()


def _reads_past_memory(path: Path) -> bool:
    before = bytes_from_disks()
    run = ["dd", f"if={path}", "of=/dev/null", "iflag=direct", f"bs={BLOCK}", "count=1", "status=none"]
    return subprocess.run(run, check=False, capture_output=True).returncode == 0 and bytes_from_disks() > before


def test_a_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "diwan-capacity-test").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotCheck, match="belongs to somebody else"):
        FolderTarget(tmp_path, 2)
    remove_leftovers(tmp_path)
    assert (tmp_path / "elsewhere").is_dir()


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[str]:
    """A block device of 64 MiB that is a file."""
    program = shutil.which("losetup", path="/usr/sbin:/sbin")
    if os.geteuid() != 0 or program is None:
        pytest.skip("a loop device needs root")
    image = tmp_path / "disk.img"
    image.touch()
    os.truncate(image, 64 * BLOCK)
    made = subprocess.run([program, "--find", "--show", image], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no loop device here: {made.stderr.strip()}")
    device = made.stdout.strip()
    yield device
    subprocess.run([program, "--detach", device], check=True)


def test_a_blank_device_is_tested_whole_and_one_with_a_file_system_is_never_touched(loop: str, tmp_path: Path) -> None:
    disk = named(Path(loop))
    assert disk.size == 64 * BLOCK
    refuse_used(disk)
    with opened_device(loop, disk.size) as target:
        found = capacity.test(new_job(tmp_path), "capacity", target, disk.size)
        assert found[0].outcome is Outcome.PASS
        with pytest.raises(CannotCheck, match="not blank"):
            refuse_used(disk)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", loop], check=True)
    before = Path(loop).read_bytes()
    with pytest.raises(CannotCheck, match="not blank"):
        refuse_used(disk)
    assert Path(loop).read_bytes() == before


def check_device(device: str, work: Path, *more: str) -> Result:
    arguments = ["check", "--profile", "backup-disk", "--device", device, "--work", str(work), *more]
    return CliRunner().invoke(hardware, arguments)


def test_a_whole_disk_is_checked_by_the_command_and_never_a_second_time_by_mistake(loop: str, tmp_path: Path) -> None:
    done = check_device(loop, tmp_path / "work", "--json")
    assert done.exit_code in (0, 1), done.output
    result = json.loads(done.stdout.splitlines()[-1])
    found = {finding["name"]: finding["outcome"] for step in result["steps"] for finding in step["findings"]}
    assert found["capacity"] == "pass"
    assert [step["step"] for step in result["steps"]] == ["smart", "capacity"]
    again = check_device(loop, tmp_path / "work")
    assert again.exit_code == 2 and "is not blank" in again.output and "wipefs" in again.output


def test_a_check_that_goes_on_refuses_another_disk_that_has_the_name_now(loop: str, tmp_path: Path) -> None:
    """The first disk was pulled out in the middle; another one, with somebody's data, is /dev/sdX now."""
    work = tmp_path / "work"
    profile = shipped()["backup-disk"]
    identity = machine.identify(profile, Path("."), loop)
    wanted = Wanted("backup-disk", str(Path(".").resolve()), loop)
    with begun(work, profile, wanted, identity, lambda _text: None) as job:
        job.progress("capacity").update(seed="00" * 16, blocks=64, written=32)
        job.save()
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", loop], check=True)
    before = Path(loop).read_bytes()
    done = check_device(loop, work)
    assert done.exit_code == 2 and "is not blank" in done.output, done.output
    assert Path(loop).read_bytes() == before, "not a byte of it was changed"


def test_a_device_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotCheck, match="is not a device"):
        named(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        named(tmp_path / "sdz")
