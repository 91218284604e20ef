"""The transport of a request (TLS or plain HTTP) and what depends on it: names of cookies, HSTS, redirection to
https."""

import ipaddress
from pathlib import Path
from typing import Any, Final

from flask import Response, redirect, request

from diwan_core.trust.consoles.console_state import FILE, FOLDER, ROOT, ConsoleState, console_state
from diwan_core.web.kit.console import console
from diwan_core.web.server.refused import MISDIRECTED

_KEY: Final = "diwan_console_state"
HSTS_SECONDS: Final = 365 * 24 * 3600
ONLY_HTTPS: Final = "This port speaks HTTPS only. Use an address that begins with https://\n"


def cookie_name(name: str) -> str:
    """The name of a cookie of ours. Over TLS it has the prefix by which browsers take it from this very host only, and
    over TLS only (RFC 6265bis, section 4.1.3)."""
    return f"__Host-{name}" if request.is_secure else name


def set_cookie(response: Any, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie of ours: out of reach of scripts and of other sites' forms; only over TLS when this request came so."""
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="Lax", secure=request.is_secure, path="/")


def forget_cookie(response: Any, name: str) -> None:
    """Have the browser forget a cookie of ours."""
    response.delete_cookie(name, httponly=True, samesite="Lax", secure=request.is_secure, path="/")


def own_state() -> ConsoleState | None:
    """The known facts of this console's certificate, read again when it was renewed."""
    made = console()
    path = made.folder / FOLDER / FILE
    version = _version(path)
    held: tuple[tuple[int, int] | None, ConsoleState | None] = made.app.extensions.get(_KEY, (None, None))
    if held[0] != version:
        held = made.app.extensions[_KEY] = (version, console_state(made.folder))
    return held[1]


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def has_root() -> bool:
    """Whether this node holds the console authority's certificate, for people to install."""
    return (console().folder / FOLDER / ROOT).is_file()


def add_hsts(response: Response) -> Response:
    """Have browsers use HTTPS only for a name that the console authority vouches for. Never for a bare address, and not
    while the console vouches for itself: browsers would then leave people no way in."""
    host = request.host.rpartition(":")[0] or request.host
    if request.is_secure and "." in host and not _is_address(host):
        state = own_state()
        if state is not None and state.certified and host.lower().rstrip(".") in state.names:
            response.headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
    return response


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_misdirected() -> bool:
    """Whether this request came as plain HTTP to a port for TLS."""
    return bool(request.environ.get(MISDIRECTED))


def to_https() -> Any:
    """The answer to such a request: the same address with https, where there is one to give."""
    target = str(request.environ.get("RAW_URI", ""))
    if request.method in ("GET", "HEAD") and "HTTP_HOST" in request.environ and target.startswith("/"):
        return redirect(f"https://{request.host}{target}", 308)
    return Response(ONLY_HTTPS, 400, mimetype="text/plain")
