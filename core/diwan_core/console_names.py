"""Finds the names and addresses under which this machine's console is reached, for its certificate."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from diwan_core.trust.consoles.console_names import LOCAL, MOST_NAMES, read_name
from diwan_core.trust.errors import BadName

if TYPE_CHECKING:
    from diwan_core.node import NodeConfig

_EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104  every address is meant
_SIOCGIFADDR: Final = 0x8915  # linux/sockios.h
_IPV6: Final = Path("/proc/net/if_inet6")


def own_names(config: NodeConfig) -> list[str]:
    """The names from the settings (`web_names`), or else those that can be found out: the name in multicast DNS, the
    centre's public name, and the address that the console listens on, or all of the machine's addresses where it
    listens on all."""
    if config.web_names:
        return given_names(config.web_names)
    found = [f"{socket.gethostname().partition('.')[0]}.{LOCAL}"]
    if config.role == "central":
        found.append(config.broker_host)
    if config.web_host in _EVERYWHERE:
        found += machine_addresses()
    elif not config.web_host.startswith("unix:"):
        found.append(config.web_host)
    names: list[str] = []
    for text in found:
        with suppress(BadName):  # a host name that no certificate can hold, and a broker that is not known yet
            names.append(read_name(text))
    return sorted(set(names), key=names.index)[:MOST_NAMES]


def given_names(text: str) -> list[str]:
    """The names in a setting, separated by commas or spaces. Raises BadName."""
    names = [read_name(name) for name in text.replace(",", " ").split()]
    if len(names) > MOST_NAMES:
        raise BadName(f"A console has at most {MOST_NAMES} names and addresses, not {len(names)}.")
    return names


def machine_addresses() -> list[str]:
    """The addresses at which other machines reach this one."""
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [*_ipv4(), *_ipv6()]
    usable = [address for address in found if not (address.is_loopback or address.is_link_local)]
    return [str(address) for address in usable]


def _ipv4() -> list[ipaddress.IPv4Address]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # an interface without an address
                answer = fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append(ipaddress.IPv4Address(answer[20:24]))
    return found


def _ipv6() -> list[ipaddress.IPv6Address]:
    try:
        lines = _IPV6.read_text(encoding="ascii").splitlines()
    except OSError:  # a machine without IPv6
        return []
    return [ipaddress.IPv6Address(int(line.split()[0], 16)) for line in lines]
