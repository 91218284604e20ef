"""Finds out from the browser which site sent a form.

A browser names the page a form was sent from in three ways: `Sec-Fetch-Site` (W3C Fetch Metadata, only over TLS or on
the machine itself), `Origin` (RFC 6454, on every form since about 2020) and, where older, `Referer`. No page of another
site can make it say that the form is ours.
"""

from enum import Enum, auto
from urllib.parse import urlsplit

from flask import request


class Sender(Enum):
    """The origin of a form."""

    OURS = auto()
    ELSEWHERE = auto()
    UNKNOWN = auto()  # an old browser, or no browser: the form's token decides alone


def sender() -> Sender:
    """The sender of this request."""
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        return Sender.OURS if fetched_from in ("same-origin", "none") else Sender.ELSEWHERE
    said = request.headers.get("Origin") or request.headers.get("Referer")
    if said is None:
        return Sender.UNKNOWN
    try:
        host = urlsplit(said).netloc
    except ValueError:
        return Sender.ELSEWHERE
    return Sender.OURS if host and host.lower() == request.host.lower() else Sender.ELSEWHERE
