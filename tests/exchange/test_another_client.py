"""docs/protocol.md is complete enough to write another client from: one was, and does its work with a real centre."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan

from tests.exchange import other_client
from tests.exchange.other_client import OtherPost

DICTIONARIES = {1: Path(__file__).parents[2] / "core/diwan_core/exchange/zstd/1.dict"}
"""The document names this file and its hash: it is a part of the protocol."""
REST = {
    "type": "seizure", "date": "2026-11-20", "office": "JOAQJ", "direction": "import", "status": "submitted",
    "detection_method": "routine", "concealment_method": "none",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip
NARRATIVE = "Cartons behind a false floor, \u0635\u0646\u0627\u062f\u064a\u0642"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "network", posts=1) as cluster:
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
