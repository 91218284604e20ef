"""A value that is wrong is quoted nowhere: not in the quarantine, not in a log, not on a page, by no process. An
erasure under the law does not reach a log."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from diwan_core import node
from diwan_core.dictionary.problem import ProblemCode
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.wire import topics
from diwan_core.register.admission import quarantine
from diwan_core.register.journal.row import encode
from diwan_core.register.records import reasons
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.tls import client_context
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan

from tests.exchange.evil import EvilKeys, EvilPost
from tests.exchange.network import Network, case, network
from tests.exchange.wrong_values import CANARY, NUMBER, TRACES, wrong_rows

pytestmark = pytest.mark.slow

NOW = 1_790_000_000_000 << 16
EDIT = {"*": [[CANARY, 1]]}
BROKEN = [
    [CANARY, "case", NOW, 0, 0, "x", 0, 1, None],
    ["019abcde-0000-7000-8000-00000000abcd", "case", CANARY, 0, 0, "x", 0, 1, None],
    ["019abcde-0000-7000-8000-00000000abcd", "case", NOW, NUMBER, 0, "x", 0, 1, None],
    ["019abcde-0000-7000-8000-00000000abcd", {CANARY: 1}, NOW, 0, 0, "x", 0, 1, None],
    ["019abcde-0000-7000-8000-00000000abcd", "case", NOW, 0, 0, "x", 0, CANARY, None],
    ["019abcde-0000-7000-8000-00000000abcd", "case", NOW, 0, 0, "x", 0, 1, {CANARY: CANARY}],
    ["019abcde-0000-7000-8000-00000000abcd", "case", NOW, 0, 0, CANARY * 20, 0, 1, None],
    [],
]


def clean(text: str | bytes) -> bool:
    raw = text.encode() if isinstance(text, str) else text
    return not any(trace in raw for trace in TRACES)


def kept(connection: sqlite3.Connection) -> str:
    """All that a register keeps beside the rows themselves: quarantine, counters, state."""
    tables = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in ("quarantine", "counter", "state")]
    return repr(tables)


def test_no_reason_quotes_a_value(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: Counter[str] = Counter()
    with network(tmp_path, posts=1) as net:
        net.settle()
        evil = EvilPost(net, net.posts[0])
        send(net, evil, evil.opening(NOW))
        rows = list(wrong_rows(NOW))
        for at in range(0, len(rows), 400):
            send(net, evil, evil.rows(rows[at : at + 400]))
            with net.register.store.write() as connection:
                for reason, code in connection.execute("SELECT reason, code FROM quarantine").fetchall():
                    assert code == "rule"
                    assert clean(reason), reason
                    said[reason.split(" ", 1)[1]] += 1
                assert clean(kept(connection))
                connection.execute("DELETE FROM quarantine")
    assert clean(caplog.text)
    assert len(rows) > 5_000
    assert said.total() > 0.8 * len(rows), "what is wrong is quarantined"
    # a wrong check digit is only warned of, and no other node's day is judged
    for code in set(get_args(ProblemCode)) - {"check_digit", "to_come", "step"}:
        assert any(reasons.RULES[code] in reason for reason in said), code
    assert any("there is no such step" in reason for reason in said), "steps are judged in words of their own"
    assert any("goods.1.quantity: " in reason for reason in said), "a field is still named"


def test_neither_does_anything_else_of_a_row_get_into_a_reason_or_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with network(tmp_path, posts=2) as net:
        net.settle()
        (record,) = net.posts[0].save(case())
        net.settle()
        evil = EvilPost(net, net.posts[1])
        send(net, evil, evil.opening(NOW))
        for meta in BROKEN:
            before = evil.seq, evil.hash
            send(net, evil, evil.rows([(meta, {"place": CANARY}, None)]))
            evil.seq, evil.hash = before
        assert net.register.status()["refused"]["refused_broken"] == len(BROKEN)
        fresh = "019abcde-0000-7000-8000-00000000000{}"
        send(net, evil, evil.rows([([fresh.format(1), CANARY, NOW, 0, 0, CANARY, 0, 1, None], {"x": CANARY}, None)]))
        send(net, evil, evil.rows([([record, "person", NOW, 0, 0, CANARY, 0, 1, None], {"x": CANARY}, None)]))
        send(net, evil, evil.rows([([fresh.format(2), "case", NOW, 0, 0, CANARY, 0, 1, EDIT], {"x": CANARY}, None)]))
        send(net, evil, evil.rows([([record, "case", NOW, 0, 0, CANARY, 0, 1, EDIT], {"x": CANARY}, None)]))
        send(net, evil, evil.rows([(["", "audit-anchor", NOW, 0, 0, "system", 0, 1, None], {"rows": CANARY}, None)]))
        # A change that waits is judged when what it builds on comes.
        late = net.posts[0].register.store.one("SELECT id FROM epoch WHERE own=1")
        head = net.posts[0].register.store.one("SELECT seq FROM epoch WHERE own=1")
        waits = [record, "case", NOW, 0, 0, CANARY, 0, 1, {"*": [[late, head + 1]]}]
        send(net, evil, evil.rows([(waits, {"status": CANARY}, None)]))
        net.posts[0].save(case())
        net.settle()
        reasons_kept = [item.reason for item in quarantine.set_aside(net.register.store)]
        assert len(reasons_kept) >= 4
        assert clean(repr(reasons_kept))
        assert clean(kept(net.register.store.connection))
    assert clean(caplog.text)


def send(net: Network, evil: EvilKeys, *parcels: bytes) -> None:
    for parcel in parcels:
        net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)])
    net.inbox.receipts()


def test_a_process_that_ends_by_an_error_tells_where_and_not_what(tmp_path: Path) -> None:
    node.create(tmp_path / "post", node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ"))
    script = (
        "from pathlib import Path\n"
        "import sys, threading\n"
        "from diwan_core.processes.part import begun\n"
        "part = begun(Path(sys.argv[1]), 'post', 'agent')\n"
        "part.__enter__()\n"
        "def fail():\n"
        f"    raise KeyError({CANARY!r}.replace('x', 'y'))\n"
        "thread = threading.Thread(target=fail)\n"
        "thread.start(); thread.join()\n"
        "fail()\n"
    )
    # From standard input, so that no line of the script is in a trace.
    command = [sys.executable, "-", str(tmp_path / "post")]
    ended = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("KeyError") == 2
    assert clean(ended.stderr + ended.stdout)


@pytest.mark.slow
def test_no_log_of_any_process_of_a_network_holds_one(tmp_path: Path) -> None:
    with Cluster(tmp_path / "network", posts=2) as cluster:
        thief, honest = cluster.posts
        cluster.stop("post1.agent")
        node = json.loads(diwan("post", "status", "--dir", thief, "--json"))["node"]
        evil = EvilKeys(node, NodeKeys.load(thief), NodeKeys.load(cluster.central).sealing_public)
        up: list[bool] = []
        line = MqttCarrier(
            node, "127.0.0.1", cluster.ports.broker, lambda: client_context(thief), [], lambda: up.append(True)
        )
        wait_for(lambda: bool(line.poll(0.2) or up))
        rows = list(wrong_rows(NOW))[::9]
        parcels = [evil.opening(NOW)] + [evil.rows(rows[at : at + 100]) for at in range(0, len(rows), 100)]
        for parcel in parcels:
            line.publish(topics.up(node, topics.PARCEL), parcel)
        for meta in BROKEN:
            line.publish(topics.up(node, topics.PARCEL), evil.rows([(meta, {"place": CANARY}, None)]))
        for leaf in (topics.HELLO, topics.ASK, topics.LEDGER, topics.PIECE, topics.PARCEL):
            line.publish(topics.up(node, leaf), encode([CANARY, {CANARY: NUMBER}]))
        for _ in range(20):
            line.poll(0.05)
        wait_for(lambda: held(cluster.central, "SELECT coalesce(sum(quarantined), 0) FROM epoch") > len(rows) // 2)
        diwan("import", "sample:colombia", "--dir", honest, "--rows", "1:3", "--json", "--errors", tmp_path / "e.csv")
        wait_for(lambda: held(cluster.central, "SELECT count(*) FROM record_case") >= 3)
        line.close()
        for folder in (cluster.central, thief, honest):
            with sqlite3.connect(folder / "register.db") as connection:
                assert clean(kept(connection)), folder.name
        logs = list((tmp_path / "network").rglob("*.log"))
        assert len(logs) >= 8
        for log in logs:
            assert clean(log.read_bytes()), log.name
        assert b"quarantined from" in (tmp_path / "network/logs/central.ingest.log").read_bytes()


def held(folder: Path, sql: str) -> int:
    with sqlite3.connect(f"{(folder / 'register.db').as_uri()}?mode=ro", uri=True) as reader:
        return int(reader.execute(sql).fetchone()[0])


def wait_for(holds: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not (callable(holds) and holds()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
