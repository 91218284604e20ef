"""Certificates: each kind good for one thing, every reading strict, no clock able to lock a post out."""

import base64
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from diwan_core.trust import BadCertificate, BadName, KeysExist, KeysMissing, KeysUnreadable, NodeKeys, mint_id
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import (
    clock_window,
    read_authority,
    read_certificate,
    read_request,
    signing_request,
)
from diwan_core.trust.network.tls import client_context
from hypothesis import given, settings
from hypothesis import strategies as st

from .country import NOW, Country, Node, make_country


def test_a_node_certificate_says_who_the_node_is(country: Country, new_node: Callable[[], Node]) -> None:
    node = new_node()
    facts = read_certificate(node.certificate, country.authority.certificate)
    assert (facts.name, facts.kind, facts.identity) == (node.id, "node", node.keys.identity_public)
    assert timedelta(days=5 * 365) <= facts.not_after - NOW <= timedelta(days=5 * 366)


def test_the_centre_is_a_node_with_services_of_its_own(country: Country) -> None:
    assert read_certificate(country.certificate, country.authority.certificate).name == country.id
    for name in ("central-ingest", "central-relay"):
        pem = (country.folder / "keys" / f"{name}.crt").read_bytes()
        facts = read_certificate(pem, country.authority.certificate)
        assert (facts.name, facts.kind) == (name, "service")
    with pytest.raises(BadName, match="not a service"):
        country.authority.create_service(country.folder, "central-admin", NOW)


def test_renewing_a_service_keeps_its_key(country: Country) -> None:
    key = (country.folder / "keys" / "central-relay.pem").read_bytes()
    before = (country.folder / "keys" / "central-relay.crt").read_bytes()
    country.authority.create_service(country.folder, "central-relay", NOW)
    assert (country.folder / "keys" / "central-relay.pem").read_bytes() == key
    assert (country.folder / "keys" / "central-relay.crt").read_bytes() != before


def test_all_files_of_the_authority_are_private(country: Country, tmp_path: Path) -> None:
    country.authority.create_broker(tmp_path / "broker", ["127.0.0.1"], NOW)
    for place in (country.folder / "keys", tmp_path / "broker"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir() if file.is_file()} == {0o600}


def test_an_authority_is_loaded_as_it_was_made_and_never_replaced(country: Country) -> None:
    assert CertificateAuthority.load(country.folder).certificate == country.authority.certificate
    with pytest.raises(KeysExist, match="never replaced"):
        CertificateAuthority.create(country.folder, country.id, NOW)
    assert CertificateAuthority.load(country.folder).certificate == country.authority.certificate


def test_an_authority_with_the_wrong_key_is_refused(tmp_path: Path) -> None:
    first, second = make_country(tmp_path / "1"), make_country(tmp_path / "2")
    (first.folder / "keys" / "ca.crt").write_bytes(second.authority.certificate)
    with pytest.raises(KeysUnreadable, match="belong together"):
        CertificateAuthority.load(first.folder)


def test_every_certificate_is_valid_at_the_lower_bound_of_the_clock(country: Country, tmp_path: Path) -> None:
    later = NOW + timedelta(days=4000)
    node_id, keys = mint_id(), NodeKeys.create(tmp_path)
    pem = country.authority.issue(signing_request(keys, node_id), node_id, later)
    begin, end = clock_window(country.authority.certificate)
    facts = read_certificate(pem, country.authority.certificate)
    assert facts.not_before == begin <= NOW < later < facts.not_after <= end


def test_a_centre_with_an_impossible_clock_issues_nothing(country: Country, tmp_path: Path) -> None:
    node_id, keys = mint_id(), NodeKeys.create(tmp_path)
    for wrong in (NOW - timedelta(days=10_000), NOW + timedelta(days=20_000)):
        with pytest.raises(BadCertificate, match="Set the clock"):
            country.authority.issue(signing_request(keys, node_id), node_id, wrong)


