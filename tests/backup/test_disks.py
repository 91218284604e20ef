"""The whole story on encrypted disks and machines with kernels of their own: a backup whose power is cut, a copied
disk, and the centre put back onto a new machine from the disk and the papers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from diwan_lab import uml

from tests.backup.kit import Centre

DIWAN = Path(sys.executable).parent / "diwan"
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
START_S = 400
"""A machine in a process beside other tests."""
OPEN = "$DIWAN disks open diwan-backup-a --key-file /tmp/key"
CENTRE = "mkdir -p /tmp/data; mount /dev/ubda /tmp/data"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(uml.missing()), reason=uml.missing() or "-")]


def script(text: str) -> str:
    return f"export TMPDIR=/tmp\nDIWAN={DIWAN}\nprintf %s {KEY} >/tmp/key\n{text}"


def ran(folder: Path, text: str, *disks: Path) -> str:
    with uml.Machine(folder, script(text), list(disks)) as machine:
        said = machine.wait(START_S)
    assert "MACHINE-ENDS" in said, said
    return said


def blank(path: Path, size_mb: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_mb * 1024 * 1024)
    return path


@pytest.fixture
def data(centre: Centre, tmp_path: Path) -> Path:
    """The disk of the centre's machine, with the centre on it."""
    path = blank(tmp_path / "data.img", 200)
    shutil.copytree(centre.folder, tmp_path / "content" / "centre")
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(tmp_path / "content"), str(path)], check=True)
    return path


def test_from_a_blank_disk_to_the_centre_on_a_new_machine(data: Path, tmp_path: Path) -> None:
    disk = blank(tmp_path / "disk.img", 300)
    made = ran(
        tmp_path,
        f"""{CENTRE}
$DIWAN disks prepare /dev/ubdb --label diwan-backup-a --serial ubdb --key-file /tmp/key >/dev/null
{OPEN}
$DIWAN backup init diwan-backup-a --dir /tmp/data/centre
$DIWAN backup run --dir /tmp/data/centre --quiet
$DIWAN disks close diwan-backup-a
$DIWAN backup run --repository diwan-backup-a --dir /tmp/data/centre --quiet || echo AWAY
umount /tmp/data
""",
        data, disk,
    )  # fmt: skip
    assert "read back whole" in made, made
    assert "take disk A home when it is closed" in made
    assert "plug it in" in made and "AWAY" in made
    paper = re.findall(r"(?:[A-Z0-9]{5}-){7}[A-Z0-9]{5}", made)[-1]
    assert b"Gate 1" not in disk.read_bytes()

    text = f"""{CENTRE}
mkdir -p /tmp/data/centre/mappings; head -c 60000000 /dev/urandom >/tmp/data/centre/mappings/big
{OPEN}
echo BEGINS
$DIWAN backup run --dir /tmp/data/centre --quiet
echo DONE
"""
    with uml.Machine(tmp_path, script(text), [data, disk]) as machine:
        end = time.monotonic() + START_S
        while "BEGINS" not in machine.said():
            assert time.monotonic() < end and not machine.has_ended(), machine.said()
            time.sleep(0.1)
        time.sleep(6)
        assert "DONE" not in machine.said(), "the power is to go in the middle"
        machine.cut()

    clone = tmp_path / "clone.img"
    shutil.copyfile(disk, clone)
    after = ran(
        tmp_path,
        f"""{CENTRE}
rm -f /tmp/data/centre/mappings/big
{OPEN} || echo TWO-DISKS
""",
        data, disk, clone,
    )  # fmt: skip
    assert "TWO-DISKS" in after and "one is a copy" in after

    again = ran(
        tmp_path,
        f"""{CENTRE}
{OPEN}
$DIWAN backup run --dir /tmp/data/centre --quiet
$DIWAN backup verify --all --dir /tmp/data/centre --quiet && echo ALL-GOOD
$DIWAN disks close diwan-backup-a
umount /tmp/data
""",
        data, disk,
    )  # fmt: skip
    assert "ALL-GOOD" in again, again

    copied = ran(
        tmp_path,
        f"""{CENTRE}
{OPEN}
$DIWAN backup run --dir /tmp/data/centre --quiet || echo REFUSED
umount /tmp/data
""",
        data, clone,
    )  # fmt: skip
    assert "the disk was cloned, or put back" in copied and "REFUSED" in copied

    new = blank(tmp_path / "new.img", 500)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(new)], check=True)
    restored = ran(
        tmp_path,
        f"""{CENTRE}
{OPEN}
echo {paper} | $DIWAN backup restore centre diwan-backup-a --to /tmp/data/centre --quiet
$DIWAN central status --dir /tmp/data/centre
ls /tmp/data/centre/keys
""",
        new, disk,
    )  # fmt: skip
    assert "3 pictures are back" in restored, restored
    assert "The centre is closed" in restored
    assert "identity.pem" in restored
