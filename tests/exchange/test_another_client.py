"""docs/protocol.md is complete enough to write another client from: one was, and does its work with a real centre."""

from __future__ import annotations

import ast
import json
import os
import socket
import ssl
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan
from paho.mqtt.client import Client

from tests.exchange import other_client
from tests.exchange.other_client import HPKE, OtherPost, json_of, pack, raw_of

DICTIONARIES = {1: Path(__file__).parents[2] / "core/diwan_core/exchange/zstd/1.dict"}
"""The document names this file and its hash: it is a part of the protocol."""
REST = {
    "type": "seizure", "date": "2026-11-20", "office": "JOAQJ", "direction": "import", "status": "submitted",
    "detection_method": "routine", "concealment_method": "none",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip
NARRATIVE = "Cartons behind a false floor, \u0635\u0646\u0627\u062f\u064a\u0642"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("another") / "network", posts=1) as cluster:
        yield cluster


def other_post(cluster: Cluster) -> OtherPost:
    """Another client, enrolled and connected."""
    said = json.loads(diwan("central", "code", "--dir", cluster.central, "--label", "Other", "--json"))
    post = OtherPost(DICTIONARIES)
    post.enrol(f"http://127.0.0.1:{cluster.ports.central}", said["code"], "Other post")
    post.connect()
    post.until(lambda: post.keys)
    return post


def shown(node: Path, record: str) -> dict[str, object]:
    """A record as a node shows it."""
    return dict(json.loads(diwan("show", record, "--dir", node, "--json"))["values"])


def test_the_other_client_has_nothing_of_diwan_in_it() -> None:
    tree = ast.parse(Path(other_client.__file__).read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    foreign = {name.split(".")[0] for name in names} - sys.stdlib_module_names
    assert foreign == {"msgspec", "backports", "cryptography", "paho"}


@pytest.mark.slow
def test_a_client_written_from_the_document_takes_part_in_the_network(cluster: Cluster, tmp_path: Path) -> None:
    one, other, ours = other_post(cluster), other_post(cluster), cluster.posts[0]
    record = one.report("case", REST, {"narrative": NARRATIVE}, "officer")
    one.send()
    one.until(lambda: one.stored == 2)
    other.until(lambda: record in other.records)
    assert other.records[record] == {**REST, "narrative": NARRATIVE}

    second = other.report("case", {**REST, "place": "Gate 2"}, {"narrative": "Its own"}, "officer")
    other.change("case", record, {"place": "Warehouse"}, "supervisor")
    other.send()
    other.until(lambda: other.stored == 3)
    diwan("import", "sample:colombia", "--dir", ours, "--rows", "1:3", "--errors", tmp_path / "errors.csv")
    # Two cases, three imported by ours, and the rows that open epochs, which belong to no record.
    one.until(lambda: len(one.records) >= 5 and one.records[record].get("place") == "Warehouse")
    other.until(lambda: other.cursor == one.cursor)
    assert one.feed == other.feed
    assert one.refused == other.refused == []

    for node in (cluster.central, ours):
        assert shown(node, record) == {**REST, "narrative": NARRATIVE, "place": "Warehouse"}
        assert shown(node, second)["place"] == "Gate 2"
        assert json.loads(diwan("audit", "verify", "--dir", node, "--json"))["whole"]
    evidence = tmp_path / "case.zip"
    diwan("audit", "export", record, "--dir", cluster.central, "-o", evidence)
    assert json.loads(diwan("audit", "check", evidence, "--json"))["proven"]
    for post in (one, other):
        post.close()


def parcel(post: OtherPost, epoch: bytes, first: int, last: int, content: bytes) -> bytes:
    """Sealed as it must be, whatever is in it."""
    head = pack([1, 1, bytes(8), 0, raw_of(post.node), "", epoch, first, last, None, 0, None])
    clear = struct.pack(">BBH", 1, 1, len(head)) + head
    reader = X25519PublicKey.from_public_bytes(post.centre_sealing)
    return clear + HPKE.encrypt(content, reader, b"diwan/1/parcel\0" + clear)


def storms(evil: OtherPost, neighbour: str) -> Iterator[tuple[str, bytes]]:
    """What an enrolled client may try: gaps, ranges without end, junk, hellos and questions, others' topics."""
    up = f"diwan/1/up/{evil.node}/"
    row = zstd.compress(json_of([["", "epoch", 1 << 60, 0, 0, "x", 0, 1, None], {}, None]))
    content = pack([bytes(64), bytes(16), row, []])
    for at in range(600):
        yield up + "p", parcel(evil, raw_of(evil.epoch), 1000 + at, 1000 + at, content)
        yield up + "p", parcel(evil, os.urandom(8), 5, 5, content)
    for first in (1, 2**53 - 5):
        yield up + "p", parcel(evil, os.urandom(8), first, 2**53 - 1, content)
    for leaf in "pbhsl":
        yield from ((up + leaf, os.urandom(1000)) for _ in range(100))
    epochs = [[os.urandom(8), 5] for _ in range(1000)]
    for _ in range(20):
        yield up + "h", pack([1, 1, "e" * 80, epochs, {"national": 0}, 0, [], [os.urandom(32)] * 200, True, {}])
        yield up + "s", pack([1, 5, 5])
    foreign = (f"up/{neighbour}/h", f"node/{neighbour}/r", "all/w", "all/n", "scope/national/x", f"up/{evil.node}/x/y")
    for topic in foreign:
        yield f"diwan/1/{topic}", os.urandom(100)


class WithWill(Client):
    """A client whose death tells everybody that a centre's process came up."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.will_set("diwan/1/all/w", b"will")


@pytest.mark.slow
def test_whatever_an_enrolled_client_sends_others_go_on_and_hear_nothing_of_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, reader = other_post(cluster), other_post(cluster)
    monkeypatch.setattr(other_client, "Client", WithWill)
    evil = other_post(cluster)
    heard: list[tuple[str, bytes]] = []
    take = reader._take

    def noted(topic: str, payload: bytes) -> None:
        heard.append((topic, payload))
        take(topic, payload)

    def report(place: str) -> str:
        record = honest.report("case", {**REST, "place": place}, None, "officer")
        honest.send()
        honest.until(lambda: honest.stored == len(honest.hashes) - 1)
        return record

    monkeypatch.setattr(reader, "_take", noted)
    for count, (topic, payload) in enumerate(storms(evil, reader.node)):
        evil.client.publish(topic, payload)
        if count % 400 == 0:
            evil.client.loop(0.1)
            last = report(f"Storm {count}")
    reader.until(lambda: last in reader.records)
    evil.client.publish(f"diwan/1/up/{evil.node}/h", b"kept for those who come later", retain=True)
    connection = evil.client.socket()
    assert isinstance(connection, ssl.SSLSocket)
    connection.shutdown(socket.SHUT_RDWR)
    last = report("After it")
    reader.until(lambda: last in reader.records)
    assert reader.refused == honest.refused == []
    assert not [topic for topic, payload in heard if topic.endswith("/x") or (topic.endswith("/w") and payload)]
    assert json.loads(diwan("central", "status", "--dir", cluster.central, "--json"))["refused"]["gap"] > 500
    assert json.loads(diwan("audit", "verify", "--dir", cluster.central, "--json"))["whole"]
    for post in (honest, reader):
        post.close()
