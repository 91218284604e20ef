"""What a tired technician reads of each disk: where it is, how old it is, and what to do with it."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner
from diwan_backup.commands import backup
from diwan_backup.disks_command import advice
from diwan_core.archives.settings import Repository, Settings
from diwan_core.archives.standing import DAY_MS, HOUR_MS, RepositoryStanding

from tests.backup.kit import Centre

pytestmark = pytest.mark.slow

NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize(
    ("detached", "there", "age_ms", "said", "now"),
    [
        (True, True, HOUR_MS, "take it home", True),
        (True, True, 3 * DAY_MS, "diwan backup run", True),
        (True, False, 3 * DAY_MS, "at home, due back by", False),
        (True, False, 9 * DAY_MS, "bring it: it was due back by", True),
        (True, False, None, "no backup on it was ever read back", True),
        (False, True, HOUR_MS, "stays here", False),
        (False, False, HOUR_MS, "plug it in", True),
    ],
)
def test_each_disk_has_its_advice(detached: bool, there: bool, age_ms: int | None, said: str, now: bool) -> None:
    verified_ms = 0 if age_ms is None else NOW_MS - age_ms
    one = RepositoryStanding(
        Repository("b", "diwan-backup-b", "0" * 64, detached), there, 3, verified_ms, verified_ms, ""
    )
    told = advice(one, Settings(), NOW_MS)
    assert said in told.text and told.now is now


def test_the_command_lists_them_and_its_exit_code_says_whether_there_is_something_to_do(centre: Centre) -> None:
    centre.repository("a"), centre.repository("home", detached=True)
    centre.make("a"), centre.verify("a")
    shutil.rmtree(centre.place / "home.borg")
    done = CliRunner().invoke(backup, ["disks", "--dir", str(centre.folder), "--json"])
    assert done.exit_code == 1, done.output
    told = {one["name"]: one for one in json.loads(done.output)["disks"]}
    assert told["a"]["now"] is False and told["home"]["advice"].startswith("bring it")
    assert "home" in CliRunner().invoke(backup, ["disks", "--dir", str(centre.folder)]).output
    none = CliRunner().invoke(backup, ["disks", "--dir", str(centre.place)])
    assert none.exit_code == 2 and "Traceback" not in none.output
