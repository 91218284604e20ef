"""What the real Mosquitto does with our configuration: who gets in, who may say what, who hears what."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from diwan_core import broker
from diwan_core.broker import BrokerSettings, Member
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.trust import BadName
from diwan_core.trust.certificates import read_certificate
from diwan_core.trust.tls import client_context
from paho.mqtt.enums import CallbackAPIVersion

from .conftest import NOW, Country, Node, make_country, make_node

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/sbin") is None,
    reason="Mosquitto is not installed here: apt install mosquitto",
)

SECONDS = 5.0


@dataclass
class Broker:
    """A running Mosquitto with its folder."""

    place: Path
    port: int
    process: subprocess.Popen[bytes]
    nodes: dict[str, Node] = field(default_factory=dict)

    def reload(self, somebody: "Client") -> None:
        """Reload, and wait until it is done: Mosquitto looks at the signal once per turn of its only loop."""
        broker.reload(self.process.pid)
        for _ in range(3):
            somebody.say("diwan/1/all/turn", b"")


@dataclass
class Client:
    """A connected client that remembers what it heard, in order."""

    paho: mqtt.Client
    heard: list[tuple[str, bytes]]
    ended: list[bool]

    def hear(self, topic: str) -> None:
        done: list[bool] = []
        self.paho.on_subscribe = lambda *_: done.append(True)
        self.paho.subscribe(topic, qos=1)
        wait_for(lambda: bool(done), "the subscription is acknowledged")

    def say(self, topic: str, payload: bytes) -> None:
        self.paho.publish(topic, payload, qos=1).wait_for_publish(SECONDS)

    def heard_until(self, payload: bytes) -> list[tuple[str, bytes]]:
        """All that was heard before a marker that this client may certainly hear."""
        wait_for(lambda: any(body == payload for _, body in self.heard), f"{payload!r} arrives")
        return [message for message in self.heard if message[1] != payload]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited {SECONDS} s in vain: {what}"
        time.sleep(0.01)


@contextmanager
def client(context: ssl.SSLContext | None, port: int, name: str = "any") -> Iterator[Client]:
    paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
    if context is not None:
        paho.tls_set_context(context)
    found = Client(paho, [], [])
    connected: list[bool] = []
    paho.on_connect = lambda _c, _u, _f, reason, _p: connected.append(not reason.is_failure)
    paho.on_disconnect = lambda *_: found.ended.append(True)
    paho.on_message = lambda _c, _u, message: found.heard.append((message.topic, bytes(message.payload)))
    paho.connect("127.0.0.1", port)
    paho.loop_start()
    try:
        wait_for(lambda: bool(connected or found.ended), "an answer to the connection")
        if not (connected and connected[0]):
            raise ConnectionRefusedError
        yield found
    finally:
        paho.disconnect()
        paho.loop_stop()


def refused(context: ssl.SSLContext | None, port: int) -> bool:
    try:
        with client(context, port):
            return False
    except OSError:
        return True


@contextmanager
def running(place: Path, settings: BrokerSettings) -> Iterator[Broker]:
    process = subprocess.Popen(broker.command(broker.write_configuration(place, settings)), stderr=subprocess.PIPE)
    try:
        wait_for(lambda: process.poll() is not None or _listens(settings.port), "Mosquitto listens")
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        yield Broker(place, settings.port, process)
    finally:
        process.terminate()
        process.wait(SECONDS)
        if process.stderr:
            process.stderr.close()


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def members(*nodes: Node) -> list[Member]:
    return [Member(node.id, ("national",)) for node in nodes]


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


def test_the_connection_is_tls_1_3_with_an_ed25519_certificate(aqaba: Client) -> None:
    connection = aqaba.paho.socket()
    assert isinstance(connection, ssl.SSLSocket)
    assert connection.version() == "TLSv1.3"


def test_what_a_node_says_upward_reaches_the_centre(network: Broker, ingest: Client, aqaba: Client) -> None:
    node = network.nodes["aqaba"].id
    ingest.hear("diwan/1/up/#")
    aqaba.say(f"diwan/1/up/{node}/parcel", b"parcel")
    ingest.heard_until(b"parcel")
    assert ingest.heard == [(f"diwan/1/up/{node}/parcel", b"parcel")]


def test_a_node_cannot_speak_in_another_s_name_nor_as_the_centre(
    network: Broker, ingest: Client, aqaba: Client, ramtha: Client
) -> None:
    one, other = network.nodes["aqaba"].id, network.nodes["ramtha"].id
    ingest.hear("diwan/1/up/#")
    aqaba.hear("diwan/1/#")
    for topic in (f"up/{one}/parcel", f"node/{one}/receipt", "scope/national/central", "all/ledger", f"up/{one}"):
        ramtha.say(f"diwan/1/{topic}", b"forged")
    ramtha.say(f"diwan/1/up/{other}/parcel", b"honest")
    ingest.say(f"diwan/1/node/{one}/receipt", b"end")
    assert ingest.heard_until(b"honest") == []
    assert aqaba.heard_until(b"end") == []


def test_an_origin_does_not_hear_its_own_rows_of_a_scope_while_others_arrive(
    network: Broker, relay: Client, aqaba: Client, ramtha: Client
) -> None:
    one, other = network.nodes["aqaba"].id, network.nodes["ramtha"].id
    for node in (aqaba, ramtha):
        node.hear("diwan/1/scope/national/#")
    for origin in (one, other):
        relay.say(f"diwan/1/scope/national/{origin}", origin.encode())
        relay.say(f"diwan/1/scope/national/{origin}/blob", origin.encode())
    relay.say("diwan/1/scope/national/central", b"end")
    assert {topic for topic, _ in aqaba.heard_until(b"end")} == {
        f"diwan/1/scope/national/{other}",
        f"diwan/1/scope/national/{other}/blob",
    }
    assert {payload for _, payload in ramtha.heard_until(b"end")} == {one.encode()}


def test_a_node_hears_nothing_that_is_for_others(network: Broker, relay: Client, aqaba: Client, ramtha: Client) -> None:
    one, other = network.nodes["aqaba"].id, network.nodes["ramtha"].id
    aqaba.hear("#")
    aqaba.hear(f"diwan/1/node/{other}/#")
    aqaba.hear(f"diwan/1/up/{other}/#")
    relay.say(f"diwan/1/node/{other}/receipt", b"private")
    relay.say("diwan/1/scope/operation-7/central", b"closed group")
    ramtha.say(f"diwan/1/up/{other}/parcel", b"upward")
    relay.say("diwan/1/all/ledger", b"for all")
    relay.say(f"diwan/1/node/{one}/receipt", b"end")
    assert {payload for _, payload in aqaba.heard_until(b"end")} == {b"for all"}


def test_clients_without_our_certificate_are_refused(network: Broker, tmp_path: Path) -> None:
    anonymous = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anonymous.load_verify_locations(network.place / "ca.crt")
    assert refused(anonymous, network.port)
    assert refused(None, network.port)

    foreign = make_country(tmp_path / "foreign")
    stranger = make_node(tmp_path / "stranger", foreign.authority, network.nodes["aqaba"].id)
    context = client_context(stranger.folder)
    context.load_verify_locations(network.place / "ca.crt")  # it even trusts our broker
    assert refused(context, network.port)


def test_an_old_tls_version_is_refused(network: Broker) -> None:
    context = client_context(network.nodes["aqaba"].folder)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert refused(context, network.port)


def test_the_broker_s_certificate_does_not_let_a_client_in(country: Country, network: Broker) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(network.place / "ca.crt")
    context.load_cert_chain(network.place / "server.crt", network.place / "server.key")
    assert refused(context, network.port)


def test_a_node_s_certificate_cannot_serve_as_the_broker_s(country: Country, network: Broker, tmp_path: Path) -> None:
    thief, place = network.nodes["ramtha"], tmp_path / "broker"
    country.authority.create_broker(place, ["127.0.0.1"], NOW)
    (place / "server.crt").write_bytes(thief.certificate)
    (place / "server.key").write_bytes((thief.folder / "keys" / "identity.pem").read_bytes())
    broker.write_access(place, [])
    broker.write_revoked(place, country.authority.revocation_list([], 1))
    context = client_context(network.nodes["aqaba"].folder)
    context.check_hostname = False  # not even then
    with (
        running(place, BrokerSettings("127.0.0.1", free_port())) as false_broker,
        pytest.raises(ssl.SSLCertVerificationError, match="purpose"),
        client(context, false_broker.port),
    ):
        pass


def test_the_broker_must_be_the_host_that_was_dialled(network: Broker) -> None:
    context = client_context(network.nodes["aqaba"].folder)
    with (
        socket.create_connection(("127.0.0.1", network.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        context.wrap_socket(plain, server_hostname="broker.example")


def test_a_client_id_cannot_be_borrowed_to_end_another_s_session(network: Broker, aqaba: Client) -> None:
    with client(client_context(network.nodes["ramtha"].folder), network.port, name=network.nodes["aqaba"].id) as ramtha:
        ramtha.say(f"diwan/1/up/{network.nodes['ramtha'].id}/x", b"x")
        assert not aqaba.ended


def test_a_line_that_ends_in_the_greeting_is_tried_again(network: Broker) -> None:
    """Between the handshake and the first packet: the packet finds no line, and paho no socket."""
    ends = [True, False]

    class Ending(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            if ends.pop(0):
                self.shutdown(socket.SHUT_RDWR)

    context = client_context(network.nodes["aqaba"].folder)
    context.sslsocket_class = Ending
    came_up: list[bool] = []
    carrier = MqttCarrier("aqaba", "127.0.0.1", network.port, lambda: context, [], lambda: came_up.append(True))
    try:
        wait_for(lambda: not carrier.poll(0.05) and bool(came_up), "the second line stands")
    finally:
        carrier.close()
    assert ends == []


def test_a_packet_over_the_limit_ends_the_session_before_anyone_hears_it(
    network: Broker, ingest: Client, aqaba: Client
) -> None:
    ingest.hear("diwan/1/up/#")
    aqaba.paho.publish(f"diwan/1/up/{network.nodes['aqaba'].id}/parcel", bytes(1024 * 1024 + 1), qos=1)
    wait_for(lambda: bool(aqaba.ended), "the session ends")
    assert ingest.heard == []


def test_a_node_enrolled_or_revoked_while_the_broker_runs_gains_or_loses_its_rights(
    country: Country, network: Broker, ingest: Client, tmp_path: Path
) -> None:
    late, others = network.nodes["late"], (network.nodes["aqaba"], network.nodes["ramtha"])
    ingest.hear("diwan/1/up/#")
    with client(client_context(late.folder), network.port) as post:
        post.say(f"diwan/1/up/{late.id}/parcel", b"too early")
        broker.write_access(network.place, members(*others, late))
        network.reload(ingest)
        post.hear("diwan/1/scope/national/#")
        post.say(f"diwan/1/up/{late.id}/parcel", b"enrolled")
        ingest.say("diwan/1/scope/national/central", b"news")
        post.heard_until(b"news")
        assert ingest.heard_until(b"enrolled") == []

        serial = read_certificate(late.certificate, country.authority.certificate).serial
        broker.write_access(network.place, members(*others))
        broker.write_revoked(network.place, country.authority.revocation_list([serial], 2))
        network.reload(ingest)
        post.say(f"diwan/1/up/{late.id}/parcel", b"revoked")
        ingest.say("diwan/1/scope/national/central", b"secret")
        assert refused(client_context(late.folder), network.port)

        # The live session has lost its rights but is still there; the centre ends it by taking its name.
        assert not post.ended
        successor = make_node(tmp_path, country.authority, late.id)
        with client(client_context(successor.folder), network.port):
            wait_for(lambda: bool(post.ended), "the revoked session ends")
        assert b"secret" not in {payload for _, payload in post.heard}
    assert b"revoked" not in {payload for _, payload in ingest.heard}


def test_names_that_would_change_the_meaning_of_a_file_are_refused(tmp_path: Path) -> None:
    settings = BrokerSettings("127.0.0.1", 1883)
    with pytest.raises(BadName, match="line breaks"):
        broker.write_configuration(tmp_path, replace(settings, host="127.0.0.1\nallow_anonymous true"))
    with pytest.raises(BadName):
        broker.write_access(tmp_path, [Member("#", ())])
    with pytest.raises(BadName):
        broker.write_access(tmp_path, [Member("aaaabbbbcccce", ("#",))])


def test_a_missing_mosquitto_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_named: None)
    with pytest.raises(broker.BrokerMissing, match="apt install mosquitto"):
        broker.command(Path("mosquitto.conf"))
