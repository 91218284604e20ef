"""Writes the files of the centre's Mosquitto broker: configuration, access list, revocation list. Works with 2.0.11
and 2.0.21.

The broker is a pipe: it keeps nothing on disk and sees sealed bytes only. It knows a client by the common name of its
certificate, which is user name and client id at once, so nobody can end or take over another's session.

    diwan/1/up/<node>/…              the node writes, the centre reads
    diwan/1/node/<node>/…            the centre writes, the node reads
    diwan/1/scope/<scope>/<origin>   the centre writes, members read, except the origin itself, which has it already
    diwan/1/all/…                    the centre writes, every member of a scope reads; others only `all/w`
"""

import contextlib
import os
import pwd
import shutil
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from diwan_core.trust.errors import BadName
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import SERVICES, check_id, check_scope

CONFIGURATION = "mosquitto.conf"
ACCESS = "access.acl"
REVOKED = "revoked.crl"

STARTING_S = 5.0
"""How long a broker may take from its start until it takes signals."""
ROOT = "diwan/1"
"""First levels of every topic."""


class BrokerMissing(Exception):
    """Mosquitto is not installed."""


@dataclass(frozen=True)
class BrokerSettings:
    """How the broker listens and where it stops. Sizes in bytes."""

    host: str
    """Address to listen on; `0.0.0.0` or `::` for all."""
    port: int
    max_packet: int = 1024 * 1024
    """Longest MQTT packet; a longer one ends the session."""
    max_queued: int = 64 * 1024 * 1024
    """Per client. What does not fit is dropped: the journal is the queue, and the receiver asks for gaps."""
    max_queued_messages: int = 20_000
    """The same in messages. A post that floods sends ten thousand small ones a second: while the ingest is in a
    transaction of its own, what others send must still find room."""
    max_inflight: int = 200
    """QoS 1 messages under way to one client at a time."""
    user: str = ""
    """System user Mosquitto runs as when started by root; empty: the owner of this process. It must own the folder."""
    log_file: Path | None = None
    """None: standard error, for the journal of the system."""


@dataclass(frozen=True)
class Member:
    """An enrolled, unrevoked node and the scopes it is a member of."""

    node_id: str
    scopes: tuple[str, ...]


def write_configuration(place: Path, settings: BrokerSettings) -> Path:
    """Write `mosquitto.conf` into `place`; its path. Certificates come from `CertificateAuthority.create_broker`.

    Raises BadName, OSError.
    """
    make_private_folder(place)
    place = place.resolve()
    user = settings.user or pwd.getpwuid(os.getuid()).pw_name
    _check_line(settings.host, "address")
    _check_line(str(place), "broker's folder")
    _check_line(str(settings.log_file or ""), "log file")
    lines = [
        "# Written by Diwan for each start of the centre: changes here are lost.",
        f"user {user}",
        "per_listener_settings false",
        "persistence false",
        "sys_interval 0",
        "retain_available false",
        "persistent_client_expiration 1h",
        f"max_packet_size {settings.max_packet}",
        f"max_queued_bytes {settings.max_queued}",
        f"max_queued_messages {settings.max_queued_messages}",
        f"max_inflight_messages {settings.max_inflight}",
        "set_tcp_nodelay true",
        f"log_dest file {settings.log_file}" if settings.log_file else "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        "allow_anonymous false",
        f"acl_file {place / ACCESS}",
        "",
        f"listener {settings.port} {settings.host}",
        f"cafile {place / 'ca.crt'}",
        f"certfile {place / 'server.crt'}",
        f"keyfile {place / 'server.key'}",
        f"crlfile {place / REVOKED}",
        "tls_version tlsv1.3",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]
    write_private(place / CONFIGURATION, "\n".join([*lines, ""]).encode())
    return place / CONFIGURATION


def write_access(place: Path, members: Iterable[Member]) -> None:
    """Write the access list: central's services and every member; who is not in it may nothing. Raises BadName."""
    blocks = [_service_rules(name) for name in SERVICES]
    blocks += [_member_rules(member) for member in sorted(members, key=lambda member: member.node_id)]
    write_private(place / ACCESS, ("\n\n".join(blocks) + "\n").encode())


def write_revoked(place: Path, revocation_list: bytes) -> None:
    """Write the list made by `CertificateAuthority.revocation_list`. An empty list is needed too."""
    write_private(place / REVOKED, revocation_list)


def reload(pid: int) -> None:
    """Make a running broker read access and revocation lists again.

    Access holds at once, for live sessions too. Revocation holds for new connections only: a live session stays until
    it is dropped, but its rights are gone with its lines in the access list. A broker that is only starting would end
    at the signal: it is waited for. One that has ended meanwhile reads the lists when it starts.
    """
    end = time.monotonic() + STARTING_S
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while not _takes_hangups(pid) and time.monotonic() < end:
            time.sleep(0.02)
        if _takes_hangups(pid):
            os.kill(pid, signal.SIGHUP)


def _takes_hangups(pid: int) -> bool:
    """Whether a process has a handler for SIGHUP (proc(5), SigCgt)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) & 1 << (signal.SIGHUP - 1))
    return False


def command(configuration: Path) -> list[str]:
    """The command that runs the broker in the foreground. Raises BrokerMissing."""
    # Debian puts it into /usr/sbin, which is not on the path of ordinary users.
    program = shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise BrokerMissing("Mosquitto is not installed. Install it with `apt install mosquitto`, then try again.")
    return [program, "-c", str(configuration)]


def _service_rules(name: str) -> str:
    writes = "\n".join(f"topic write {ROOT}/{branch}/#" for branch in ("node", "scope", "all"))
    return f"user {name}\ntopic read {ROOT}/up/#\n{writes}"


def _member_rules(member: Member) -> str:
    node = check_id(member.node_id)
    lines = [f"user {node}", f"topic write {ROOT}/up/{node}/#", f"topic read {ROOT}/node/{node}/#"]
    for scope in sorted(set(member.scopes)):
        check_scope(scope)
        # Mosquitto looks at "deny" before all others, in whatever order they are written; first is easier to read.
        lines += [f"topic deny {ROOT}/scope/{scope}/{node}/#", f"topic read {ROOT}/scope/{scope}/#"]
    # A node that is a member of nothing, since nobody has confirmed it, is not told how long the scopes are.
    return "\n".join([*lines, f"topic read {ROOT}/all/{'#' if member.scopes else 'w'}"])


def _check_line(text: str, what: str) -> None:
    if any(ord(character) < 32 for character in text):
        raise BadName(f"The {what} must not hold line breaks or control characters. Choose another.")
