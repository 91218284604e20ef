"""A backup of each release that there was is restored by this one, migrated, read and gone on with."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_backup.commands import backup
from diwan_core.register import Edit, Register

from tests.backup.kit import PICTURES
from tests.exchange.network import case

pytestmark = pytest.mark.slow

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.tar.xz"))


def test_there_is_one() -> None:
    assert FROZEN


@pytest.mark.parametrize("packed", FROZEN, ids=lambda path: path.name)
def test_a_backup_of_an_earlier_release_comes_back_and_goes_on(packed: Path, tmp_path: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path)  # our own file
    new = tmp_path / "new"
    done = CliRunner().invoke(
        backup,
        ["restore", "centre", str(tmp_path / "frozen.borg"), "--to", str(new), "--json", "--quiet"],
        input=(tmp_path / "frozen.paper").read_text(),
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["cases"], said["brought"], said["left"]) == (3, len(PICTURES), 0)
    with Register.open(new, role="writer") as register:
        assert register.status()["records"]["case"] == 3
        assert register.search("Cartons", ("case",), 10)
        register.save([Edit("case", case(place="Today"))], author="officer")
        assert register.status()["records"]["case"] == 4
    again = CliRunner().invoke(backup, ["run", "--dir", str(new), "--json", "--quiet"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout.splitlines()[-1])["repositories"][0]["verified"] is True
