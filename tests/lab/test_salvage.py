"""The register of a post is damaged, salvaged at its machine, and the network is whole again: real processes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan

from tests.salvage.damage_kit import copied_into_database, overwrite_pages, overwrite_where

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "network", posts=2) as cluster:
        yield cluster


def enter(post: Path, rows: str) -> int:
    """Import some rows; how many were saved."""
    words = ["import", "sample:colombia", "--dir", post, "--rows", rows, "--json", "--errors", post / "errors.csv"]
    done = CliRunner().invoke(main, [str(word) for word in words])  # in this process: some thirty times a test
    assert done.exit_code == 0, done.output
    return int(json.loads(done.stdout.splitlines()[-1])["imported"])


def cases(node: Path) -> set[str]:
    with closing(sqlite3.connect(f"{(node / 'register.db').as_uri()}?mode=ro", uri=True)) as reader:
        return {str(row[0]) for row in reader.execute("SELECT id FROM record WHERE type='case'")}


def until(what: str, holds: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)


@pytest.mark.parametrize("harm", ["pages", "one row in the midst", "gone"])
def test_a_damaged_post_is_whole_again_and_so_is_the_network(cluster: Cluster, harm: str) -> None:
    post, other = cluster.posts
    enter(post, "1:40")
    enter(other, "100:120")
    until("everybody has all", lambda: len(cases(post)) == len(cases(other)) == len(cases(cluster.central)) == 61)
    receipted = cases(post)
    cluster.stop("post1.agent")
    for row in range(41, 71):
        enter(post, f"{row}:{row}")
    unsent = cases(post) - receipted
    cluster.stop("post1.web")
    database = post / "register.db"
    copied_into_database(database)
    if harm == "pages":
        overwrite_pages(database, 1, 0.1)
    elif harm == "gone":
        database.unlink()
    else:
        with closing(sqlite3.connect(database)) as reader:
            (salt,) = reader.execute("SELECT salt FROM journal WHERE seq=(SELECT max(seq)-15 FROM journal)").fetchone()
        assert overwrite_where(database, salt)
    report = json.loads(diwan("post", "salvage", "--dir", post, "--force", "--json").splitlines()[-1])
    if harm == "one row in the midst":
        assert report["beside"] > 5
    cluster.start("post1.agent", "post1.web")
    until("what was receipted is here again", lambda: receipted <= cases(post))
    until("nothing waits any more", lambda: not findings(post))
    until("the two agree", lambda: cases(post) == cases(other) == cases(cluster.central))
    lost = unsent - cases(cluster.central)
    stretches = [stretch.rpartition(":")[2].split("-") for stretch in report["lost"]]
    rows_lost = sum(int(last) - int(first) + 1 for first, last in stretches)
    assert len(lost) <= (30 if harm == "gone" else rows_lost)
    assert json.loads(diwan("audit", "verify", "--dir", cluster.central, "--json"))["whole"]
    status = json.loads(diwan("central", "status", "--dir", cluster.central, "--json"))
    assert status["received"]["quarantined"] == status["received"]["waiting"] == 0
    new = enter(post, "80:84")
    until("and it goes on", lambda: len(cases(other)) == len(cases(post)) and new == 5)


def findings(post: Path) -> list[str]:
    return [found["code"] for found in json.loads(diwan("post", "status", "--dir", post, "--json"))["findings"]]
