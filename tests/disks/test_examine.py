"""A disk is erased only when it is blank, free and named: everything else is told, all reasons at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_core.disks import luks
from diwan_core.disks.backup_disk import DiskRefused, WrongWord, check_erasable, check_label, prepare
from diwan_core.disks.commands import disks_group
from diwan_core.disks.examine import examine

pytestmark = pytest.mark.slow

KEY = b"0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[str]:
    """A blank disk of 100 MB."""
    if os.geteuid() != 0 or shutil.which("losetup") is None:
        pytest.skip("needs root and losetup")
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    done = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop device can be made here: {done.stderr.strip()}")
    device = done.stdout.strip()
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


def codes(device: str | Path) -> list[str]:
    return [reason.code for reason in examine(Path(device))[1]]


def run(*arguments: object, given: str = "") -> Result:
    return CliRunner().invoke(disks_group, [str(argument) for argument in arguments], input=given)


def test_a_blank_disk_is_free(loop: str) -> None:
    disk, reasons = examine(Path(loop))
    assert reasons == [] and disk is not None and disk.size == 100 * 1024 * 1024
    assert "blank and free" in run("examine", loop).output


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["mkfs.ext4", "-q", "-F"], "ext4"),
        (["mkswap"], "swap"),
        (["partition table"], "dos"),
        (["dd", "if=/dev/urandom", "bs=1k", "count=4", "seek=40", "status=none"], "beginning"),
        (["dd", "if=/dev/urandom", "bs=1k", "count=4", "seek=102300", "status=none"], "end"),
    ],
    ids=["a file system", "swap", "partitions", "unknown bytes at its beginning", "unknown bytes at its end"],
)
def test_a_disk_that_holds_anything_is_refused_with_what_it_holds(loop: str, made: list[str], said: str) -> None:
    if made == ["partition table"]:
        entry = bytes([0x80, 0, 2, 0, 0x83, 0, 2, 0]) + (2048).to_bytes(4, "little") + (20_000).to_bytes(4, "little")
        with Path(loop).open("r+b") as disk:
            disk.write(bytes(446) + entry + bytes(48) + b"\x55\xaa")
    else:
        subprocess.run([*made, f"of={loop}" if made[0] == "dd" else loop], check=True, capture_output=True)
    assert "data" in codes(loop)
    done = run(
        "prepare", loop, "--label", "diwan-backup-a", "--serial", Path(loop).name, "--key-file", "-", given="x" * 40
    )
    assert done.exit_code == 2 and said in done.output and "wipefs" in done.output
    assert not luks.is_encrypted(loop), "nothing was changed"


def test_a_mounted_disk_a_read_only_one_and_a_small_one_are_refused(loop: str, tmp_path: Path) -> None:
    subprocess.run(["mkfs.ext4", "-q", "-F", loop], check=True)
    place = tmp_path / "place"
    place.mkdir()
    subprocess.run(["mount", loop, place], check=True)
    try:
        assert "mounted" in codes(loop)
    finally:
        subprocess.run(["umount", place], check=True)
    subprocess.run(["blockdev", "--setro", loop], check=True)
    try:
        assert "read_only" in codes(loop)
    finally:
        subprocess.run(["blockdev", "--setrw", loop], check=True)


def test_what_is_no_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert codes(tmp_path / "none") == ["missing"] and codes(tmp_path / "file") == ["no_disk"]
    assert codes("/dev/null") == ["no_disk"]
    done = run("examine", tmp_path / "none", "--json")
    assert done.exit_code == 3 and json.loads(done.output)["reasons"][0]["code"] == "missing"


def test_the_disk_of_the_running_system_is_refused() -> None:
    source = subprocess.run(
        ["findmnt", "-no", "SOURCE", "/"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not Path(source).is_block_device():
        pytest.skip(f"the root file system is on {source}, which is not a disk")
    assert {"system", "partition"} & set(codes(source))


@pytest.mark.parametrize(
    "label", ["", "a", "diwan-backup-", "diwan-backup-A", "diwan-backup-abcd", "diwan-backup-a b", "--x"]
)
def test_a_label_of_another_form_is_refused(label: str) -> None:
    with pytest.raises(WrongWord):
        check_label(label)


def test_whoever_types_another_serial_number_erases_nothing(loop: str, tmp_path: Path) -> None:
    with pytest.raises(WrongWord, match="nothing was changed"):
        prepare(Path(loop), "diwan-backup-a", "WD-4711", KEY, tmp_path / "state")
    asked = run(
        "prepare", loop, "--label", "diwan-backup-a", "--key-file", "-", given=f"{Path(loop).name}\ndiwan-backup-b\n"
    )
    assert asked.exit_code == 2 and "nothing was changed" in asked.output
    assert codes(loop) == []


def test_only_our_own_unfinished_work_may_be_begun_again(loop: str, tmp_path: Path) -> None:
    if shutil.which("cryptsetup", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("cryptsetup is not installed: apt install cryptsetup-bin")
    luks.make(loop, "diwan-making-a", KEY)
    assert check_erasable(Path(loop), "diwan-backup-a", tmp_path).path == loop
    with pytest.raises(DiskRefused, match="holds data"):
        check_erasable(Path(loop), "diwan-backup-b", tmp_path)
    luks.set_label(loop, "somebody-elses")
    with pytest.raises(DiskRefused, match="holds data"):
        check_erasable(Path(loop), "diwan-backup-a", tmp_path)


def test_keys_on_paper_are_read_however_they_are_typed() -> None:
    paper = luks.mint_paper_key()
    assert len(paper) == 47 and paper != luks.mint_paper_key()
    assert luks.paper_key_bytes(paper.lower().replace("-", "  ")) == luks.paper_key_bytes(paper)
    assert not set("01IO") & set(paper)


def test_a_key_opens_its_disk_and_another_does_not(loop: str, tmp_path: Path) -> None:
    if shutil.which("cryptsetup", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("cryptsetup is not installed: apt install cryptsetup-bin")
    luks.make(loop, "diwan-backup-a", KEY)
    luks.add_key(loop, KEY, b"PAPER", tmp_path)
    assert luks.opens(loop, KEY) and luks.opens(loop, b"PAPER") and not luks.opens(loop, b"other")
    assert list(tmp_path.glob("key-*")) == []
