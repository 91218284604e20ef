"""The console authority vouches for the consoles of its administration and, by its own certificate, for no others."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from diwan_core.trust import mint_id
from diwan_core.trust.consoles.console_authority import (
    LIFE,
    ConsoleAuthority,
    limits_of,
    read_console_certificate,
    read_root,
)
from diwan_core.trust.consoles.console_limits import PRIVATE_RANGES, Limits
from diwan_core.trust.consoles.console_names import read_name
from diwan_core.trust.errors import BadCertificate, BadName, KeysExist

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CENTRE, POST, OTHER = mint_id(), mint_id(), mint_id()
LIMITS = Limits.make(["customs.example"], ["10.20.0.0/16", "fd00:20::/32"])
KEY = ec.generate_private_key(ec.SECP256R1())
ALLOWED = ["centre.customs.example", "customs.example", "post1.local", "10.20.3.4", "fd00:20::1"]
FOREIGN = [
    "example.org",
    "evilcustoms.example",
    "customs.example.org",
    "localhost",
    "10.21.0.1",
    "8.8.8.8",
    "2001:db8::1",
]


@pytest.fixture
def authority(tmp_path: Path) -> ConsoleAuthority:
    return ConsoleAuthority.create(tmp_path, CENTRE, LIMITS, NOW)


def issued(authority: ConsoleAuthority, *names: str) -> bytes:
    return authority.issue(POST, KEY.public_key(), names, NOW).certificate


def forged(authority: ConsoleAuthority, name: str) -> bytes:
    """What somebody makes who has stolen the authority's key."""
    authority.limits = Limits((name,), (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))
    return issued(authority, name)


def openssl(tmp_path: Path, root: bytes, leaf: bytes, name: str) -> str:
    """What OpenSSL's own command says of a chain."""
    (tmp_path / "root.pem").write_bytes(root)
    (tmp_path / "leaf.pem").write_bytes(leaf)
    kind = "-verify_ip" if name.replace(".", "").isdigit() or ":" in name else "-verify_hostname"
    moment = str(int(NOW.timestamp()))
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-attime",
        moment,
        "-CAfile",
        "root.pem",
        kind,
        name,
        "leaf.pem",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def verified(root: bytes, leaf: bytes, name: str) -> None:
    """Check a chain as rustls and Go would: the verifier of `cryptography` follows the rules of public sites."""
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    store = Store([x509.load_pem_x509_certificate(root)])
    assert isinstance(subject, x509.DNSName | x509.IPAddress)
    PolicyBuilder().store(store).time(NOW).build_server_verifier(subject).verify(
        x509.load_pem_x509_certificate(leaf), []
    )


@pytest.mark.parametrize("name", ALLOWED)
def test_a_name_of_the_administration_is_vouched_for(authority: ConsoleAuthority, tmp_path: Path, name: str) -> None:
    leaf = issued(authority, name)
    assert read_console_certificate(leaf, authority.certificate).names == (name,)
    assert "leaf.pem: OK" in openssl(tmp_path, authority.certificate, leaf, name)
    verified(authority.certificate, leaf, name)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_name_is_refused_by_the_authority_and_by_whoever_checks_a_forged_certificate(
    authority: ConsoleAuthority, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadCertificate, match="outside of what this authority may vouch for"):
        issued(authority, name)
    leaf = forged(authority, name)
    assert "permitted subtree violation" in openssl(tmp_path, authority.certificate, leaf, name)
    with pytest.raises(VerificationError):
        verified(authority.certificate, leaf, name)
    with pytest.raises(BadCertificate, match="may not vouch for"):
        read_console_certificate(leaf, authority.certificate)


def test_the_authority_cannot_make_another_authority(authority: ConsoleAuthority) -> None:
    basic = read_root(authority.certificate).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