def test_a_node_cannot_get_a_certificate_in_another_s_name(country: Country, tmp_path: Path) -> None:
    with pytest.raises(BadCertificate, match="not"):
        country.authority.issue(signing_request(NodeKeys.create(tmp_path), mint_id()), mint_id(), NOW)


def test_a_request_for_a_service_s_name_is_refused(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "central-ingest")])
    request = x509.CertificateSigningRequestBuilder(name).sign(NodeKeys.create(tmp_path).identity_key, None)
    with pytest.raises(BadCertificate, match="names no node"):
        read_request(request.public_bytes(Encoding.PEM))


def test_a_request_with_another_kind_of_key_is_refused() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, mint_id())])
    request = x509.CertificateSigningRequestBuilder(name).sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    with pytest.raises(BadCertificate, match="Ed25519"):
        read_request(request.public_bytes(Encoding.PEM))


def test_what_a_request_asks_for_beyond_its_name_is_ignored(country: Country, tmp_path: Path) -> None:
    node_id, keys = mint_id(), NodeKeys.create(tmp_path)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id)])
    greedy = x509.CertificateSigningRequestBuilder(name).add_extension(x509.BasicConstraints(True, None), True)
    pem = country.authority.issue(greedy.sign(keys.identity_key, None).public_bytes(Encoding.PEM), node_id, NOW)
    assert not x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_certificate_of_another_country_is_refused(country: Country, tmp_path: Path) -> None:
    foreign = make_country(tmp_path)
    with pytest.raises(BadCertificate, match="not issued by"):
        read_certificate(foreign.certificate, country.authority.certificate)


def test_an_ordinary_certificate_is_no_authority(country: Country) -> None:
    with pytest.raises(BadCertificate):
        read_authority(country.certificate)


@given(pem=st.binary(max_size=300))
def test_arbitrary_bytes_are_no_certificate_and_no_request(country: Country, pem: bytes) -> None:
    framed = b"-----BEGIN CERTIFICATE-----\n" + pem + b"\n-----END CERTIFICATE-----\n"
    for content in (pem, framed, framed.replace(b"CERTIFICATE", b"CERTIFICATE REQUEST")):
        with pytest.raises(BadCertificate):
            read_certificate(content, country.authority.certificate)
        with pytest.raises(BadCertificate):
            read_authority(content)
        with pytest.raises(BadCertificate):
            read_request(content)


@settings(max_examples=200)
@given(at=st.integers(0, 10_000), to=st.integers(0, 255))
def test_a_damaged_certificate_never_raises_anything_else(country: Country, at: int, to: int) -> None:
    body = b"".join(country.certificate.splitlines()[1:-1])
    der = bytearray(base64.b64decode(body))
    position = at % len(der)
    changed, der[position] = der[position] != to, to
    lines = base64.encodebytes(bytes(der))
    pem = b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"
    if changed:
        with pytest.raises(BadCertificate):
            read_certificate(pem, country.authority.certificate)
        with pytest.raises(BadCertificate):
            read_authority(pem)


def test_two_certificates_in_one_file_are_refused(country: Country) -> None:
    with pytest.raises(BadCertificate, match="one PEM block"):
        read_certificate(country.certificate * 2, country.authority.certificate)


def test_a_node_that_is_not_enrolled_has_no_tls(tmp_path: Path) -> None:
    NodeKeys.create(tmp_path)
    with pytest.raises(KeysMissing, match="diwan enrol"):
        client_context(tmp_path)


def test_a_certificate_of_another_key_gives_no_tls(new_node: Callable[[], Node]) -> None:
    one, other = new_node(), new_node()
    (one.folder / "keys" / "node.crt").write_bytes(other.certificate)
    with pytest.raises(KeysUnreadable, match="Enrol this node again"):
        client_context(one.folder)


@pytest.mark.parametrize("host", ["", "a" * 64, "a..b", "a b", "-a", "a\n", "*"])
def test_a_host_that_is_no_host_is_refused(country: Country, tmp_path: Path, host: str) -> None:
    with pytest.raises(BadName, match="host name"):
        country.authority.create_broker(tmp_path, [host], NOW)
