"""Acts that need a second person, in words: the act itself, the age of an account, what two people have in common."""

from collections.abc import Mapping
from typing import Final

from diwan_core.web.language.i18n import N_, _, _n


def age_words(minutes: str) -> str:
    """How long an account had existed, in words."""
    count = int(minutes) if minutes.isascii() and minutes.isdigit() else None
    if count is None:
        return minutes
    if count < 120:
        return _n("{count} minute", "{count} minutes", count)
    if count < 2880:
        return _n("{count} hour", "{count} hours", count // 60)
    return _n("{count} day", "{count} days", count // 1440)


def alike_words(common: str) -> str:
    """A sentence about what the person who asked and the one who approved have in common."""
    return _(_ALIKE[common]) if common in _ALIKE else common


_ALIKE: Final[Mapping[str, str]] = {
    "browser": N_("Both used the same browser."),
    "address": N_("Both came from the same address."),
}
DEED_WORDS: Final[Mapping[str, str]] = {
    "add": N_("a new account"),
    "role": N_("another role"),
    "reset": N_("a new one-time password"),
    "enable": N_("signing in again"),
}
