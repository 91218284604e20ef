"""The limits within which the console authority may vouch for names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from diwan_core.trust.consoles.console_names import LOCAL, address_of, read_name
from diwan_core.trust.errors import BadName

PRIVATE_RANGES: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10",
)  # fmt: skip
"""Addresses that no site of the internet has (RFC 1918, 3927, 4193, 4291)."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def general_name(name: str) -> x509.GeneralName:
    """A name as a certificate holds it."""
    address = address_of(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


@dataclass(frozen=True)
class Limits:
    """The limits of the console authority: hosts in these domains and addresses in these ranges, nothing else."""

    domains: tuple[str, ...]
    ranges: tuple[Network, ...]

    @classmethod
    def make(cls, domains: Iterable[str], ranges: Iterable[str], names: Iterable[str] = ()) -> Limits:
        """The limits that an administration gives, wide enough for these names too. Raises BadName."""
        networks: list[Network] = [_network(text) for text in ranges]
        allowed = {LOCAL, *(read_name(domain.lstrip(".")) for domain in domains)}
        for name in map(read_name, names):
            address = address_of(name)
            if address is not None:
                networks.append(ipaddress.ip_network(str(address)))
            else:
                allowed.add(name)
        if any(address_of(domain) is not None for domain in allowed):
            raise BadName("A domain is a name such as customs.example; give addresses as ranges.")
        kept: list[Network] = [
            *ipaddress.collapse_addresses(network for network in networks if network.version == 4),
            *ipaddress.collapse_addresses(network for network in networks if network.version == 6),
        ]
        return cls(tuple(sorted(_widest(allowed))), tuple(kept))

    def allows(self, name: str) -> bool:
        """Whether a name is within the limits."""
        address = address_of(name)
        if address is not None:
            return any(address in network for network in self.ranges)
        return any(name == domain or name.endswith(f".{domain}") for domain in self.domains)

    def extension(self) -> x509.NameConstraints:
        """The limits as a certificate states them (RFC 5280 section 4.2.1.10). A kind of address without any range is
        excluded as a whole: kinds that are not mentioned would be free."""
        permitted = [*map(x509.DNSName, self.domains), *map(x509.IPAddress, self.ranges)]
        excluded = [
            x509.IPAddress(everything)
            for everything in (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
            if not any(network.version == everything.version for network in self.ranges)
        ]
        return x509.NameConstraints(permitted, excluded or None)

    @classmethod
    def read(cls, constraints: x509.NameConstraints) -> Limits:
        """The limits that a certificate states."""
        permitted = list(constraints.permitted_subtrees or ())
        return cls(
            tuple(name.value for name in permitted if isinstance(name, x509.DNSName)),
            tuple(
                name.value
                for name in permitted
                if isinstance(name, x509.IPAddress)
                and isinstance(name.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
            ),
        )

    def __str__(self) -> str:
        return ", ".join([*(f"*.{domain}" for domain in self.domains), *map(str, self.ranges)])


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise BadName(f"{text[:60]!r} is not a range of addresses: write one as 10.20.0.0/16.") from error


def _widest(domains: set[str]) -> list[str]:
    """The ranges without those that lie in another."""
    return [
        domain for domain in domains if not any(domain != other and domain.endswith(f".{other}") for other in domains)
    ]
