"""A person's session at a post's console, over real HTTP: one-time password, own password, a case, a picture, pages.

    python -m diwan_bench.visit http://10.77.0.1:8080 officer ONE-TIME-PASSWORD --requests 100

Forms are filled in with the hidden fields the pages give, as a browser would. Prints the number of requests made.
"""

from __future__ import annotations

import argparse
import html
import http.cookiejar
import io
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import IO, Any, Final

from diwan_core.intake import sample

OWN_PASSWORD: Final = "seven grey herons at dawn"
CASE: Final = {
    "date": "2026-11-20",
    "office": "JOAQJ",
    "direction": "import",
    "detection_method": "xray_cargo",
    "concealment_method": "vehicle_cabin",
    "goods.1.product_group": "drugs",
    "goods.1.quantity": "12.5",
    "goods.1.unit": "KGM",
    "leg.1.country": "SY",
    "leg.2.country": "JO",
    "leg.1.mode": "3",
}
_HIDDEN: Final = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE: Final = re.compile(r'(name|value)="([^"]*)"')


class NotServed(Exception):
    """The console answered something else than a person needs."""


class Visitor:
    """A browser with one session; `requests` counts what it asked for, redirections included."""

    def __init__(self, console: str) -> None:
        self._console = console
        self.requests = 0
        visitor = self

        class Counting(urllib.request.HTTPRedirectHandler):
            def redirect_request(
                self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
            ) -> urllib.request.Request | None:
                visitor.requests += 1
                return super().redirect_request(req, fp, code, msg, headers, newurl)

        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar, Counting())

    def get(self, path: str) -> tuple[str, str]:
        """(address it ended at, page)."""
        return self._send(urllib.request.Request(self._console + path))

    def fill_in(self, path: str, fields: Mapping[str, str], picture: bytes | None = None) -> tuple[str, str]:
        """Open a form and send it; (address it ended at, page)."""
        _, page = self.get(path)
        whole = {**hidden_fields(page), **fields}
        if picture is None:
            body, kind = urllib.parse.urlencode(whole).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = multipart(whole, picture)
        return self._send(urllib.request.Request(self._console + path, data=body, headers={"Content-Type": kind}))

    def _send(self, request: urllib.request.Request) -> tuple[str, str]:
        self.requests += 1
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.geturl(), answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            said = " ".join(re.sub(r"<[^>]*>", " ", error.read(50_000).decode(errors="replace")).split())
            raise NotServed(f"{request.full_url} answered {error.code}: {said[-300:]}") from error


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = {}
    for tag in _HIDDEN.findall(page):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if "name" in attributes:
            found[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return found


def multipart(fields: Mapping[str, str], picture: bytes) -> tuple[bytes, str]:
    """(body, content type) of a form with a file (RFC 7578)."""
    boundary = secrets.token_hex(16)
    body = io.BytesIO()
    for name, value in fields.items():
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    head = 'Content-Disposition: form-data; name="picture"; filename="xray.png"\r\nContent-Type: image/png'
    body.write(f"--{boundary}\r\n{head}\r\n\r\n".encode() + picture + f"\r\n--{boundary}--\r\n".encode())
    return body.getvalue(), f"multipart/form-data; boundary={boundary}"


def visit(console: str, user: str, one_time: str, requests: int) -> int:
    """Report a case with a picture, then look around until `requests` were made. Raises NotServed, OSError."""
    visitor = Visitor(console)
    visitor.fill_in("/sign-in", {"name": user, "password": one_time})
    visitor.fill_in("/password", {"current": one_time, "new": OWN_PASSWORD, "again": OWN_PASSWORD})
    address, _ = visitor.fill_in("/cases/new", CASE)
    case = urllib.parse.urlsplit(address).path
    record = case.rpartition("/")[2]
    visitor.fill_in(f"/records/{record}/pictures/new", {"caption": "X-ray"}, sample.picture(1).content)
    _, page = visitor.get(case)
    pictures = [html.unescape(found) for found in re.findall(r'<img src="([^"]+)"', page)]
    if not pictures:
        raise NotServed(f"{case} does not show the picture that was added")
    pages = ["/cases", case, "/cases/new", "/cases?q=jordan", pictures[0]]
    while visitor.requests < requests:
        visitor.get(pages[visitor.requests % len(pages)])
    return visitor.requests


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("console")
    options.add_argument("user")
    options.add_argument("one_time")
    options.add_argument("--requests", type=int, default=100)
    given = options.parse_args()
    print(visit(given.console, given.user, given.one_time, given.requests))


if __name__ == "__main__":
    main()
