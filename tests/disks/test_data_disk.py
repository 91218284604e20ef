"""A machine's encrypted data, on a kernel of its own: made, locked by a power cut, opened by page, paper and stick."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from diwan_core.disks.backup_disk import WrongWord
from diwan_core.disks.data_disk import NotSetUp, check_passphrase, load
from diwan_lab import uml

DIWAN = Path(sys.executable).parent / "diwan"
START_S = 300
WORDS = "five words nobody connects here"
SETTLE = """mkdir -p /tmp/etc /run/diwan-unlock; cp -a /etc/. /tmp/etc/ 2>/dev/null
mount --bind /tmp/etc /etc; mkdir -p /etc/diwan"""


def blank(path: Path, size_mb: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_mb * 1024 * 1024)
    return path


def ran(folder: Path, script: str, *disks: Path) -> str:
    begin = f"DIWAN={DIWAN}\nprintf %s '{WORDS}' >/tmp/words\n{SETTLE}\n"
    with uml.Machine(folder, begin + script, list(disks)) as machine:
        said = machine.wait(START_S)
    assert "MACHINE-ENDS" in said, said
    return said


@pytest.mark.slow
@pytest.mark.skipif(bool(uml.missing()), reason=uml.missing() or "-")
def test_data_is_locked_after_a_power_cut_and_opens_with_each_of_its_keys(tmp_path: Path) -> None:
    disk, stick = blank(tmp_path / "data.img", 200), blank(tmp_path / "stick.img", 40)
    made = ran(
        tmp_path,
        """
$DIWAN disks data make /dev/ubda </tmp/words && cat /etc/diwan/data-disk.toml
$DIWAN disks data open </tmp/words
echo secret-of-a-case >/var/lib/diwan/file; sync
mkfs.ext4 -q -F -L DIWANKEY /dev/ubdb; mkdir -p /tmp/stick; mount /dev/ubdb /tmp/stick
$DIWAN disks data add-stick /tmp/stick </tmp/words; ls /tmp/stick; umount /tmp/stick
""",
        disk, stick,
    )  # fmt: skip
    assert "the data is at /var/lib/diwan" in made
    uuid = re.findall(r'uuid = "([0-9a-f-]{36})"', made)[0]
    paper = re.findall(r"(?:[A-Z0-9]{5}-){7}[A-Z0-9]{5}", made)[0]
    assert f"diwan-{uuid}.key" in made
    assert b"secret-of-a-case" not in disk.read_bytes()

    settings = f"""printf 'uuid = "{uuid}"\\n' >/etc/diwan/data-disk.toml\n"""
    by_hand = ran(
        tmp_path,
        f"""{settings}
ls /var/lib/diwan/file || echo LOCKED
echo a wrong passphrase here | $DIWAN disks data open
printf %s '{paper.lower().replace("-", " ")}' | $DIWAN disks data open && cat /var/lib/diwan/file && echo BY-PAPER
""",
        disk,
    )
    assert "LOCKED" in by_hand and "not a key of this machine's data disk" in by_hand and "BY-PAPER" in by_hand

    by_page = ran(
        tmp_path,
        f"""{settings}
ip link set lo up
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout /tmp/k -out /tmp/c 2>/dev/null
$DIWAN disks data wait & waits=$!
for i in 1 2 3 4 5 6 7 8 9 10; do [ -S /run/diwan-unlock/key.sock ] && break; sleep 1; done
$DIWAN disks data page --host 127.0.0.1 --port 8443 --certificate /tmp/c --key /tmp/k &
for i in 1 2 3 4 5 6 7 8 9 10; do curl -sk https://127.0.0.1:8443/ >/tmp/page && break; sleep 1; done
grep -o 'is locked' /tmp/page | head -1
curl -sk --data-urlencode 'key=wrong wrong wrong' https://127.0.0.1:8443/ | grep -o 'not a key'
sleep 3
curl -sk --data-urlencode 'key={WORDS}' https://127.0.0.1:8443/ | grep -o 'console starts'
wait $waits && cat /var/lib/diwan/file && echo BY-PAGE
""",
        disk,
    )
    assert "is locked" in by_page and "not a key" in by_page and "console starts" in by_page and "BY-PAGE" in by_page

    by_stick = ran(
        tmp_path, f"{settings}\n$DIWAN disks data wait && cat /var/lib/diwan/file && echo BY-STICK", disk, stick
    )
    assert "BY-STICK" in by_stick and "secret-of-a-case" in by_stick


def test_a_short_passphrase_and_settings_that_name_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongWord, match="15"):
        check_passphrase(b"too short")
    with pytest.raises(NotSetUp, match="luks_data"):
        load(tmp_path / "none.toml")
    for text in ('uuid = "x"', "uuid = [", "other = 1"):
        (tmp_path / "data.toml").write_text(text)
        with pytest.raises(NotSetUp):
            load(tmp_path / "data.toml")
