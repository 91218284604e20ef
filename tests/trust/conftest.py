"""A small country for the tests of this room: a centre with its authority, and nodes that hold its certificates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_core import broker
from diwan_core.broker import BrokerSettings
from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.network.enrolment_codes import CodeFor, Codes, mint_code
from diwan_core.trust.network.tls import client_context
from diwan_core.trust.people.accounts import Accounts
from diwan_core.trust.people.accounts_db import Store
from diwan_lab.ports import free_port

from .accounts_kit import CHEAP, GOOD, Clock
from .broker_kit import Broker, Client, client, members, running
from .country import NOW, Country, Node, make_country, make_node
from .enrolment_kit import Post


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("central"))


@pytest.fixture
def new_node(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Node]:
    return lambda: make_node(tmp_path_factory.mktemp("post"), country.authority)


@pytest.fixture(scope="module")
def network(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    place = tmp_path_factory.mktemp("a folder with spaces") / "broker"
    country.authority.create_broker(place, ["127.0.0.1"], NOW)
    nodes = {name: make_node(tmp_path_factory.mktemp(name), country.authority) for name in ("aqaba", "ramtha", "late")}
    broker.write_access(place, members(nodes["aqaba"], nodes["ramtha"]))
    broker.write_revoked(place, country.authority.revocation_list([], 1))
    with running(place, BrokerSettings("127.0.0.1", free_port())) as found:
        found.nodes = nodes
        yield found


@pytest.fixture
def relay(country: Country, network: Broker) -> Iterator[Client]:
    with client(client_context(country.folder, "central-relay"), network.port) as found:
        yield found


@pytest.fixture
def ingest(country: Country, network: Broker) -> Iterator[Client]:
    with client(client_context(country.folder, "central-ingest"), network.port) as found:
        yield found


@pytest.fixture
def aqaba(network: Broker) -> Iterator[Client]:
    with client(client_context(network.nodes["aqaba"].folder), network.port) as found:
        yield found


@pytest.fixture
def ramtha(network: Broker) -> Iterator[Client]:
    with client(client_context(network.nodes["ramtha"].folder), network.port) as found:
        yield found


# --- enrolment ---


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(mint_id(), tmp_path / "post", NodeKeys.create(tmp_path / "post"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Codes]:
    (tmp_path / "store").mkdir()
    opened = Store.open(tmp_path / "store")
    yield Codes(opened)
    opened.close()


@pytest.fixture
def code(store: Codes) -> str:
    shown, stored = mint_code(NOW, CodeFor("Aqaba port", "JOAQJ", made_by="technician"), taken=store.ids())
    store.add(stored)
    return shown


# --- accounts ---


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    found = Accounts.open(tmp_path, clock=clock, cost=CHEAP)
    yield found
    found.close()


@pytest.fixture
def huda(accounts: Accounts) -> str:
    """An officer who has chosen a password."""
    one_time = accounts.add("huda", "officer", "هدى")
    accounts.change_password("huda", one_time, GOOD)
    return "huda"
