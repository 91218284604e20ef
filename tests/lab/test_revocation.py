"""A stolen post that is on the line is cut off within the minute; the other posts go on."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_central.network import revocation
from diwan_central.setup import broker_folder
from diwan_core.broker import ACCESS
from diwan_lab.cluster import Cluster
from diwan_lab.command import CommandFailed, diwan

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "network", posts=2) as cluster:
        yield cluster


def enter(post: Path, rows: str) -> int:
    """Import some rows; how many were saved."""
    said = diwan("import", "sample:colombia", "--dir", post, "--rows", rows, "--json", "--errors", post / "errors.csv")
    return int(json.loads(said.splitlines()[-1])["imported"])


def cases(node: Path) -> int:
    with sqlite3.connect(f"{(node / 'register.db').as_uri()}?mode=ro", uri=True) as reader:
        return int(reader.execute("SELECT count(*) FROM record_case").fetchone()[0])


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def power_cut(*_: object) -> None:
    raise OSError("the power is gone")


def sessions(cluster: Cluster, node: str) -> tuple[int, int]:
    """How often the broker saw a client of this name come and go."""
    log = (cluster.folder / "logs" / "broker.log").read_text()
    come = sum(f" as {node} " in line for line in log.splitlines() if "New client connected" in line)
    gone = sum(f"Client {node} " in line for line in log.splitlines() if "New client" not in line)
    return come, gone


def test_a_revoked_post_that_is_connected_is_cut_off_and_the_others_go_on(cluster: Cluster) -> None:
    thief, honest = cluster.posts
    saved = enter(thief, "1:5")
    wait_for("the first cases are everywhere", lambda: cases(cluster.central) == cases(honest) == saved)
    name = json.loads(diwan("post", "status", "--dir", thief, "--json"))["node"]
    gone = sessions(cluster, name)[1]

    diwan("central", "revoke", name, "--reason", "stolen", "--dir", cluster.central)
    wait_for("the live session ends", lambda: sessions(cluster, name)[1] > gone, seconds=60)
    late = enter(thief, "6:8")
    saved += enter(honest, "20:24")
    wait_for("the honest post's cases arrive", lambda: cases(cluster.central) == saved)
    new = enter(honest, "30:31")
    wait_for("and go on arriving", lambda: cases(cluster.central) == saved + new)
    assert late == 3, "the thief's own register still takes reports"
    assert cases(thief) == 5 + late, "and hears nothing any more"
    status = json.loads(diwan("central", "status", "--dir", cluster.central, "--json"))
    assert [node["revoked"] for node in status["nodes"] if node["id"] == name] == [1]


def test_a_revoked_post_comes_back_with_new_keys_and_brings_what_it_saved_meanwhile(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, other = cluster.posts
    name = json.loads(diwan("post", "status", "--dir", post, "--json"))["node"]
    monkeypatch.setattr(revocation, "write_access", power_cut)
    with pytest.raises(OSError, match="power"):
        revocation.revoke(cluster.central, name, "found again")
    lists = broker_folder(cluster.central) / ACCESS
    wait_for("what the command did not come to is done", lambda: f"user {name}" not in lists.read_text())
    saved = enter(post, "1:4")
    with pytest.raises(CommandFailed, match="running already"):
        diwan("post", "rekey", "--dir", post)
    cluster.stop("post1.agent", "post1.web")
    diwan("post", "rekey", "--dir", post)
    cluster.enrol(post, "--node", name)
    cluster.start("post1.agent", "post1.web")
    wait_for("what it saved is everywhere", lambda: cases(cluster.central) == cases(other) == saved)
