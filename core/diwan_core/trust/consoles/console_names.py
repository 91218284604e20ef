"""The names and addresses under which consoles are reached."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from diwan_core.trust.errors import BadName

MOST_NAMES: Final = 20
LOCAL: Final = "local"
"""The domain of multicast DNS (RFC 6762): `post1.local` is answered by the machine itself, without any server."""

_DNS: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_LONGEST: Final = 253

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_name(text: str) -> str:
    """A host name in lower case and ASCII, or an address as it is usually written. Raises BadName."""
    cleaned = text.strip().rstrip(".")
    try:
        return str(ipaddress.ip_address(cleaned.strip("[]")))
    except ValueError:
        pass
    try:
        name = cleaned.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if len(name) > _LONGEST or _DNS.fullmatch(name) is None or name.rpartition(".")[2].isdigit():
        raise BadName(f"{text[:60]!r} is not a host name or address. Give one that browsers can reach.")
    return name


def address_of(name: str) -> Address | None:
    """The address that a name of a console is; None for a host name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
