"""Who is let in by the broker, and who is not: certificates, TLS, names, sizes."""

import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from diwan_core import broker
from diwan_core.broker import BrokerSettings
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.trust.network.tls import client_context
from diwan_lab.ports import free_port

from tests.processes.descriptors import descriptors_from

from .broker_kit import Broker, Client, client, needs_mosquitto, refused, running, wait_for
from .country import NOW, Country, make_country, make_node

pytestmark = needs_mosquitto


def test_the_connection_is_tls_1_3_with_an_ed25519_certificate(aqaba: Client) -> None:
    connection = aqaba.paho.socket()
    assert isinstance(connection, ssl.SSLSocket)
    assert connection.version() == "TLSv1.3"


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


def test_a_process_with_thousands_of_open_files_has_a_line_too(network: Broker) -> None:
    """select(2) knows no descriptor from 1,024 on: the carrier went round in vain and never came up."""
    context = client_context(network.nodes["aqaba"].folder)
    came_up: list[bool] = []
    carrier = MqttCarrier("aqaba", "127.0.0.1", network.port, lambda: context, [], lambda: came_up.append(True))
    with descriptors_from(1100):
        try:
            wait_for(lambda: not carrier.poll(0.05) and bool(came_up), "the line stands")
        finally:
            carrier.close()


def test_a_packet_over_the_limit_ends_the_session_before_anyone_hears_it(
    network: Broker, ingest: Client, aqaba: Client
) -> None:
    ingest.hear("diwan/1/up/#")
    aqaba.paho.publish(f"diwan/1/up/{network.nodes['aqaba'].id}/parcel", bytes(1024 * 1024 + 1), qos=1)
    wait_for(lambda: bool(aqaba.ended), "the session ends")
    assert ingest.heard == []


def test_a_broker_that_is_only_starting_is_not_ended_by_being_told_to_read_its_lists_again(
    country: Country, tmp_path: Path
) -> None:
    place = tmp_path / "broker"
    country.authority.create_broker(place, ["127.0.0.1"], NOW)
    broker.write_access(place, [])
    broker.write_revoked(place, country.authority.revocation_list([], 1))
    settings = BrokerSettings("127.0.0.1", free_port())
    for _ in range(3):
        with subprocess.Popen(broker.command(broker.write_configuration(place, settings))) as process:
            broker.reload(process.pid)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            process.terminate()
