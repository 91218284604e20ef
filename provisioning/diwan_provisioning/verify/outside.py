"""Examines a machine over the network from the laptop: open ports, versions of TLS, certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from diwan_core.acceptance.sheet import Check, Outcome, clean
from diwan_core.trust.network.certificate_facts import said_by

from diwan_provisioning.verify.judge_access import PORTS
from diwan_provisioning.verify.promised import Promised

TRIED: Final = (
    21,
    22,
    23,
    25,
    53,
    80,
    111,
    139,
    443,
    445,
    1883,
    3000,
    5432,
    6379,
    8000,
    8080,
    8443,
    8883,
    9090,
    9100,
    19532,
)
WAIT_S: Final = 3.0
NEAR_END: Final = timedelta(days=14)
CONSOLE: Final = {"central": 443, "post": 443}
BROKER: Final = 8883


def look(address: str, promised: Promised) -> Iterator[Check]:
    """What can be seen of a machine at an address; one check says so where it cannot be reached at all."""
    opened = {port for port in TRIED if _is_open(address, port)}
    if not opened:
        yield Check(
            "outside",
            "The machine can be reached from the laptop",
            "warn",
            "yes",
            "no",
            "What it shows to the network was not looked at: run verify from the network of the consoles.",
        )
        return
    more = opened - PORTS[promised.role]
    yield Check(
        "outside-ports",
        "Only what was promised can be reached",
        "fail" if more else "pass",
        ", ".join(map(str, sorted(PORTS[promised.role]))),
        ", ".join(map(str, sorted(opened))),
        "Run the playbook site: the firewall comes last in it." if more else "",
    )
    yield from _tls("console", address, CONSOLE[promised.role])
    if promised.role == "central":
        yield from _tls("broker", address, BROKER)


def _tls(what: str, address: str, port: int) -> Iterator[Check]:
    old = [name for name, version in _OLD.items() if _greeting(address, port, version, version) is not None]
    yield Check(
        f"tls-old-{what}",
        f"The {what} refuses old TLS",
        "fail" if old else "pass",
        "TLS 1.2 and later",
        f"accepts {', '.join(old)}" if old else "refused",
        "Run the playbook site." if old else "",
    )
    greeted = _greeting(address, port, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    if greeted is None:
        yield Check(
            f"tls-{what}", f"The {what} speaks TLS", "fail", "TLS 1.3", "no answer", f"Is it running? Port {port}."
        )
        return
    version, cipher, held = greeted
    good = version == "TLSv1.3" or any(word in cipher for word in ("GCM", "CHACHA20"))
    found = f"{version} {cipher}"
    yield Check(f"tls-{what}", f"The {what} speaks modern TLS", "pass" if good else "fail", "TLS 1.3", found)
    try:
        ends, names = said_by(held)
    except ValueError:
        yield Check(f"certificate-{what}", f"The {what} shows a certificate", "fail", "a certificate", "none")
        return
    left = ends - datetime.now(UTC)
    outcome: Outcome = "fail" if left < timedelta(0) else "warn" if left < NEAR_END else "pass"
    yield Check(
        f"certificate-{what}",
        f"The certificate of the {what} is valid",
        outcome,
        "more than 14 days",
        f"until {ends:%Y-%m-%d}, {clean(names)}",
        "" if outcome == "pass" else "It renews itself when centre and clock are right: look at both.",
    )


_OLD: Final = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}


def _greeting(address: str, port: int, least: ssl.TLSVersion, most: ssl.TLSVersion) -> tuple[str, str, bytes] | None:
    """Version, cipher and certificate of a greeting; None where there was none. Who it is is not checked here: the
    browser and the posts do that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = least, most
        with socket.create_connection((address, port), WAIT_S) as line, context.wrap_socket(line) as tls:
            held = tls.getpeercert(binary_form=True)
            cipher = tls.cipher()
            return tls.version() or "", cipher[0] if cipher else "", held or b""
    except (OSError, ValueError):
        return None


def _is_open(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), WAIT_S / 3):
            return True
    except OSError:
        return False
