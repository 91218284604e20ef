"""Posts get their consoles' certificates from the centre: asked for by the node's own key, within its limits."""

from __future__ import annotations

import dataclasses
import json
import socket
import ssl
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_appliance.console_certificate import obtain, prepare
from diwan_appliance.renewal import UNCERTIFIED, Renewer
from diwan_central.cli import central
from diwan_central.network import console_certificates
from diwan_central.network.confirmation import confirm
from diwan_central.network.revocation import revoke
from diwan_central.setup import now
from diwan_core import node
from diwan_core.health.findings import findings_of
from diwan_core.health.words import say_finding
from diwan_core.trust.consoles.console_authority import LIFE, ConsoleAuthority, read_console_certificate
from diwan_core.trust.consoles.console_state import ConsoleState, console_state, fingerprint, root_of
from diwan_core.trust.errors import BadCertificate, EnrolmentRefused, UnknownNode
from diwan_lab.command import diwan, grouped_secret, program
from diwan_lab.ports import free_port

from tests.exchange.network import Network, network


def reached_as(folder: Path, names: str) -> None:
    """Set the names of a console."""
    node.save(folder, dataclasses.replace(node.load(folder), web_names=names, central_url="http://centre.test"))


def asked(net: Network, post: Path, **more: object) -> ConsoleState:
    """What the post's console has after it has asked its centre."""
    assert obtain(post, lambda _, request: console_certificates.certify(net.register.folder, request), **more).done  # type: ignore[arg-type]
    state = console_state(post)
    assert state is not None
    return state


def test_a_post_gets_a_certificate_for_its_names_and_another_when_they_change_or_half_its_life_is_over(
    tmp_path: Path,
) -> None:
    with network(tmp_path, posts=1) as net:
        console_certificates.keep(net.register.folder)
        post = net.posts[0].register.folder
        reached_as(post, "post1.local")
        prepare(post)
        first = console_state(post)
        assert first is not None and not first.certified
        second = asked(net, post)
        assert second.certified and second.names == ("post1.local",)
        assert asked(net, post) == second, "it is not due"
        reached_as(post, "post1.local, 10.20.3.4, www.example.org")
        third = asked(net, post)
        assert third.names == ("post1.local", "10.20.3.4")
        assert asked(net, post) == third, "what was refused is not asked for again and again"
        assert asked(net, post, moment=now() + LIFE / 2 + timedelta(days=3)) != third
        assert root_of(post) == ConsoleAuthority.load(net.register.folder).certificate


