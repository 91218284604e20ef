"""A blank disk becomes a backup disk on a machine with a kernel of its own, whose power is cut in the middle."""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path

import pytest
from diwan_lab import uml

DIWAN = Path(sys.executable).parent / "diwan"
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
START_S = 240
"""A machine in a process beside other tests."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(uml.missing()), reason=uml.missing() or "-")]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    return path


def ran(folder: Path, script: str, *disks: Path) -> str:
    script = f"DIWAN={DIWAN}\nprintf %s {KEY} >/tmp/key\n{script}"
    with uml.Machine(folder, script, list(disks)) as machine:
        said = machine.wait(START_S)
    assert "MACHINE-ENDS" in said, said
    return said


def test_a_disk_cut_off_in_the_making_is_finished_by_the_next_run_and_opens_with_both_keys(
    tmp_path: Path, disk: Path
) -> None:
    prepare = "$DIWAN disks prepare /dev/ubda --label diwan-backup-a --serial ubda --key-file /tmp/key"
    script = f"DIWAN={DIWAN}\nprintf %s {KEY} >/tmp/key\n{prepare}"
    with uml.Machine(tmp_path, script, [disk]) as machine:
        end = time.monotonic() + START_S
        while b"diwan-making-a" not in disk.open("rb").read(64 * 1024):
            assert time.monotonic() < end and not machine.has_ended(), machine.said()
            time.sleep(0.1)
        machine.cut()
    assert b"diwan-backup-a" not in disk.open("rb").read(64 * 1024)

    said = ran(
        tmp_path,
        f"""
$DIWAN disks open diwan-backup-a --key-file /tmp/key && echo OPENED-UNFINISHED
$DIWAN disks prepare /dev/ubda --label diwan-backup-b --serial ubda --key-file /tmp/key || echo ANOTHER-LABEL-REFUSED
{prepare} >/tmp/made; cat /tmp/made
{prepare} --json
grep -oE '([A-Z0-9]{{5}}-){{7}}[A-Z0-9]{{5}}' /tmp/made | tr 'A-Z-' 'a-z ' >/tmp/paper
$DIWAN disks open diwan-backup-a --key-file /tmp/paper --paper && echo OPENED-BY-PAPER
echo kept >/run/diwan/backup/diwan-backup-a/file
$DIWAN disks prepare /dev/ubda --label diwan-backup-b --serial ubda --key-file /tmp/key || echo REFUSED-IN-USE
$DIWAN disks close diwan-backup-a
echo wrong | $DIWAN disks open diwan-backup-a --key-file - || echo WRONG-KEY
$DIWAN disks open diwan-backup-a --key-file /tmp/key && cat /run/diwan/backup/diwan-backup-a/file
$DIWAN disks close diwan-backup-a
""",
        disk,
    )
    assert "OPENED-UNFINISHED" not in said and "ANOTHER-LABEL-REFUSED" in said
    assert "is the backup disk diwan-backup-a" in said
    assert '"changed": false' in said, "a second run changes nothing"
    assert "OPENED-BY-PAPER" in said and "REFUSED-IN-USE" in said and "WRONG-KEY" in said
    assert re.search(r"^kept\r?$", said, re.M) and said.count("take disk A home") == 2


def test_a_copied_disk_and_a_missing_one_are_told(tmp_path: Path, disk: Path) -> None:
    ran(tmp_path, "cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label diwan-backup-a "
        "--key-file /tmp/key /dev/ubda", disk)  # fmt: skip
    copy = tmp_path / "copy.img"
    shutil.copy(disk, copy)
    said = ran(tmp_path, "$DIWAN disks open diwan-backup-a --key-file /tmp/key\n$DIWAN disks open diwan-backup-b "
               "--key-file /tmp/key", disk, copy)  # fmt: skip
    assert "/dev/ubda and /dev/ubdb both say that they are diwan-backup-a: one is a copy" in said
    assert "no disk with the label diwan-backup-b is plugged in" in said
