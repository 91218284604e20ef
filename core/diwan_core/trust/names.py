"""Checks of names: node ids, labels, scopes and user names."""

import base64
import re
from collections.abc import Callable

from diwan_core import world

from .errors import BadName

# 8 bytes are 64 bits, 13 characters hold 65: the last bit is always 0, so only every second letter can end an id.
# Being strict here means the 8 bytes and their text are one to one, and no id has two spellings.
_ID = re.compile(r"[a-z2-7]{12}[acegikmoqsuwy246]")
_SCOPE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

SERVICES = ("central-ingest", "central-relay")
"""MQTT users of the centre beside its node id."""

LABEL_MAX = 80
"""Longest label, in characters."""


def mint_id(random: Callable[[int], bytes] = world.random_bytes) -> str:
    """A new node or epoch id: 8 random bytes as 13 characters of lower-case base32 (RFC 4648 §6) without padding."""
    return base64.b32encode(random(8)).decode("ascii").rstrip("=").lower()


def short_id(node_id: str) -> str:
    """The beginning of a node's id, shown beside its label. The centre enrols no two nodes that begin alike."""
    return node_id[:6]


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """The id itself, or `BadName`."""
    if not is_id(text):
        raise BadName(
            f"{text[:40]!r} is not a node id: it must be 13 characters a-z and 2-7 as `diwan status` shows it."
        )
    return text


def check_scope(text: str) -> str:
    """A scope name is one level of an MQTT topic: it must not hold `/`, `+` or `#`."""
    if _SCOPE.fullmatch(text) is None:
        raise BadName(f"{text[:40]!r} is not a scope name: use 1 to 40 of a-z, 0-9 and '-'.")
    return text


def is_account_name(text: str) -> bool:
    return _ACCOUNT.fullmatch(text) is not None


def check_account_name(text: str) -> str:
    """A user name: short, lower-case, the same on every keyboard. The display name may be in any script."""
    if not is_account_name(text):
        raise BadName(f"{text[:40]!r} is not a user name: use 2 to 32 of a-z, 0-9, '.', '_' and '-'.")
    return text


def check_label(text: str, what: str = "label", longest: int = LABEL_MAX) -> str:
    """A text for people: 1 to 80 (or `longest`) characters of any script, no control characters. Raises BadName."""
    if not text.strip() or len(text) > longest or _CONTROL.search(text):
        raise BadName(f"The {what} must have 1 to {longest} characters and no line breaks or control characters.")
    return text
