"""What the real Mosquitto does with our configuration: who gets in, who may say what, who hears what."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from diwan_core import broker
from diwan_core.broker import BrokerSettings, Member
from diwan_core.trust import BadName
from diwan_core.trust.network.certificates import read_certificate
from diwan_core.trust.network.tls import client_context

from .broker_kit import Broker, Client, client, members, needs_mosquitto, refused, wait_for
from .country import Country, make_node

pytestmark = needs_mosquitto


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


def test_a_node_that_nobody_has_confirmed_speaks_and_hears_no_scope_until_it_is_a_member(
    country: Country, network: Broker, ingest: Client, relay: Client, tmp_path: Path
) -> None:
    new, others = make_node(tmp_path, country.authority), (network.nodes["aqaba"], network.nodes["ramtha"])
    ingest.hear("diwan/1/up/#")
    broker.write_access(network.place, [*members(*others), Member(new.id, ())])
    network.reload(ingest)
    with client(client_context(new.folder), network.port) as post:
        for topic in (f"diwan/1/node/{new.id}/#", "diwan/1/scope/national/#", "diwan/1/all/#"):
            post.hear(topic)
        post.say(f"diwan/1/up/{new.id}/p", b"rows")
        ingest.heard_until(b"rows")
        relay.say("diwan/1/scope/national/central", b"what others reported")
        relay.say("diwan/1/all/n", b"how long the scope is")
        relay.say("diwan/1/all/w", b"a process came up")
        relay.say(f"diwan/1/node/{new.id}/l", b"ledger")
        assert {payload for _, payload in post.heard_until(b"ledger")} == {b"a process came up"}
        broker.write_access(network.place, members(*others, new))
        network.reload(ingest)
        relay.say("diwan/1/scope/national/central", b"news")
        relay.say("diwan/1/all/n", b"end")
        assert b"news" in {payload for _, payload in post.heard_until(b"end")}, (
            "by the subscription it has had all along"
        )


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


def test_lines_of_its_log_carry_the_offset_from_utc(network: Broker, aqaba: Client, ramtha: Client) -> None:
    """Both have connected, and Mosquitto said so."""
    assert network.process.stderr is not None
    line = network.process.stderr.readline().decode()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}: ", line), line
