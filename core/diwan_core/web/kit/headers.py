"""The security headers of every answer: nothing from other sites, nothing inline, nothing cached."""

from typing import Final

from flask import Flask, Response

from diwan_core.web.kit.transport import add_hsts

#: Scripts, style and pictures come from this console alone and nothing stands inline; forms go back to it.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: For stored pictures: even opened in a tab of its own, a picture is inert and has no origin.
PICTURE_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: that makes browsers send `Origin: null` with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def _secure(response: Response) -> Response:
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    # posts share computers: no page of ours, and no file of a list, stays in a browser's cache after sign-out
    if not (response.cache_control.public or response.cache_control.private):
        response.headers["Cache-Control"] = "no-store"
    return add_hsts(response)


def install(app: Flask) -> None:
    """Add the headers to every answer of the app, errors included."""
    app.after_request(_secure)
