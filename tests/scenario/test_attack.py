"""A thief with a post's keys and a broker in hostile hands: nothing is lost, doubled or different in the end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from diwan_lab.command import diwan
from diwan_lab.hostile_broker import HostileBroker, Overheard
from diwan_lab.opened import FRAME, MAGIC
from diwan_lab.weather import Weather

from tests.scenario.test_random_scenario import nothing_is_wrong, run


def counted(node: Path) -> dict[str, int]:
    with closing(sqlite3.connect(node / "register.db")) as database:
        return dict(database.execute("SELECT name, value FROM counter").fetchall())


@pytest.mark.slow
def test_a_slice_of_an_attack_loses_doubles_and_diverges_nothing(tmp_path: Path) -> None:
    found = run(tmp_path / "s", "attack", "--seed", "4", "--faults", "14", "--posts", "2", seconds=400)
    assert found["faults"] == 14
    assert found["acknowledged"] > 20
    assert nothing_is_wrong(found)
    nodes = [tmp_path / "s/network" / name for name in ("central", "post1", "post2")]
    refused = [name for node in nodes for name in counted(node)]
    assert "refused_forged" in refused and "refused_unsigned" in refused, "the broker was hostile, and was not believed"
    with closing(sqlite3.connect(nodes[0] / "register.db")) as database:
        thief = "SELECT count(*) FROM epoch e JOIN node n ON n.id=e.origin WHERE n.label='Post of a thief'"
        assert database.execute(thief).fetchone()[0] > 0, "the thief was heard"


def test_what_was_overheard_is_read_as_the_taps_grow(tmp_path: Path) -> None:
    tap = tmp_path / "tap"
    overheard = Overheard(lambda: [tap, tmp_path / "none"])
    overheard.listen()
    frames = [
        FRAME.pack(MAGIC, len(topic), len(payload)) + topic + payload
        for topic, payload in ((b"diwan/1/up/aaaaaaaaaaaaa/h", b"x" * 50), (b"diwan/1/node/aaaaaaaaaaaaa/r", b"TAP\n"))
    ]
    tap.write_bytes(frames[0] + frames[1][:-2])
    overheard.listen()
    assert overheard.messages == [("diwan/1/up/aaaaaaaaaaaaa/h", b"x" * 50)]
    tap.write_bytes(frames[0] + frames[1] + b"TAP" + frames[0])  # one was cut off by a kill
    overheard.listen()
    overheard.listen()
    assert [topic[-1] for topic, _ in overheard.messages] == ["h", "r", "h"]
    assert overheard.of("r", "node") == [("diwan/1/node/aaaaaaaaaaaaa/r", b"TAP\n")]


@pytest.mark.slow
def test_what_a_hostile_broker_makes_reaches_the_process_it_is_for(tmp_path: Path) -> None:
    weather = Weather(tmp_path / "network", 2)
    weather.hostile = True
    with weather as cluster:
        names = {post.name: _id(post) for post in cluster.posts}
        broker = HostileBroker(cluster, lambda: names)
        for kind in ("forge", "replay"):
            broker.begin(kind, 6.0, "7").join()
        assert broker.made > 50 and broker.unfinished == 0
        cluster.stop()
    refused = [counted(node) for node in (cluster.central, *cluster.posts)]
    assert all(any(name.startswith("refused_") for name in one) for one in refused)


def _id(post: Path) -> str:
    import json

    return str(json.loads(diwan("post", "status", "--dir", post, "--json"))["node"])
