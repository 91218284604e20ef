"""A console that speaks TLS with a certificate of a console authority, and clients that check it."""

from __future__ import annotations

import dataclasses
import http.client
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from diwan_core import node
from diwan_core.trust import mint_id
from diwan_core.trust.consoles.console_authority import ConsoleAuthority
from diwan_core.trust.consoles.console_certificate import certify_own, make_self_signed
from diwan_core.trust.consoles.console_limits import Limits
from diwan_lab.ports import free_port

from .conftest import Site, make_site
from .server_kit import PATIENCE_S
from .test_serve import SCRIPT

NAME = "aqaba.local"
NAMES = [NAME, "127.0.0.1"]


def authority_in(folder: Path) -> ConsoleAuthority:
    """A console authority for `.local` and this machine."""
    return ConsoleAuthority.create(folder, mint_id(), Limits.make([], ["127.0.0.0/8"]), datetime.now(UTC))


@dataclass(frozen=True)
class Secured:
    """A post's console over TLS."""

    site: Site
    authority: ConsoleAuthority
    port: int
    process: subprocess.Popen[bytes]

    def context(self, **versions: ssl.TLSVersion) -> ssl.SSLContext:
        """A client that trusts the console authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(cadata=self.authority.certificate.decode())
        for name, version in versions.items():
            setattr(context, name, version)
        return context

    def plain(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def connected(
        self, context: ssl.SSLContext, name: str = NAME, session: ssl.SSLSession | None = None
    ) -> ssl.SSLSocket:
        return context.wrap_socket(self.plain(), server_hostname=name, session=session)

    def ask(self, path: str, host: str = NAME, **headers: str) -> http.client.HTTPResponse:
        """The answer to a GET, by this name."""
        connection = http.client.HTTPConnection(host, self.port)
        connection.sock = self.connected(self.context(), host)
        connection.request("GET", path, headers=headers)
        return connection.getresponse()


@contextmanager
def secured(folder: Path, *, certified: bool = True) -> Iterator[Secured]:
    """A post's console in a folder of its own."""
    site = make_site(folder / "post", "post", "Aqaba port", "JOAQJ")
    node.save(site.folder, dataclasses.replace(node.load(site.folder), web_tls="on", web_names=",".join(NAMES)))
    authority = authority_in(folder / "centre")
    config, now = node.load(site.folder), datetime.now(UTC)
    if certified:
        certify_own(site.folder, authority, config.id, NAMES, [], now)
    else:
        make_self_signed(site.folder, config.id, NAMES, now)
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port), str(site.folder)])
    try:
        wait_for(port)
        yield Secured(site, authority, port, process)
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(2400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the console did not begin to listen")
