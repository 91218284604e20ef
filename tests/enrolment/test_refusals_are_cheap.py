"""What strangers send to `/enrol` and `/renew` costs the centre of 500 posts little, and changes nothing."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central import setup as central_setup
from diwan_central.console.web import create_central_app
from diwan_central.network.central_enrolment import make_code
from diwan_central.network.revocation import revoke
from diwan_central.setup import now
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.enrolment_codes import CodeFor
from diwan_core.trust.network.ledger_facts import NodeFact
from diwan_core.trust.people.accounts import Accounts
from flask import Flask
from flask.testing import FlaskClient

from tests.enrolment.thief import Thief

pytestmark = pytest.mark.slow

POSTS = 500
LIMIT_S = 0.020
TIMES = 15


class Centre:
    """A centre with many posts, and what is needed to ask it."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "central"
        central_setup.create(self.folder, "Centre", "127.0.0.1", 8883, "127.0.0.1", 0)
        self.node, self.revoked = Thief(place / "node"), Thief(place / "revoked")
        authority, keys = CertificateAuthority.load(self.folder), NodeKeys.load(self.folder)
        facts = [_fact(authority, thief.keys, thief.node) for thief in (self.node, self.revoked)]
        for number in range(POSTS - 2):
            facts.append(_fact(authority, NodeKeys.create(place / str(number)), mint_id()))
        with Register.open(self.folder, role="writer") as register:
            ledger.record(register, keys, facts)
        revoke(self.folder, self.revoked.node, "stolen")
        self.code = make_code(self.folder, CodeFor("Gate 9", "JOAMM", made_by="technician"))
        self.app: Flask = create_central_app(self.folder, open_accounts=Accounts.open)


def _fact(authority: CertificateAuthority, keys: NodeKeys, node: str) -> NodeFact:
    certificate = authority.issue(signing_request(keys, node), node, now()).decode()
    return NodeFact(node, f"Post {node}", "JOAQJ", keys.identity_public, keys.sealing_public, certificate, ())


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    made = Centre(tmp_path_factory.mktemp("many"))
    yield made
    made.app.extensions["diwan"].close()


@pytest.fixture
def client(centre: Centre) -> FlaskClient:
    return centre.app.test_client()


def cost(client: FlaskClient, path: str, content: bytes) -> float:
    """Processor seconds of a refused request."""
    client.post(path, data=content)
    began = time.process_time()
    for _ in range(TIMES):
        assert client.post(path, data=content).status_code in (403, 413, 429)
    return (time.process_time() - began) / TIMES


def envelope(**changes: object) -> bytes:
    said = {
        "code": "aaaa",
        "body": base64.b64encode(b"{}" * 3000).decode(),
        "mac": base64.b64encode(bytes(32)).decode(),
    }
    return json.dumps({**said, **changes}).encode()


def test_a_request_to_enrol_that_is_refused_costs_less_than_20_ms(
    centre: Centre, client: FlaskClient, tmp_path: Path
) -> None:
    wrong = centre.code[:4].lower()
    stranger = Thief(tmp_path / "stranger")
    other = make_code(centre.folder, CodeFor("Gate 10", "JOAMM", made_by="technician"))
    assert client.post("/enrol", data=stranger.asks(other).request).status_code == 200
    requests = {
        "noise": b"\xff" * 16_000,
        "brackets": b"[" * 16_000,
        "too long": bytes(200_000),
        "an unknown code": envelope(),
        "a wrong code": envelope(code=wrong),
        "a code that is used up": Thief(tmp_path / "late").asks(other).request,
    }
    taken = {name: cost(client, "/enrol", content) for name, content in requests.items()}
    assert {name: seconds for name, seconds in taken.items() if seconds >= LIMIT_S} == {}


def test_a_request_to_renew_that_is_refused_costs_less_than_20_ms_and_one_too_early_too(
    centre: Centre, client: FlaskClient, tmp_path: Path
) -> None:
    stranger, posing = Thief(tmp_path / "stranger"), Thief(tmp_path / "posing", centre.node.node)
    honest = signing_request(centre.node.keys, centre.node.node)
    requests = {
        "noise": b"\xff" * 16_000,
        "no request": b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        "a stranger": signing_request(stranger.keys, stranger.node),
        "another's name": signing_request(posing.keys, posing.node),
        "revoked keys": signing_request(centre.revoked.keys, centre.revoked.node),
        "a broken signature": _broken(honest),
    }
    taken = {name: cost(client, "/renew", content) for name, content in requests.items()}
    assert {name: seconds for name, seconds in taken.items() if seconds >= LIMIT_S} == {}
    with Register.open(centre.folder) as register:
        length = ledger.load(register).length
    held = client.post("/renew", data=honest).data
    began = time.process_time()
    for _ in range(TIMES):
        assert client.post("/renew", data=honest).data == held
    assert (time.process_time() - began) / TIMES < LIMIT_S, "the same one again, however often it is sent"
    with Register.open(centre.folder) as register:
        assert ledger.load(register).length == length


def _broken(request: bytes) -> bytes:
    """A request whose signature does not hold, everything before it as it was."""
    lines = request.splitlines()
    content = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    content[-1] ^= 1
    return b"\n".join([lines[0], base64.b64encode(bytes(content)), lines[-1], b""])


def test_what_is_refused_is_counted_for_each_address_and_leaves_room_for_a_right_one(
    centre: Centre, tmp_path: Path
) -> None:
    app = create_central_app(centre.folder, open_accounts=Accounts.open)
    client = app.test_client()
    statuses = [client.post("/enrol", data=envelope(code=centre.code[:4].lower())).status_code for _ in range(60)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    post = Thief(tmp_path / "post")
    assert client.post("/enrol", data=post.asks(centre.code).request).status_code == 200
    app.extensions["diwan"].close()
