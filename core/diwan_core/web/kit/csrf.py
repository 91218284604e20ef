"""Form tokens, which prove that a form comes from a page that this console gave to this browser.

A token is an HMAC keyed with the browser's secret cookie, so it needs no storage, lives exactly as long as the session
and survives a restart of the console. Before sign-in a random visit cookie plays the session's part. Each answer holds
it under a mask of its own: what a page looks like packed tells nothing about it."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

FIELD: Final = "csrf"
_SIZE: Final = 16


def token(secret: str) -> str:
    """The form token belonging to a session's or a visit's cookie, under a new mask."""
    mask = secrets.token_bytes(_SIZE)
    return base64.urlsafe_b64encode(mask + _joined(mask, _proof(secret)[:_SIZE])).decode().rstrip("=")


def matches(secret: str, sent: str) -> bool:
    """Whether a form's token belongs to this browser; takes the same time whatever is wrong with it."""
    proof = _proof(secret)
    if len(sent) == 2 * len(proof):  # of a page that release 0.1.0 made, before tokens were masked
        return hmac.compare_digest(proof.hex().encode(), sent.encode("utf-8", "surrogatepass"))
    try:
        masked = base64.b64decode(f"{sent}=".encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        masked = b""
    given = _joined(masked[:_SIZE], masked[_SIZE:]) if len(masked) == 2 * _SIZE else bytes(_SIZE)
    return hmac.compare_digest(proof[:_SIZE], given)


def session_mark(secret: str) -> str:
    """What a page remembers of the session that made it, to notice that another has begun; it proves nothing."""
    return hashlib.sha256(b"diwan session" + _proof(secret)).hexdigest()[:16]


def _proof(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"diwan form", hashlib.sha256).digest()


def _joined(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
