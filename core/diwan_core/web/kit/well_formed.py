"""Checks the form of a request before any page reads it.

The server before us and Flask each accept a little more than the other expects: a `Host` that is not a host name,
bytes in an address that should have been percent-encoded. Both are settled here, once, for every page.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask import Flask

from diwan_core.web.server.refused import REFUSED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,260}}$)(?:(?:{_LABEL}\.)*{_LABEL}\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?")
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


class WellFormed:
    """Hands well-formed requests to `application`; of the others it makes requests for the page that refuses them."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        if host is not None and not is_host(host):
            del environ["HTTP_HOST"]
            environ.setdefault(REFUSED, 400)
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=_PRINTABLE)
        return self._application(environ, start_response)


def is_host(text: str) -> bool:
    """Whether this is a host name or an address, with or without a port, as a `Host` field holds it."""
    return _HOST.fullmatch(text) is not None


def install(app: Flask) -> None:
    """Put the check before everything else of the app."""
    app.wsgi_app = WellFormed(app.wsgi_app)  # type: ignore[method-assign]
