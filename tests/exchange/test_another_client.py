"""docs/protocol.md is complete enough to write another client from: one was, and does its work with a real centre."""

from __future__ import annotations

import ast
import hashlib
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
from diwan_lab.joining import CONFIRMER
from msgspec import msgpack
from paho.mqtt.client import Client

from tests.exchange import other_client
from tests.exchange.other_client import HPKE, OtherPost, json_of, pack, raw_of, verified

DICTIONARIES = {1: Path(__file__).parents[2] / "core/diwan_core/exchange/wire/zstd/1.dict"}
"""The document names this file and its hash: it is a part of the protocol."""
REST = {
    "type": "seizure", "date": "2026-11-20", "office": "JOAQJ", "country": "JO", "direction": "import",
    "status": "submitted",
    "detection_method": "routine", "concealment_method": "none",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip
NARRATIVE = "Cartons behind a false floor, \u0635\u0646\u0627\u062f\u064a\u0642"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("another") / "network", posts=1) as cluster:
        yield cluster


def enrolled(post: OtherPost, cluster: Cluster) -> None:
    """By a code the centre made."""
    meant = ("--label", f"Other {post.node}", "--office", "JOAQJ")
    said = json.loads(diwan("central", "code", "--dir", cluster.central, *meant, "--json"))
    post.enrol(f"http://127.0.0.1:{cluster.ports.central}", said["code"], "Other post")
    assert (post.answer["label"], post.answer["unconfirmed"], post.scope_keys) == (f"Other {post.node}", True, {})
    diwan("central", "confirm", post.node, *post.words(), "--by", CONFIRMER, "--dir", cluster.central)


def other_post(cluster: Cluster, *, signs: bool = True) -> OtherPost:
    """Another client, enrolled and connected."""
    post = OtherPost(DICTIONARIES, signs=signs)
    enrolled(post, cluster)
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
@pytest.mark.parametrize("signs", [True, False], ids=["signed", "beside one that speaks the first form"])
def test_a_client_written_from_the_document_takes_part_in_the_network(
    cluster: Cluster, tmp_path: Path, signs: bool
) -> None:
    one, other, ours = other_post(cluster), other_post(cluster, signs=signs), cluster.posts[0]
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
    one.until(lambda: len(one.records) >= 5 and one.records.get(record, {}).get("place") == "Warehouse")
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
    said = json.loads(diwan("central", "status", "--dir", cluster.central, "--json"))["nodes"]
    assert {node["id"]: node["signs"] for node in said if node["id"] in (one.node, other.node)} == {
        one.node: True,
        other.node: signs,
    }
    for post in (one, other):
        post.close()


def parcel(post: OtherPost, epoch: bytes, first: int, last: int, content: bytes, kind: int = 1) -> bytes:
    """Sealed as it must be, whatever is in it."""
    head = pack([kind, 1, bytes(8), 0, raw_of(post.node), "", epoch, first, last, None, 0, None])
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
    storm: list[bytes] = []
    for count, (topic, payload) in enumerate(storms(evil, reader.node)):
        storm.append(payload)
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
    assert not [topic for topic, _ in heard if topic.endswith("/x")]
    assert not {payload for topic, payload in heard if topic.endswith("/w")} & {b"will", *storm}
    assert json.loads(diwan("central", "status", "--dir", cluster.central, "--json"))["refused"]["gap"] > 500
    assert json.loads(diwan("audit", "verify", "--dir", cluster.central, "--json"))["whole"]
    for post in (honest, reader):
        post.close()


@pytest.mark.slow
def test_what_it_writes_on_a_stick_is_taken_and_answered_a_picture_too(cluster: Cluster, tmp_path: Path) -> None:
    post, said = OtherPost(DICTIONARIES), dict[str, bytes]()
    enrolled(post, cluster)
    setattr(post, "_say", said.__setitem__)  # noqa: B010 - no line: what it says goes on the stick
    record = post.report("case", REST, {"narrative": NARRATIVE}, "officer")
    picture = b"\x89PNG" + os.urandom(1000)
    name = hashlib.sha256(picture)
    about = {"subject": record, "sha256": name.hexdigest(), "size": len(picture), "media_type": "image/png"}
    post.report("attachment", about, None, "officer")
    post.send()
    post.hello()
    piece = post.signed("piece", [name.digest(), len(picture), 0, "image/png", picture])
    said["b"] = parcel(post, bytes(8), 0, 0, piece, kind=3)
    hello = msgpack.decode(post.hello_text(offers=[name.digest()]))
    moment = hello[11]
    hello[10] = moment.to_bytes(8, "big")
    post.said.append((hello[10], moment))
    said["h"] = pack([moment, hello])
    names = {"p": f"{post.epoch}-{1:012d}-{3:012d}", "b": f"{name.hexdigest()[:32]}-{0:012d}", "h": f"{1:015d}"}
    place = tmp_path / "diwan" / "up" / post.node
    place.mkdir(parents=True)
    centre = post.answer["central"]
    for leaf, payload in said.items():
        content = b"DWN1" + leaf.encode() + raw_of(post.node) + raw_of(centre) + payload
        signed = content + post.identity.sign(b"diwan/1/file\0" + content)
        (place / f"{leaf}-{names[leaf]}.dwn").write_bytes(signed)

    moved = json.loads(diwan("central", "import-parcels", tmp_path, "--dir", cluster.central, "--json"))
    assert moved["left"] == [], moved
    diwan("central", "export-parcels", tmp_path, "--dir", cluster.central)
    receipts = []
    files = (tmp_path / "diwan" / "down" / post.node).glob("*.dwn")
    for file in sorted(files, key=lambda file: ("lkqrgcsfba".index(file.name[0]), file.name)):
        content = file.read_bytes()
        assert content[:21] == b"DWN1" + file.name[:1].encode() + raw_of(centre) + raw_of(post.node)
        verified(post.centre_identity, "file", content[:-64], content[-64:])
        post._take(f"diwan/1/node/{post.node}/{file.name[0]}", content[21:-64])
        receipts += [msgpack.decode(content[21:-64])] if file.name.startswith("c-") else []
    assert post.stored == 3
    assert [receipt[:5] for receipt in receipts] == [[1, name.digest(), len(picture), True, hello[10]]]
    assert post.refused == []
    assert post.cursor >= 3
    assert (cluster.central / "blobs" / name.hexdigest()[:2] / name.hexdigest()).read_bytes() == picture
