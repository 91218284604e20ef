"""Every minute the centre copies what it wrote itself onto a second disk, and says how old that copy is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_backup import tail
from diwan_backup.commands import backup
from diwan_backup.configure import configure
from diwan_core.archives.settings import BadSettings
from diwan_core.archives.standing import standing, wrong
from diwan_core.trust import NodeKeys

from tests.backup.kit import Centre

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "second").mkdir()
    return tmp_path / "second"


def test_the_second_disk_takes_what_is_new_and_is_told_when_it_does_not(centre: Centre, disk: Path) -> None:
    centre.repository("a"), centre.make("a"), centre.verify("a")
    assert configure(centre.folder, (f"tail={disk}",))
    assert tail.write(centre.folder, None).files > 0
    assert tail.write(centre.folder, None).files == 0
    centre.save_case("A minute later")
    assert tail.write(centre.folder, None).files > 0
    written = standing(centre.folder).tail_ms
    assert "backup_tail_old" not in dict(wrong(centre.folder, written + 9 * 60_000))
    assert dict(wrong(centre.folder, written + 11 * 60_000))["backup_tail_old"]["place"] == str(disk)


def test_nothing_of_a_case_and_no_key_can_be_read_on_the_second_disk(centre: Centre, disk: Path) -> None:
    centre.save_case("The place that nobody may read")
    tail.write(centre.folder, disk)
    content = b"".join(path.read_bytes() for path in disk.rglob("*") if path.is_file())
    assert b"nobody may read" not in content and len(content) > 1000
    keys = NodeKeys.load(centre.folder)
    assert keys.identity_public is not None
    for key in (centre.folder / "keys").rglob("*.pem"):
        assert key.read_bytes().splitlines()[1] not in content


@pytest.mark.parametrize("given", ["tail=second", "tail=/a\nb"])
def test_a_place_that_is_no_folder_is_refused(given: str, centre: Centre) -> None:
    with pytest.raises(BadSettings, match="whole path"):
        configure(centre.folder, (given,))


def test_the_command_says_what_is_missing(centre: Centre, disk: Path) -> None:
    def run(*arguments: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(backup, ["tail", "--dir", str(centre.folder), *map(str, arguments)])
        return done.exit_code, done.output

    assert run() == (
        2,
        "Error: no second disk was agreed: give one with --to, or `diwan backup configure tail=/PATH`\n",
    )
    assert "plug the second disk in" in run("--to", disk / "gone")[1]
    code, said = run("--to", disk)
    assert code == 1 and "on the disk of the data itself" in said, "both are folders of this test"
    if os.geteuid() != 0:
        disk.chmod(0o500)
        assert run("--to", disk)[0] == 2
