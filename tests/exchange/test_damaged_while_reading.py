"""An exchange that meets damage while it only reads says that the register is damaged, as a save would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.register import Register, RegisterDamaged
from diwan_core.register.storage.damage import is_marked

from tests.exchange.network import Network, case, network
from tests.salvage.damage_kit import copied_into_database, overwrite_where

WORDS = "a false floor of welded plates"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as net:
        net.settle()
        yield net


def spoil(register: Register) -> None:
    """Write over the pages that hold the words of a case, in a closed database."""
    path = register.store.path
    register.close()
    copied_into_database(path)
    assert overwrite_where(path, WORDS.encode())


def test_a_post_whose_rows_cannot_be_read_to_be_sent(net: Network) -> None:
    post = net.posts[0]
    post.save(case(narrative=WORDS))
    net.stop(post)
    spoil(post.register)
    again = net.start(post.register.folder)
    with pytest.raises(RegisterDamaged, match="diwan post salvage"):
        list(again.exchange.outgoing())
    assert is_marked(post.register.folder)


def test_a_centre_whose_rows_cannot_be_read_to_answer_a_post_that_missed_them(net: Network) -> None:
    writes, asks = net.posts
    asks.carrier.up = False
    writes.save(case(narrative=WORDS))
    net.settle()
    spoil(net.register)
    net.restart_centre()
    asks.exchange.came_up()
    hello = list(asks.exchange.outgoing())
    with pytest.raises(RegisterDamaged, match="salvage"):
        list(net.relay.handle(hello))
    assert is_marked(net.register.folder)
