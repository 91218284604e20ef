"""A post becomes a node by a one-time code: over a line anyone can read, and only once."""

import base64
import stat
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from diwan_core.trust import (
    KeysMissing,
    KeysUnreadable,
    ScopeKeyring,
)
from diwan_core.trust.errors import (
    CodeUsed,
)
from diwan_core.trust.network.certificates import read_certificate
from diwan_core.trust.network.enrolled_keys import (
    install,
    is_enrolled,
    keep_request,
    kept_request,
    load_central,
)
from diwan_core.trust.network.enrolment import answer_request, open_answer, receive_request
from diwan_core.trust.network.enrolment_codes import CodeFor, Codes, mint_code, read_code
from diwan_core.trust.network.tls import client_context

from .country import NOW, Country
from .enrolment_kit import NATIONAL, Body, Post, answer_for, enrol


def test_a_post_becomes_a_node(country: Country, store: Codes, post: Post, code: str) -> None:
    pending = post.ask(code)
    assert not is_enrolled(post.folder)
    received = receive_request(store, pending.request, NOW)
    assert (received.request.label, received.identity) == ("Aqaba port", post.keys.identity_public)
    raw = answer_request(store, received, answer_for(country, received))
    answer, scope_keys = open_answer(pending, post.keys, post.id, raw)
    central = install(post.folder, answer, scope_keys)

    assert is_enrolled(post.folder)
    assert central == load_central(post.folder)
    assert (central.id, central.identity) == (country.id, country.keys.identity_public)
    assert (central.sealing, central.ledger_length) == (country.keys.sealing_public, 3)
    assert client_context(post.folder)
    own = (post.folder / "keys" / "node.crt").read_bytes()
    assert read_certificate(own, central.authority).name == post.id
    key = ScopeKeyring(post.folder).get("national", NATIONAL.id)
    assert key is not None and key.open(NATIONAL.seal(b"warning", b""), b"") == b"warning"
    files = [file for file in (post.folder / "keys").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_centre_knows_itself_as_its_posts_know_it(country: Country) -> None:
    central = load_central(country.folder)
    assert (central.id, central.sealing) == (country.id, country.keys.sealing_public)


def test_nothing_secret_is_on_the_line(country: Country, store: Codes, post: Post, code: str) -> None:
    line = [post.ask(code).request, enrol(country, store, post, code)]
    line += [msgspec.json.decode(raw, type=Body).body for raw in line]
    rest = code[5:].lower()
    secrets = [rest.encode(), rest.replace("-", "").encode(), read_code(code)[1], NATIONAL._raw()]
    secrets += [_private_bytes(path) for path in (post.folder / "keys").glob("*.pem")]
    assert len(secrets) == 6
    for secret in secrets:
        for form in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")[:-1]):
            assert not any(form in raw.lower() or form in raw for raw in line)


def _private_bytes(path: Path) -> bytes:
    """The last 32 bytes of a PKCS #8 file with an RFC 8410 key."""
    return base64.b64decode(b"".join(path.read_bytes().splitlines()[1:-1]))[-32:]


def test_a_lost_answer_is_given_again_to_the_same_request_only(
    country: Country, store: Codes, post: Post, code: str
) -> None:
    pending, again = post.ask(code), post.ask(code)
    received = receive_request(store, pending.request, NOW)
    assert received.answer is None
    raw = answer_request(store, received, answer_for(country, received))
    later = receive_request(store, pending.request, NOW + timedelta(days=30))
    assert later.answer == raw
    with pytest.raises(CodeUsed, match="enrolled a node already"):
        receive_request(store, again.request, NOW)


def test_an_enrolment_goes_on_after_a_power_cut(country: Country, store: Codes, post: Post, code: str) -> None:
    keep_request(post.folder, post.ask(code))
    pending = kept_request(post.folder, code)
    assert pending is not None
    received = receive_request(store, pending.request, NOW)
    answer_request(store, received, answer_for(country, received))

    # The power goes before the answer is there. Afterwards the technician types the same code again.
    other_code, _ = mint_code(NOW, CodeFor("Ramtha"))
    assert kept_request(post.folder, other_code) is None
    again = kept_request(post.folder, code.lower())
    assert again == pending
    raw = receive_request(store, again.request, NOW).answer
    assert raw is not None
    install(post.folder, *open_answer(again, post.keys, post.id, raw))
    assert kept_request(post.folder) is None
    assert is_enrolled(post.folder)


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000, b"\xff"])
def test_a_damaged_request_is_made_anew(post: Post, code: str, content: bytes) -> None:
    keep_request(post.folder, post.ask(code))
    (post.folder / "keys" / "enrolment.pending").write_bytes(content)
    assert kept_request(post.folder, code) is None


def test_of_two_requests_at_once_one_wins(country: Country, store: Codes, post: Post, code: str) -> None:
    one, two = (receive_request(store, post.ask(code).request, NOW) for _ in range(2))
    answer_request(store, one, answer_for(country, one))
    with pytest.raises(CodeUsed, match="a moment ago"):
        answer_request(store, two, answer_for(country, two))


def test_members_that_a_newer_release_adds_are_ignored(store: Codes, post: Post, code: str) -> None:
    request = msgspec.json.decode(post.ask(code).request)
    request["colour"] = "green"
    assert receive_request(store, msgspec.json.encode(request), NOW)


def test_a_node_that_is_not_enrolled_has_no_centre(post: Post) -> None:
    with pytest.raises(KeysMissing, match="diwan enrol"):
        load_central(post.folder)


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000, b"\xff"])
def test_a_damaged_memory_of_the_centre_is_named(
    country: Country, store: Codes, post: Post, code: str, content: bytes
) -> None:
    pending = post.ask(code)
    received = receive_request(store, pending.request, NOW)
    raw = answer_request(store, received, answer_for(country, received))
    install(post.folder, *open_answer(pending, post.keys, post.id, raw))
    (post.folder / "keys" / "central.json").write_bytes(content)
    with pytest.raises(KeysUnreadable, match="Enrol this node again"):
        load_central(post.folder)


def test_secrets_are_not_printed(post: Post, code: str) -> None:
    pending = post.ask(code)
    assert repr(pending.answer_key) not in repr(pending)
