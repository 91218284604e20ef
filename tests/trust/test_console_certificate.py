"""A console's certificate: asked for with the node's own key, answered by its centre, and kept whole."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.consoles.console_authority import LIFE, ConsoleAuthority
from diwan_core.trust.consoles.console_certificate import (
    MAX_REQUEST,
    accept,
    answer_ask,
    ask,
    certify_own,
    is_due,
    make_self_signed,
    read_ask,
)
from diwan_core.trust.consoles.console_limits import Limits
from diwan_core.trust.consoles.console_state import console_state, fingerprint, root_of
from diwan_core.trust.consoles.console_tls import ConsoleTls
from diwan_core.trust.errors import BadCertificate, KeysUnreadable, TrustError, UnknownNode
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NAMES = ["post1.local", "10.20.3.4"]


@dataclass(frozen=True)
class Country:
    """A centre with its authority and a post, each in a folder of its own."""

    centre: Path
    post: Path
    centre_keys: NodeKeys
    post_keys: NodeKeys
    authority: ConsoleAuthority
    node: str

    def known(self, node: str) -> bytes | None:
        return self.post_keys.identity_public if node == self.node else None

    def answer(self, request: bytes, identity_of: Callable[[str], bytes | None] | None = None) -> bytes:
        asked = read_ask(request, identity_of or self.known)
        granted = self.authority.issue(asked.node, asked.key, asked.names, NOW)
        return answer_ask(self.centre_keys, asked, granted, self.authority.certificate)


@pytest.fixture
def country(tmp_path: Path) -> Country:
    centre, post = tmp_path / "centre", tmp_path / "post"
    authority = ConsoleAuthority.create(centre, mint_id(), Limits.make([], ["10.20.0.0/16"]), NOW)
    return Country(centre, post, NodeKeys.create(centre), NodeKeys.create(post), authority, mint_id())


def test_a_post_gets_a_certificate_for_its_names(country: Country) -> None:
    pending = ask(country.post_keys, country.node, [*NAMES, "example.org"])
    refused = accept(country.post, pending, country.answer(pending.request), country.centre_keys.identity_public)
    state = console_state(country.post)
    assert state is not None and state.certified and state.names == tuple(NAMES)
    assert list(refused) == ["example.org"]
    assert root_of(country.post) == country.authority.certificate
    assert ((country.post / "console" / "console.pem").stat().st_mode & 0o777) == 0o600
    ConsoleTls(country.post)


def test_only_a_node_with_the_key_that_the_ledger_knows_is_answered(country: Country) -> None:
    pending = ask(country.post_keys, country.node, NAMES)
    with pytest.raises(UnknownNode):
        country.answer(pending.request, lambda _: None)
    with pytest.raises(UnknownNode):
        country.answer(pending.request, lambda _: country.centre_keys.identity_public)
    other = ask(country.centre_keys, country.node, NAMES)
    with pytest.raises(UnknownNode):
        country.answer(other.request)


def test_an_answer_of_somebody_else_or_to_another_request_is_not_installed(country: Country, tmp_path: Path) -> None:
    first, second = (ask(country.post_keys, country.node, NAMES) for _ in range(2))
    answer = country.answer(first.request)
    stranger = NodeKeys.create(tmp_path / "stranger")
    with pytest.raises(BadCertificate, match="does not come from this post's centre"):
        accept(country.post, first, answer, stranger.identity_public)
    with pytest.raises(BadCertificate, match="another request"):
        accept(country.post, second, answer, country.centre_keys.identity_public)
    for at in range(20, len(answer) // 2, 97):
        altered = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]
        with pytest.raises(BadCertificate):
            accept(country.post, first, altered, country.centre_keys.identity_public)
    assert console_state(country.post) is None


@given(raw=st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_a_refusal(raw: bytes) -> None:
    for content in (raw, msgspec.json.encode({"body": raw, "signature": raw})):
        with pytest.raises(TrustError):
            read_ask(content, lambda _: bytes(32))
    with pytest.raises(TrustError):
        read_ask(bytes(MAX_REQUEST + 1), lambda _: None)


def test_a_console_without_a_certificate_vouches_for_itself_until_it_has_one(country: Country) -> None:
    assert make_self_signed(country.post, country.node, NAMES, NOW)
    assert not make_self_signed(country.post, country.node, NAMES, NOW)
    state = console_state(country.post)
    assert state is not None and not state.certified and is_due(country.post, NAMES, NOW)
    assert make_self_signed(country.post, country.node, NAMES, NOW + LIFE)
    pending = ask(country.post_keys, country.node, NAMES)
    accept(country.post, pending, country.answer(pending.request), country.centre_keys.identity_public)
    assert not make_self_signed(country.post, country.node, NAMES, NOW + 2 * LIFE)
    assert root_of(country.post) is not None


def test_a_certificate_is_due_when_half_its_life_is_over_or_the_names_are_others(country: Country) -> None:
    certify_own(country.centre, country.authority, mint_id(), NAMES, [], NOW)
    assert not is_due(country.centre, NAMES, NOW)
    assert not is_due(country.centre, reversed(NAMES), NOW + LIFE / 2 - timedelta(days=1))
    assert is_due(country.centre, NAMES, NOW + LIFE / 2 + timedelta(days=1))
    assert is_due(country.centre, ["post1.local"], NOW)


def test_a_renewed_certificate_is_used_from_the_next_connection_on(country: Country) -> None:
    make_self_signed(country.post, country.node, NAMES, NOW)
    tls = ConsoleTls(country.post)
    before = shown_by(tls)
    pending = ask(country.post_keys, country.node, NAMES)
    accept(country.post, pending, country.answer(pending.request), country.centre_keys.identity_public)
    after = shown_by(tls)
    state = console_state(country.post)
    assert state is not None and after == state.fingerprint != before


def test_a_damaged_file_is_named_at_the_start_and_changes_nothing_later(country: Country) -> None:
    make_self_signed(country.post, country.node, NAMES, NOW)
    tls = ConsoleTls(country.post)
    before = shown_by(tls)
    file = country.post / "console" / "console.pem"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:400])
    assert shown_by(tls) == before
    with pytest.raises(KeysUnreadable, match=r"console\.pem"):
        ConsoleTls(country.post)


def shown_by(tls: ConsoleTls) -> str:
    """The fingerprint of the certificate that a client sees."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    client = client_context.wrap_bio(to_client, to_server)
    server = tls().wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return fingerprint(ssl.DER_cert_to_PEM_cert(der).encode())
