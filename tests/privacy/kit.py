"""A centre and a post with records that are due, and two people who may decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diwan_central.privacy.runs import propose, question
from diwan_central.privacy.store import PrivacyStore
from diwan_core.register import Edit
from diwan_core.register.erasure.orders import halves_ordered
from diwan_core.register.retention.due import due_page
from diwan_core.trust import NodeKeys
from diwan_core.trust.people.second_person import Actor

from tests.exchange.network import Network, case

ASKER = Actor("amal", "analyst")
OTHER = Actor("samir", "supervisor")
BASIS = "Data Protection Act, section 12"
LONG_AGO = "2001-03-04"


@contextmanager
def opened(net: Network) -> Iterator[PrivacyStore]:
    with PrivacyStore.open(net.register.folder) as store:
        yield store


def keys(net: Network) -> NodeKeys:
    return NodeKeys.load(net.register.folder)


def old_case(net: Network, **values: Any) -> str:
    """A case of 2001, reported at the post and known at the centre."""
    (record,) = net.posts[0].save(case(**{"date": LONG_AGO, **values}))
    net.settle()
    return record


def save(net: Network, type: str, values: dict[str, Any], record: str | None = None) -> str:
    """Save a record at the post, known at the centre afterwards."""
    (saved,) = net.posts[0].register.save([Edit(type, values, record)], author="officer").records
    net.posts[0].exchange.woken()
    net.settle()
    return saved


def proposed(net: Network, store: PrivacyStore, *records: str) -> int:
    return propose(net.register, store, ASKER, BASIS, records).number


def due_ids(net: Network) -> dict[str, str]:
    """What is due, and what keeps it."""
    with opened(net) as store:
        page = due_page(net.register.store, question(net.register, store))
    return {row.id: row.stop for row in page.rows}


def halves_of(net: Network) -> dict[str, int]:
    """The records of which the centre has ordered halves to be erased."""
    with net.register.store.read() as transaction:
        return halves_ordered(transaction)
