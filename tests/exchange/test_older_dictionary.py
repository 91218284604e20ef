"""A post of an older release: it keeps what it does not know, and understands it after its update."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.audit import verify_node
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit, Register

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AT_AN_OLDER_POST = """
import json, pickle, sys
from pathlib import Path
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys, ScopeKeyring

folder, record = Path(sys.argv[1]), sys.argv[2]
with Register.open(folder, role="writer") as register:
    exchange = PostExchange(register, NodeKeys.load(folder), ScopeKeyring(folder))
    exchange.handle(pickle.loads(sys.stdin.buffer.read()))
    held = register.get(record)
    if held is not None:
        register.save([Edit("case", {"place": "Old shed"}, record=record, seen=held.heads)], author="officer")
    held = register.get(record)
    print(json.dumps([DICTIONARY.version, held and held.values, register.store.rows(
        "SELECT verdict, count(*) FROM journal GROUP BY verdict")]))
"""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as net:
        net.settle()
        yield net


def sent_back(post: Post, record: str, entry: str, comment: str) -> None:
    """A supervisor writes what dictionary 1 has no field for, in both halves."""
    held = post.register.get(record)
    assert held is not None
    said = {"decision": "sent_back", "by": "supervisor", "comment": comment}
    values = {"review_state": "sent_back", "review": {entry: said}}
    post.register.save([Edit("case", values, record=record, seen=held.heads)], author="supervisor")
    post.exchange.woken()


def at_an_older_post(net: Network, post: Post, record: str) -> tuple[int, dict[str, Any], dict[int, int]]:
    """What comes is taken, and the case edited, by a process that knows only dictionary 1: its version, the case, rows
    by verdict."""
    cursor = post.exchange.feed.cursor(post.register.store.connection)[0]
    node, folder = post.register.config.id, post.register.folder
    messages = net.relay._feed.page(net.register.store.connection, node, cursor)
    net.stop(post)
    done = subprocess.run(
        [sys.executable, "-c", AT_AN_OLDER_POST, str(folder), record], input=pickle.dumps(messages),
        capture_output=True, check=False, env=os.environ | {"DIWAN_DICTIONARY_VERSION": "1"}, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    version, values, verdicts = json.loads(done.stdout.splitlines()[-1])
    return version, values, dict(verdicts)


def test_fields_it_does_not_know_are_kept_word_for_word_shown_to_nobody_and_not_lost_by_its_own_edits(
    net: Network,
) -> None:
    newer, older = net.posts
    (record,) = newer.save(case())
    net.settle()
    sent_back(newer, record, "first", "The seal is missing.")
    sent_back(newer, record, "second", "And the plate.")
    for _ in range(20):
        net.posts = [newer]
        net.turn()
    net.posts = [newer, older]
    version, values, verdicts = at_an_older_post(net, older, record)
    assert version == 1
    assert list(verdicts) == [0], "nothing is quarantined, nothing waits"
    assert values["review"]["first"]["comment"] == "The seal is missing.", "the nominal half too"
    assert values["review"]["second"]["decision"] == "sent_back"
    assert values["place"] == "Old shed"

    folder = net.folder / "post2"
    post = net.start(folder)
    assert post.register.store.one("SELECT value FROM state WHERE key='dictionary'") == DICTIONARY.version
    held = post.register.get(record)
    assert held is not None
    assert held.values == values
    assert [row.id for row in post.register.find("case", {"review_state": "sent_back"})] == [record]
    assert [found.id for found in post.register.search("plate")] == [record]
    net.settle()
    for node in (net.register, newer.register):
        there = node.get(record)
        assert there is not None
        assert there.values == values
    heads = [
        register.store.rows("SELECT heads, rest, nominal FROM record_case")
        for register in (net.register, newer.register, post.register)
    ]
    assert [json.loads(row[0][0]) for row in heads] == [json.loads(heads[0][0][0])] * 3
    for register in (newer.register, post.register):
        assert verify_node(register.folder).findings == []


def test_after_a_roll_back_and_a_new_update_each_word_is_found_once_and_gone_when_it_is_changed(net: Network) -> None:
    post, other = net.posts
    (record,) = post.save(case())
    sent_back(post, record, "first", "Unicorns in the hold.")
    net.settle()
    at_an_older_post(net, post, record)
    again = net.start(net.folder / "post1")
    assert [found.id for found in again.register.search("unicorns")] == [record]
    held = again.register.get(record)
    assert held is not None
    values = {"review": {"first": {"comment": "Horses in the hold."}}}
    again.register.save([Edit("case", values, record=record, seen=held.heads)], author="supervisor")
    assert [found.id for found in again.register.search("horses")] == [record]
    assert [found.id for found in again.register.search("unicorns")] == []
    assert other.register.store.one("SELECT value FROM state WHERE key='dictionary'") == DICTIONARY.version


def test_a_new_register_knows_its_dictionary(net: Network) -> None:
    with Register.open(net.posts[0].register.folder) as register:
        assert register.store.one("SELECT value FROM state WHERE key='dictionary'") == DICTIONARY.version
