"""The reverse proxies that a console trusts, and the address of the client behind them.

A console that is reached through a proxy sees only the proxy's address. The proxy says in `X-Forwarded-For` whom it
forwards for, but anybody can send that header: it counts only where the connection comes from an address that the
node's settings name (`trusted_proxies` in `node.toml`: addresses and networks, and `unix` for a Unix socket).
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

UNIX: Final = "unix"
"""The name in the settings of a connection over a Unix socket, which has no address."""
MOST_HOPS: Final = 16
"""How many addresses of a chain are read."""
_IPV6_PREFIX: Final = 64
"""A host with IPv6 has a whole network of this prefix to itself (RFC 4291), and could come from a new address each
time."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadProxy(ValueError):
    """An entry of `trusted_proxies` is neither an address nor a network."""


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose forwarding headers are believed; none by default."""

    networks: tuple[_Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """The proxies that a setting names, separated by commas or spaces. Raises BadProxy with the remedy."""
        networks: list[_Network] = []
        unix = False
        for entry in text.replace(",", " ").split():
            if entry == UNIX:
                unix = True
                continue
            try:
                networks.append(ipaddress.ip_network(entry))
            except ValueError as error:
                raise BadProxy(
                    f"{entry[:60]!r} in trusted_proxies is not an address or network: write 127.0.0.1, "
                    f"10.0.0.0/24 or unix"
                ) from error
        return cls(tuple(networks), unix)

    def trusts(self, peer: str) -> bool:
        """Whether what connects from this address (an empty text for a Unix socket) is one of the proxies."""
        if not peer:
            return self.unix
        address = _read(peer)
        return address is not None and any(address in network for network in self.networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address of the client of a request that came from `peer` with these `X-Forwarded-For` headers.

        The chain is read from its end, which the nearest proxy has written, as far as proxies are trusted. What cannot
        be read there counts as coming from the proxy that passed it on."""
        if not self.trusts(peer):
            return _plain(peer)
        nearest = peer
        chain = [hop for header in forwarded for hop in header.split(",")]
        for hop in reversed(chain[-MOST_HOPS:]):
            address = _read(hop.strip())
            if address is None:
                break
            nearest = str(address)
            if not self.trusts(nearest):
                break
        return _plain(nearest)


def address_group(address: str) -> str:
    """The address that is counted as one client: an IPv4 address, or the network of 64 bits that an IPv6 address
    belongs to."""
    found = _read(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found) if found else address


def _plain(text: str) -> str:
    address = _read(text)
    return str(address) if address else text


def _read(text: str) -> _Address | None:
    """The address in a text that may also carry a port, brackets or a zone; None where there is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
