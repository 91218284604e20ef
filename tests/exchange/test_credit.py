"""How large a post's parcels are follows from the credit that it was granted last."""

from __future__ import annotations

import random
from pathlib import Path

from diwan_core.exchange.inbox import CREDIT, CREDIT_BESIDE
from diwan_core.exchange.parcel import read_header
from diwan_core.register.journal import CHECKPOINT_EVERY

from tests.exchange.network import Network, case, network


def rows_of_parcels(net: Network, credit: int) -> list[int]:
    """Of what the post sends of a thousand cases, once it has a receipt that grants `credit`."""
    post, chance = net.posts[0], random.Random(1)
    net.inbox.credit = credit
    post.save(case())
    net.settle()
    words = [f"{chance.getrandbits(40):x}" for _ in range(500)]
    post.save(*[case(narrative=" ".join(chance.choices(words, k=100))) for _ in range(1000)])
    connection = post.register.store.connection
    post.exchange.outbox.load(connection)
    heads = [read_header(parcel)[0] for parcel in post.exchange.outbox.parcels(connection)]
    post.exchange.came_up()
    net.settle()
    return [head.last - head.first + 1 for head in heads]


def test_a_centre_that_grants_less_gets_smaller_parcels(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        net.settle()
        assert rows_of_parcels(net, CREDIT)[0] == 2 * CHECKPOINT_EVERY
        assert rows_of_parcels(net, CREDIT_BESIDE)[0] == CHECKPOINT_EVERY
        assert net.register.count("case") == 2002