def test_the_limits_are_critical_and_leave_no_kind_of_address_free(tmp_path: Path) -> None:
    made = ConsoleAuthority.create(tmp_path, CENTRE, Limits.make(["customs.example"], []), NOW)
    constraints = read_root(made.certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(name.value) for name in constraints.value.excluded_subtrees or []] == ["0.0.0.0/0", "::/0"]
    assert not limits_of(made.certificate).allows("10.20.3.4")


def test_a_certificate_lasts_no_longer_than_browsers_accept_and_begins_before_a_late_clock(
    authority: ConsoleAuthority,
) -> None:
    facts = read_console_certificate(issued(authority, "post1.local"))
    assert facts.not_after - facts.not_before <= timedelta(days=397)
    assert facts.not_after >= NOW + LIFE
    assert facts.not_before <= NOW - timedelta(days=1)


def test_a_clock_outside_of_the_authoritys_life_makes_no_certificate(authority: ConsoleAuthority) -> None:
    with pytest.raises(BadCertificate, match="Set the clock"):
        authority.issue(POST, KEY.public_key(), ["post1.local"], NOW - timedelta(days=400))


def test_names_that_cannot_be_had_are_left_out_and_named(authority: ConsoleAuthority) -> None:
    issued(authority, "post1.local")
    granted = authority.issue(
        OTHER, KEY.public_key(), ["post2.local", "POST1.local.", "example.org", "centre.local", "a b"], NOW,
        others=[POST], reserved=["centre.local"],
    )  # fmt: skip
    assert read_console_certificate(granted.certificate).names == ("post2.local",)
    assert set(granted.refused) == {"post1.local", "example.org", "centre.local", "a b"}
    assert POST in granted.refused["post1.local"]


def test_a_name_is_free_again_when_its_node_is_gone_or_its_certificate_has_ended(authority: ConsoleAuthority) -> None:
    issued(authority, "post1.local")
    assert not authority.issue(OTHER, KEY.public_key(), ["post1.local"], NOW).refused
    issued(authority, "post1.local")
    later = NOW + LIFE + timedelta(days=1)
    assert not authority.issue(OTHER, KEY.public_key(), ["post1.local"], later, others=[POST]).refused


def test_two_nodes_may_have_the_same_private_address(authority: ConsoleAuthority) -> None:
    issued(authority, "10.20.3.4")
    assert not authority.issue(OTHER, KEY.public_key(), ["10.20.3.4"], NOW, others=[POST]).refused


def test_an_authority_is_loaded_as_it_was_made_and_never_replaced(authority: ConsoleAuthority, tmp_path: Path) -> None:
    assert ConsoleAuthority.load(tmp_path).certificate == authority.certificate
    with pytest.raises(KeysExist, match="browsers know it"):
        ConsoleAuthority.create(tmp_path, CENTRE, LIMITS, NOW)
    assert ((tmp_path / "console-authority" / "key.pem").stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize(
    "text", ["", "*", "*.local", "a b", "http://x.local", "x.local:8443", "-x.local", "1.2.3", "x" * 300, "\0"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadName, match="not a host name or address"):
        read_name(text)


def test_names_are_read_in_one_form() -> None:
    assert [read_name(text) for text in ("Post1.LOCAL.", "[FD00::1]", "جمارك.example")] == [
        "post1.local", "fd00::1", "xn--mgbjq6eh.example",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("domain", "ranges"), [("10.0.0.1", []), ("a b", []), ("x.example", ["10.0.0.1/8"]), ("x.example", ["x"])]
)
def test_wrong_limits_are_refused(domain: str, ranges: list[str]) -> None:
    with pytest.raises(BadName):
        Limits.make([domain], ranges)


def test_limits_hold_the_centres_own_names_and_no_part_twice() -> None:
    limits = Limits.make(
        ["customs.example", ".posts.customs.example"], PRIVATE_RANGES, ["c.gov.example", "203.0.113.7", "10.1.2.3"]
    )
    assert limits.domains == ("c.gov.example", "customs.example", "local")
    assert "203.0.113.7/32" in map(str, limits.ranges) and "10.1.2.3/32" not in map(str, limits.ranges)
