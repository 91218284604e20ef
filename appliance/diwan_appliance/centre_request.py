"""Sends one request to the console of the centre, for an enrolment or a renewal.

The console may be reached over HTTP or HTTPS, and neither is believed: an enrolment believes what its one-time code
proves, a renewal what the network's own authority signed. So a console's certificate is not judged, nothing secret is
sent, and an answer that sends the request on to another address is refused."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from email.message import Message
from typing import IO, Final, NoReturn
from urllib.parse import urlsplit

from diwan_core import world
from diwan_core.register import RegisterError
from diwan_core.trust.network.enrolment import refused_in_words

TIMEOUT_S: Final = 60
MOST_REFUSAL: Final = 4096
AGAIN_S: Final = 0.25


class CentreNotReached(RegisterError):
    """The centre's console did not answer, or what answered is not a centre."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> NoReturn:
        raise CentreNotReached(
            f"{req.full_url} sends on to another address, which the centre never does: give the address of the "
            "centre's console itself, as the centre gave it to you"
        )


def ask_centre(url: str, path: str, content: bytes, content_type: str, limit: int, *, patience_s: float = 0.0) -> bytes:
    """The answer of the centre at `url`, at most `limit` bytes and one. A machine that answers but lets nobody in at
    this port is asked again for `patience_s` seconds.

    Raises CentreNotReached, and EnrolmentRefused with the centre's words where it says no."""
    if not _is_address(url):
        raise CentreNotReached(f"{url!r} is not an address: give one such as http://10.0.0.1:8080")
    request = urllib.request.Request(url.rstrip("/") + path, data=content, headers={"Content-Type": content_type})  # noqa: S310  http and https alone, see above
    end = world.monotonic_s() + patience_s
    try:
        with _patiently(request, end) as response:
            return bytes(response.read(limit + 1))
    except urllib.error.HTTPError as error:
        with error:
            _refused(url, error)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CentreNotReached(
            f"the centre at {url} does not answer ({error}): check the address and the line"
        ) from error


def _patiently(request: urllib.request.Request, end: float) -> http.client.HTTPResponse:
    while True:
        try:
            answer: http.client.HTTPResponse = _opener().open(request, timeout=TIMEOUT_S)
            return answer
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or world.monotonic_s() > end:
                raise
        world.sleep(AGAIN_S)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _refused(url: str, error: urllib.error.HTTPError) -> NoReturn:
    if error.code == 429:
        seconds = error.headers.get("Retry-After", "")
        wait = f"in {seconds} seconds" if seconds.isdigit() else "in a minute"
        raise CentreNotReached(f"the centre at {url} hears too many wrong tries from here: try again {wait}")
    if error.code == 503 or error.code < 500:
        if error.headers.get_content_type() != "text/plain":
            raise CentreNotReached(f"what answers at {url} is not a centre (HTTP {error.code}): check the address")
        raise refused_in_words(error.read(MOST_REFUSAL))
    raise CentreNotReached(f"the centre at {url} is in trouble (HTTP {error.code}): try again in a minute")


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))
