"""Makes a centre in an empty folder, and writes its broker's files from the ledger."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from diwan_core import broker, node, world
from diwan_core.exchange import ledger
from diwan_core.exchange.wire.parcel import MAX_PARCEL
from diwan_core.register import Register
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring
from diwan_core.trust.files import write_private
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.enrolled_keys import create_centre, load_central
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import CentralFact, ScopeKeyFact

PID_FILE: Final = "mosquitto.pid"
LISTS_WRITTEN: Final = "lists-written"
LISTS_READ: Final = Path("/run/diwan-broker-lists/read")
"""Touched by diwan-broker-lists.service when the broker of an installed centre has read its lists."""
READ_S: Final = 30.0
AGAIN_S: Final = 3.0


def now() -> datetime:
    """The machine's clock."""
    return world.now()


def broker_folder(folder: Path) -> Path:
    """The folder of the broker's configuration."""
    elsewhere = node.load(folder, role="central").broker_folder
    return Path(elsewhere) if elsewhere else folder / "broker"


def create(
    folder: Path, label: str, broker_host: str, broker_port: int, web_host: str, web_port: int,
    *, web_tls: str = "auto", web_names: str = "",
) -> node.NodeConfig:  # fmt: skip
    """Make a centre: keys, authority, ledger with its first entries, the national scope's key. Raises NodeError."""
    identity = node.mint_id()
    config = node.create(
        folder,
        node.NodeConfig(
            "central", identity, label, web_host=web_host, web_port=web_port, broker_host=broker_host,
            broker_port=broker_port, central_id=identity, web_tls=web_tls, web_names=web_names,
        ),
    )  # fmt: skip
    create_centre(folder, identity, now())
    keys = NodeKeys.load(folder)
    centre = load_central(folder)
    scope_key = ScopeKey.create(NATIONAL)
    ScopeKeyring(folder).add(scope_key)
    with Register.open(folder, role="writer") as register:
        ledger.record(
            register,
            keys,
            [
                CentralFact(
                    identity,
                    label,
                    centre.identity,
                    centre.sealing,
                    centre.certificate.decode(),
                    centre.authority.decode(),
                ),
                ScopeKeyFact(NATIONAL, scope_key.id, scope_key.public),
            ],
        )
    write_broker(folder)
    return config


def scope_key(folder: Path, facts: Ledger) -> ScopeKey:
    """The key that the national scope is sealed to now."""
    current = facts.current[NATIONAL]
    key = ScopeKeyring(folder).get(NATIONAL, current.key_id)
    if key is None:
        raise node.NodeError(f"the key of scope {NATIONAL} is missing in {folder}; restore the folder from its backup")
    return key


def write_broker(folder: Path) -> Path:
    """Write the broker's folder from node.toml and the ledger; the configuration's path."""
    config = node.load(folder, role="central")
    place = broker_folder(folder)
    certify_broker(folder, now())
    write_access(folder)
    settings = broker.BrokerSettings(
        config.broker_listen or config.broker_host, config.broker_port, max_packet=MAX_PARCEL + 1024
    )
    return broker.write_configuration(place, settings)


def certify_broker(folder: Path, at: datetime) -> None:
    """Give the broker a certificate for the names it is reached by; a broker that runs has the one before."""
    config = node.load(folder, role="central")
    hosts = sorted({config.broker_host, "localhost", "127.0.0.1"})
    CertificateAuthority.load(folder).create_broker(broker_folder(folder), hosts, at)


def write_access(folder: Path) -> None:
    """Write the access list of the broker from the ledger: who may connect and read what; a running broker reads it
    again. One process at a time, each from what the ledger says then: else the list of one that was slower would take
    back what another has just written."""
    place, authority = broker_folder(folder), CertificateAuthority.load(folder)
    if not place.is_dir():
        return  # the broker writes its folder when it starts, these lists with it
    with _alone(place):
        with Register.open(folder) as register:
            facts = ledger.load(register)
        members = [broker.Member(fact.node, fact.scopes) for fact in facts.nodes.values() if facts.trusted(fact.node)]
        broker.write_access(place, members)
        serials = facts.revoked_serials()
        broker.write_revoked(place, authority.revocation_list(serials, len(serials) + 1))
        running = _running_broker(place)
        if running is not None:
            broker.reload(running)
        # A broker of another user is told by the service manager, which watches this file (diwan-broker-lists.path).
        write_private(place / LISTS_WRITTEN, f"{now().isoformat()}\n".encode())


def lists_are_read(folder: Path, read: Path = LISTS_READ, seconds: float = READ_S) -> bool:
    """Wait until a broker of another user has read the lists written last. Without it, a node whose session is ended
    would come back before the broker knows that it is revoked. True at once where the broker is told directly."""
    written, end = broker_folder(folder) / LISTS_WRITTEN, time.monotonic() + seconds
    again = time.monotonic() + AGAIN_S
    while read.parent.is_dir() and written.exists():
        if read.exists() and read.stat().st_mtime_ns >= written.stat().st_mtime_ns:
            break
        if time.monotonic() > end:
            return False
        if time.monotonic() > again:  # what notices it may have been looking away at that moment
            write_private(written, f"{now().isoformat()}\n".encode())
            again = time.monotonic() + AGAIN_S
        time.sleep(0.05)
    return True


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def note_broker(folder: Path, pid: int) -> None:
    """Remember which process the broker is, for `write_access`."""
    (broker_folder(folder) / PID_FILE).write_text(str(pid))


def _running_broker(place: Path) -> int | None:
    """The broker's process; after a crash its number may belong to another program by now."""
    try:
        pid = int((place / PID_FILE).read_text())
        return pid if "mosquitto" in Path(f"/proc/{pid}/comm").read_text() else None
    except (OSError, ValueError):
        return None
