"""`bench hostile`: every kind of message can be made and sent, and a post is measured beside it. Never how fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from diwan_bench.hostile import ALL, NOTHING
from diwan_bench.hostile_kinds import KINDS, Thief
from diwan_core.exchange.wire import topics

from tests.exchange.network import case, network

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("diwan")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken_refused_or_set_aside_and_leaves_the_centre_at_work(kind: str, tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        net.settle()
        folder = net.posts[0].register.folder
        net.stop(net.posts[0])
        thief = Thief(folder, scale=0.01)
        sent = [(topics.up(thief.node, leaf), payload) for leaf, payload in islice(KINDS[kind](thief), 12)]
        before = net.register.store.one("SELECT coalesce(sum(value), 0) FROM counter")
        for message in sent:
            net.inbox.handle([message])
            list(net.relay.handle([message]))
        heard = net.register.store.one("SELECT count(*) FROM epoch WHERE origin=?", (thief.node,))
        counted = net.register.store.one("SELECT coalesce(sum(value), 0) FROM counter") - before
        said = net.register.store.one("SELECT said FROM node WHERE id=?", (thief.node,))
        pieces = net.register.store.one("SELECT count(*) FROM blob")
        assert heard or counted or said or pieces or kind in ("snapshots", "ledger")
        assert net.register.store.one("SELECT count(*) FROM quarantine WHERE code='error'") == 0
        rows = "SELECT coalesce(sum(applied), 0), coalesce(sum(quarantined), 0) FROM epoch WHERE origin=?"
        applied, quarantined = net.register.store.rows(rows, (thief.node,))[0]
        assert not quarantined or kind in ("rule-breaking", "structure")
        assert (applied > 1) == (kind in (*APPLIED, *BETWEEN))
        (record,) = net.posts[0].save(case())
        net.settle()
        assert net.register.get(record) is not None


APPLIED = (
    "lone rows",
    "full parcels",
    "text",
    "replayed",
    "released",
    "conflicts",
    "growing",
    "epochs",
    "anchors",
    "forks",
)
"""Kinds whose rows are good, and cost what good rows cost."""
BETWEEN = ("far stamps", "others' epochs", "harmed")
"""Kinds in which good rows stand between what is wrong."""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, which needs root: sudo ./diwan test")
def test_the_bench_measures_a_post_beside_each_kind(tmp_path: Path) -> None:
    kinds = [NOTHING, "epochs", "flood", "renewals"]
    argv = [str(PROGRAM), "bench", "hostile", "--seconds", "2", "--json", "--keep", str(tmp_path / "kept")]
    for kind in kinds:
        argv += ["--only", kind]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [row["kind"] for row in found["kinds"]] == kinds
    assert all(row["saves"] == 20 and row["p99 ms"] > 0 for row in found["kinds"])
    assert [row["sent"] > 0 for row in found["kinds"]] == [False, True, True, True]
    assert set(kinds) <= set(ALL)
