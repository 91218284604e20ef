"""The line to the centre, through its TLS port: round trip, loss, throughput.

Nothing secret is sent, and nothing that comes back is believed: without `--ca` any certificate will do, and the
result names the fingerprint it met. Loss is what TCP had to send again (tcp_info of Linux), since a plain user may
not ping."""

from __future__ import annotations

import hashlib
import http.client
import re
import socket
import ssl
import statistics
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_hardware.check.job import CannotCheck, Tell
from diwan_hardware.check.result import Finding, Outcome, judge
from diwan_hardware.profile import Profile

TRIES: Final = 10
SECONDS: Final = 10.0
_TIMEOUT_S: Final = 15.0
_PAGE: Final = "/sign-in"
_STYLE: Final = re.compile(rb"/static/[0-9A-Za-z._-]{1,64}/diwan\.css")
"""The stylesheet is the largest file that anybody may fetch."""
_LARGEST: Final = 16 * 1024 * 1024
_RETRANSMITTED, _SENT = 100, 136
"""Places of tcpi_total_retrans and tcpi_segs_out in struct tcp_info (linux/tcp.h, since 4.2); both are 32 bits."""


@dataclass(frozen=True)
class Measured:
    """What a line gives. Times in milliseconds, rates in kbit/s, loss in percent."""

    round_trip_ms: float
    loss_percent: float
    throughput_kbit_s: float
    fingerprint: str
    failed: int


def address(text: str) -> tuple[str, int]:
    """`host:port`, port 8443 where none is given. Raises CannotCheck."""
    plain = text.removeprefix("https://").rstrip("/")
    host, _, port = (plain if ":" in plain else f"{plain}:8443").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotCheck(
            f"--central {text!r}: write the centre's console as host:port, such as central.customs.example:8443."
        )
    return host.strip("[]"), int(port)


def test(profile: Profile, central: str, authority: str, tell: Tell) -> list[Finding]:
    """The line to the centre, judged. Raises CannotCheck where the address is wrong."""
    host, port = address(central)
    try:
        found = measure(host, port, Path(authority) if authority else None, tell)
    except (OSError, ssl.SSLError) as error:
        text = f"{host} port {port} cannot be reached: {error}."
        return [Finding("line", Outcome.FAIL, text, "Check the cable, the address, the firewall; then check again.")]
    far = "A long way: expect a slow console at the centre; posts do not mind."
    slow = "Pictures will take long. Consider another line, or sticks."
    where = f"median of {TRIES}, certificate {found.fingerprint}"
    return [
        judge(profile, "round_trip_ms", found.round_trip_ms, far, where),
        judge(profile, "loss_percent", found.loss_percent, "Check antenna, cable and plugs; ask the provider."),
        judge(profile, "throughput_kbit_s", found.throughput_kbit_s, slow),
    ]


def context(authority: Path | None) -> ssl.SSLContext:
    """How the centre's certificate is checked: against this authority, or not at all. Raises OSError, ssl.SSLError."""
    made = ssl.create_default_context(cafile=authority)
    if authority is None:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def measure(host: str, port: int, authority: Path | None, tell: Tell, seconds: float = SECONDS) -> Measured:
    """Connect some times, then fetch for some seconds over one connection. Raises OSError, ssl.SSLError."""
    checked = context(authority)
    times, failed, last = [], 0, OSError("no answer")
    for _ in range(TRIES):
        began = time.perf_counter()
        try:
            with socket.create_connection((host, port), timeout=_TIMEOUT_S):
                times.append((time.perf_counter() - began) * 1000)
        except OSError as error:
            failed, last = failed + 1, error
    if not times:
        raise last
    tell(f"line: round trip {statistics.median(times):.1f} ms")
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
        checked.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert(binary_form=True) or b""
        began = time.perf_counter()
        fetched = _fetch(secure, host, lambda: time.perf_counter() - began < seconds)
        took = time.perf_counter() - began
        again, sent = _counted(secure)
    # A connection that took a second more lost its first packet: Linux sends it again after a second (RFC 6298).
    late = sum(1 for each in times if each >= 1000 + min(times))
    loss = min(100.0, 100 * (again + failed + late) / max(1, sent + TRIES))
    name = hashlib.sha256(certificate).hexdigest()[:16]
    return Measured(statistics.median(times), loss, fetched * 8 / 1000 / took, name, failed)


def _fetch(secure: ssl.SSLSocket, host: str, go_on: Callable[[], bool]) -> int:
    """Fetch what every console gives a stranger, again and again; bytes that came. Raises OSError."""
    connection = http.client.HTTPConnection(host)
    connection.sock = secure
    fetched, path = 0, _PAGE
    while go_on() and fetched < _LARGEST:
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "identity", "Host": host})
            answer = connection.getresponse()
            content = answer.read(_LARGEST)
        except http.client.HTTPException as error:
            raise OSError(f"its answer is not that of a console ({type(error).__name__})") from error
        fetched += len(content)
        if answer.will_close or not content:
            break
        found = _STYLE.search(content) if path == _PAGE else None
        path = found[0].decode() if found else path
    return fetched


def _counted(secure: ssl.SSLSocket) -> tuple[int, int]:
    """(segments sent again, segments sent) of a connection; zero where the kernel tells less."""
    told = secure.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(told) < _SENT + 4:
        return 0, 0
    return struct.unpack_from("=I", told, _RETRANSMITTED)[0], struct.unpack_from("=I", told, _SENT)[0]
