"""What each earlier release left behind is opened, merged and restored by this one: centre, post, stick and backup.

The archives were made by those releases (`python -m diwan_lab.freeze`) and are never made again."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.tar.xz"))
pytestmark = pytest.mark.slow


@pytest.fixture(params=FROZEN, ids=lambda path: path.name.removesuffix(".tar.xz"))
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder with what a release left behind."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path)  # our own, in the tree
    for folder in ("central", "post1"):
        for path in [tmp_path / folder, *(tmp_path / folder).rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)
    return tmp_path


def diwan(*arguments: str | Path, given: str = "") -> str:
    program = Path(sys.executable).with_name("diwan")
    done = subprocess.run(
        [program, *arguments], input=given, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def facts(left: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((left / "facts.json").read_text())
    return found


def cases(node: Path, then: str) -> list[dict[str, str]]:
    """The cases of a node, whole, in the columns that a list of that release has."""
    columns = next(csv.reader(io.StringIO(then)))
    whole = rows(diwan("export", "case", "--dir", node, "--nominal"))
    return [{column: row[column] for column in columns} for row in whole]


def rows(listed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(listed)))


def test_there_is_something_of_the_first_release() -> None:
    assert FROZEN[0].name == "0.1.0.tar.xz"


def test_its_centre_and_its_post_are_opened_and_nothing_in_them_is_missing(left: Path) -> None:
    for role, folder, held in (("central", "central", "cases"), ("post", "post1", "cases_of_the_post")):
        diwan(role, "migrate", "--dir", left / folder)
        assert cases(left / folder, facts(left)[held]) == rows(facts(left)[held])
        diwan("audit", "verify", "--dir", left / folder)


def test_its_stick_is_merged(left: Path) -> None:
    diwan("central", "migrate", "--dir", left / "central")
    diwan("central", "import-parcels", left / "stick", "--dir", left / "central")
    held = facts(left)["cases_of_the_post"]
    by_id = itemgetter("id")
    assert sorted(cases(left / "central", held), key=by_id) == sorted(rows(held), key=by_id)


@pytest.mark.skipif(shutil.which("borg") is None, reason="borg is not installed: apt install borgbackup")
def test_its_backup_is_restored_with_the_key_on_paper(left: Path) -> None:
    diwan(
        "backup", "restore", "centre", left / "disk/repository", "--to", left / "restored", "--quiet",
        given=facts(left)["paper_key"] + "\n",
    )  # fmt: skip
    diwan("central", "migrate", "--dir", left / "restored")
    assert cases(left / "restored", facts(left)["cases"]) == rows(facts(left)["cases"])
    diwan("audit", "verify", "--dir", left / "restored")
