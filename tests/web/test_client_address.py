"""The address of a client: forwarding headers count only from proxies that the settings name."""

import dataclasses
from pathlib import Path

import pytest
from diwan_core import node
from diwan_core.proxies import BadProxy, TrustedProxies, address_group
from diwan_core.web.kit.client_address import client_address
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Site

LOCAL = TrustedProxies.parse("127.0.0.1, ::1, 10.0.0.0/24, unix")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", ["203.0.113.9"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1", "203.0.113.9, 10.0.0.8"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, '; DROP TABLE"], "127.0.0.1"),
        ("127.0.0.1", [",,,"], "127.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_client(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert LOCAL.client(peer, forwarded) == expected


def test_no_proxy_is_trusted_unless_the_settings_name_it() -> None:
    nobody = TrustedProxies.parse("")
    assert nobody.client("127.0.0.1", ["203.0.113.9"]) == "127.0.0.1"
    assert nobody.client("", ["203.0.113.9"]) == ""


@given(peer=st.text(max_size=40), forwarded=st.lists(st.text(max_size=80), max_size=5))
def test_no_header_ends_in_an_error(peer: str, forwarded: list[str]) -> None:
    assert isinstance(LOCAL.client(peer, forwarded), str)


def test_an_ipv6_host_counts_with_its_whole_network() -> None:
    assert address_group("2001:db8::1") == address_group("2001:db8::ffff:1") == "2001:db8::/64"
    assert address_group("192.0.2.7") == "192.0.2.7"


def test_a_wrong_setting_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadProxy, match="not an address or network"):
        TrustedProxies.parse("localhost")
    config = node.NodeConfig("post", node.mint_id(), "Aqaba port", trusted_proxies="10.0.0.1/24")
    with pytest.raises(node.NodeError, match=r"write 127\.0\.0\.1, 10\.0\.0\.0/24 or unix"):
        node.create(tmp_path / "post", config)


def test_a_console_reads_the_header_of_its_own_proxy_only(post: Site) -> None:
    console = post.console
    before = console.node
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    try:
        console.node = dataclasses.replace(before, trusted_proxies="10.0.0.0/24")
        for peer, expected in (("10.0.0.8", "203.0.113.9"), ("10.0.1.8", "10.0.1.8")):
            with post.app.test_request_context("/", headers=forwarded, environ_base={"REMOTE_ADDR": peer}):
                assert client_address() == expected
    finally:
        console.node = before
