"""Faults from the first day: processes are killed while cases are entered, and nothing that was saved gets lost."""

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_lab.checker import broken_chains, disagreements, is_level, take_account
from diwan_lab.cluster import Cluster, data_folders
from diwan_lab.command import program
from diwan_lab.process import Process

pytestmark = pytest.mark.slow

VICTIMS = ["post1.agent", "central.ingest", "broker", "central.relay", "post2.agent", "broker", "central.ingest"]
ROWS_PER_ROUND = 12


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "network", posts=2) as cluster:
        yield cluster


def enter_cases(cluster: Cluster, post: Path, first: int) -> Process:
    """Start an import of a few rows, with a picture; each is a case of the Colombian sample."""
    argv = [program(), "import", "sample:colombia", "--dir", str(post), "--json", "--pictures", "1"]
    argv += ["--rows", f"{first}:{first + ROWS_PER_ROUND - 1}", "--errors", str(cluster.folder / "refused.csv")]
    process = Process("import", argv, cluster.folder / "logs" / f"{post.name}.import.log")
    process.start()
    return process


def acknowledged(process: Process) -> int:
    """Cases the import said are saved."""
    deadline = time.monotonic() + 60
    while process.pid is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.exit_code == 0, process.tail()
    return int(json.loads(process.printed().splitlines()[-1])["imported"])


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def test_all_that_was_saved_arrives_once_though_agent_ingest_relay_and_broker_are_killed(cluster: Cluster) -> None:
    chance = random.Random(1)
    saved = 0
    for number, victim in enumerate(VICTIMS):
        first = 1 + 2 * number * ROWS_PER_ROUND
        imports = [enter_cases(cluster, post, first + at * ROWS_PER_ROUND) for at, post in enumerate(cluster.posts)]
        time.sleep(chance.uniform(0.2, 0.9))
        cluster.kill(victim)
        saved += sum(acknowledged(process) for process in imports)
        cluster.start(victim)
    assert saved == 2 * len(VICTIMS) * ROWS_PER_ROUND

    wait_for("the centre holds everything", lambda: is_level(cluster.central, cluster.posts))
    account = take_account(cluster.central, cluster.posts)
    assert account.missing == 0
    assert account.records == saved
    assert account.changes_applied == account.changes_sent, "each change is applied exactly once"
    assert (account.waiting, account.quarantined, account.conflicts) == (0, 0, 0)

    nodes = data_folders(cluster)
    wait_for("all nodes hold the same records", lambda: disagreements(nodes) == {})
    for node in nodes:
        assert broken_chains(node) == []
    assert cluster.ended() == []


def test_a_post_that_starts_while_everything_is_down_catches_up_later(cluster: Cluster) -> None:
    cluster.stop("post1.agent", "central.ingest", "central.relay", "broker")
    saved = acknowledged(enter_cases(cluster, cluster.posts[0], first=1))
    assert not is_level(cluster.central, cluster.posts)
    cluster.start("broker", "central.ingest", "central.relay", "post1.agent")
    wait_for("the centre holds everything", lambda: is_level(cluster.central, cluster.posts))
    account = take_account(cluster.central, cluster.posts)
    assert (account.missing, account.records) == (0, saved)
