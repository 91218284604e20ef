"""Form tokens, which prove that a form comes from a page that this console gave to this browser.

The token is an HMAC keyed with the browser's secret cookie, so it needs no storage, lives exactly as long as the
session and survives a restart of the console. Before sign-in a random visit cookie plays the session's part.
"""

import hashlib
import hmac
from typing import Final

FIELD: Final = "csrf"


def token(secret: str) -> str:
    """The form token belonging to a session's or a visit's cookie (64 hex digits)."""
    return hmac.new(secret.encode(), b"diwan form", hashlib.sha256).hexdigest()


def matches(secret: str, sent: str) -> bool:
    """Whether a form's token belongs to this browser; takes the same time whatever is wrong with it."""
    return hmac.compare_digest(token(secret).encode(), sent.encode("utf-8", "surrogatepass"))