def test_no_post_takes_the_name_of_the_centre_or_of_another_post(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        centre = net.register.folder
        node.save(centre, dataclasses.replace(node.load(centre), web_names="centre.customs.example,10.20.0.1"))
        console_certificates.keep(centre)
        first, second = (post.register.folder for post in net.posts)
        reached_as(first, "post1.local")
        asked(net, first)
        reached_as(second, "post1.local,centre.customs.example,10.20.0.1,post2.local")
        assert asked(net, second).names == ("post2.local",)
        reached_as(second, "centre.customs.example")
        with pytest.raises(BadCertificate, match="the centre's own"):
            asked(net, second)
        revoke(centre, node.load(first).id, "stolen")
        reached_as(second, "post1.local")
        assert asked(net, second).names == ("post1.local",)


def test_a_revoked_post_gets_no_certificate(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        console_certificates.keep(net.register.folder)
        post = net.posts[0].register.folder
        reached_as(post, "post1.local")
        revoke(net.register.folder, node.load(post).id, "stolen")
        with pytest.raises(UnknownNode, match="revoked"):
            asked(net, post)


def test_a_post_whose_console_speaks_no_tls_asks_for_nothing(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0].register.folder
        node.save(post, dataclasses.replace(node.load(post), web_tls="off", central_url="http://centre.test"))
        prepare(post)
        assert obtain(post, lambda *_: pytest.fail("it asked")).done
        assert console_state(post) is None


def test_a_centre_of_an_earlier_release_gets_its_authority_and_keeps_it(tmp_path: Path) -> None:
    with network(tmp_path, posts=0) as net:
        centre = net.register.folder
        assert not (centre / "console-authority").exists()
        console_certificates.keep(centre)
        root, state = ConsoleAuthority.load(centre).certificate, console_state(centre)
        assert state is not None and state.certified and "127.0.0.1" in state.names
        console_certificates.keep(centre)
        assert (ConsoleAuthority.load(centre).certificate, console_state(centre)) == (root, state)
        console_certificates.keep(centre, now() + LIFE / 2 + timedelta(days=3))
        renewed = console_state(centre)
        assert ConsoleAuthority.load(centre).certificate == root and renewed != state


def test_the_centre_is_made_with_the_limits_the_administration_gives(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(central, [*arguments, "--dir", str(tmp_path / "c")])
        assert done.exit_code == 0, done.output
        return done.output

    made = (
        "init", "--label", "Centre", "--broker-host", "centre.customs.example", "--domain", "customs.example",
        "--address-range", "10.20.0.0/16", "--web-host", "10.20.0.1",
    )  # fmt: skip
    run(*made)
    told = json.loads(run("console-authority", "--json", "--out", str(tmp_path / "root.crt")))
    assert told["domains"] == ["customs.example", "local"] and told["ranges"] == ["10.20.0.0/16"]
    assert (tmp_path / "root.crt").read_text() == told["certificate"]
    assert fingerprint(told["certificate"].encode()) == told["fingerprint"]
    assert told["fingerprint"] in run("console-authority")
    state = console_state(tmp_path / "c")
    assert state is not None and {"centre.customs.example", "10.20.0.1"} <= set(state.names)
    wrong = CliRunner().invoke(central, ["init", "--dir", str(tmp_path / "w"), *made[1:], "--address-range", "x"])
    assert wrong.exit_code == 1 and "not a range of addresses" in wrong.output and not (tmp_path / "w").exists()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_by_hand_a_post_enrols_over_tls_and_once_it_is_confirmed_its_console_is_trusted(
    tmp_path: Path, scheme: str
) -> None:
    """Over plain HTTP at the same port too: posts that were enrolled before consoles spoke TLS ask there."""
    broker, at_centre, at_post = (free_port() for _ in range(3))
    centre, post = tmp_path / "c", tmp_path / "p"
    diwan(
        "central", "init", "--dir", centre, "--label", "Centre", "--broker-host", "127.0.0.1", "--broker-port",
        broker, "--web-port", at_centre,
    )  # fmt: skip
    diwan("post", "init", "--dir", post, "--label", "Aqaba port", "--office", "JOAQJ", "--port", at_post)
    consoles = [start(centre, "central"), start(post, "post")]
    try:
        root = json.loads(diwan("central", "console-authority", "--dir", centre, "--json"))["certificate"]
        trusting = ssl.create_default_context(cadata=root)
        assert shown(at_centre, trusting) == "127.0.0.1"
        with pytest.raises(ssl.SSLCertVerificationError):
            shown(at_post, trusting)
        code = grouped_secret(diwan("central", "code", "--dir", centre, "--label", "Aqaba port", "--office", "JOAQJ"))
        done = json.loads(
            diwan("enrol", "--dir", post, "--central", f"{scheme}://127.0.0.1:{at_centre}", code, "--json")
        )
        with pytest.raises(EnrolmentRefused, match="not confirmed yet"):
            obtain(post)
        confirm(centre, node.load(post).id, done["words"], "analyst")
        assert obtain(post).done
        assert shown(at_post, trusting) == "127.0.0.1", "the running console has its new certificate"
    finally:
        for console in consoles:
            console.terminate()
        for console in consoles:
            console.wait()


def start(folder: Path, kind: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([program(), kind, "web", "--dir", str(folder)])


def shown(port: int, context: ssl.SSLContext) -> str:
    """An address in the certificate of the console at this port, which the context trusts."""
    for _ in range(2400):
        try:
            plain = socket.create_connection(("127.0.0.1", port), 10)
            with plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                held = str(wrapped.getpeercert())
                return "127.0.0.1" if "('IP Address', '127.0.0.1')" in held else held
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError("nobody listens")


def test_what_a_console_shows_is_of_the_authority(tmp_path: Path) -> None:
    with network(tmp_path, posts=0) as net:
        console_certificates.keep(net.register.folder)
        content = (net.register.folder / "console" / "console.pem").read_bytes()
        certificate = content[content.index(b"-----BEGIN CERTIFICATE") :]
        root = ConsoleAuthority.load(net.register.folder).certificate
        assert read_console_certificate(certificate, root).names


def test_what_keeps_a_console_from_being_trusted_is_a_finding_until_it_is_mended(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0].register.folder
        node.save(post, dataclasses.replace(node.load(post), web_names="post1.local", central_url="http://127.0.0.1:9"))
        prepare(post)
        renewer = Renewer(post, lambda: None)
        assert not renewer._has_consoles()
        assert [finding.code for finding in findings_of(post)] == [UNCERTIFIED]
        assert "does not answer" in str(say_finding(findings_of(post)[0])[0])
        console_certificates.keep(net.register.folder)
        asked(net, post)
        assert renewer._has_consoles()
        assert findings_of(post) == []
