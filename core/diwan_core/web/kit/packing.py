"""Packs pages as they leave (gzip, RFC 9110 §8.4.1.3), so that they are small on a thin line also where no proxy does
it.

Whoever can make a browser ask for pages with text of their own in them, and count the bytes that come, could read what
stands beside that text from how well it packs (BREACH). So nothing is packed that another site made the browser ask
for, and the tokens of forms are masked anew for each answer (`csrf`)."""

import gzip
from typing import Final

from flask import Flask, Response, request

from diwan_core.web.kit.sender import Sender, sender

LEAST: Final = 700
"""Shorter answers are not worth it: they fit in a packet."""
MOST: Final = 4 * 1024 * 1024
_LEVEL: Final = 9
_TEXTS: Final = frozenset(
    {"text/html", "text/plain", "text/css", "text/javascript", "application/json", "image/svg+xml"}
)


def is_wanted() -> bool:
    """Whether the answer to this request may be packed."""
    return request.accept_encodings["gzip"] > 0 and sender() is not Sender.ELSEWHERE


def _pack(response: Response) -> Response:
    if response.mimetype not in _TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if response.is_streamed or response.direct_passthrough or "Content-Encoding" in response.headers:
        return response
    content = response.get_data()
    if LEAST <= len(content) <= MOST and is_wanted():
        response.set_data(gzip.compress(content, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def install(app: Flask) -> None:
    """Pack the answers of an app; to be installed first, so that it has the last word on what is sent."""
    app.after_request(_pack)
