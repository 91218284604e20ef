"""Packs pages as they leave (RFC 9110 §8.4.1), so that they are small on a thin line also where no proxy does it: with
brotli (RFC 7932), which browsers take over TLS, else with gzip.

Whoever can make a browser ask for pages with text of their own in them, and count the bytes that come, could read what
stands beside that text from how well it packs (BREACH). So nothing is packed that another site made the browser ask
for, and the tokens of forms are masked anew for each answer (`csrf`)."""

import gzip
from typing import Final, Literal

import brotli
from flask import Flask, Response, request

from diwan_core.web.kit.sender import Sender, sender

LEAST: Final = 700
"""Shorter answers are not worth it: they fit in a packet."""
MOST: Final = 4 * 1024 * 1024
Coding = Literal["br", "gzip"]
CODINGS: Final[tuple[Coding, ...]] = ("br", "gzip")
"""In the order in which they are taken where a browser accepts both."""
_QUALITY: Final = 5
"""Pages are 8 % smaller than by gzip's best, and take no longer; 9 takes twenty times as long for another hundredth."""
_WINDOW: Final = 18
"""256 kB, more than any page needs: what brotli takes of memory grows with it."""
_TEXTS: Final = frozenset(
    {"text/html", "text/plain", "text/css", "text/javascript", "application/json", "image/svg+xml"}
)


def coding_wanted() -> Coding | None:
    """How the answer to this request is to be packed; None: not at all."""
    if sender() is Sender.ELSEWHERE:
        return None
    return next((coding for coding in CODINGS if request.accept_encodings[coding] > 0), None)


def pack(content: bytes, coding: Coding, *, kept: bool = False) -> bytes:
    """The content packed; `kept`: as small as it gets, since it is packed once and sent often."""
    if coding == "br":
        packed: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=11 if kept else _QUALITY, lgwin=_WINDOW)
        return packed
    return gzip.compress(content, 9, mtime=0)


def _pack(response: Response) -> Response:
    if response.mimetype not in _TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if response.is_streamed or response.direct_passthrough or "Content-Encoding" in response.headers:
        return response
    content = response.get_data()
    if LEAST <= len(content) <= MOST and (coding := coding_wanted()):
        response.set_data(pack(content, coding))
        response.headers["Content-Encoding"] = coding
    return response


def install(app: Flask) -> None:
    """Pack the answers of an app; to be installed first, so that it has the last word on what is sent."""
    app.after_request(_pack)
