"""Folding of letters for look-up: accents, case and Arabic spelling variants away: people find what they type."""

import unicodedata
from typing import Final

# Letters without a Unicode decomposition, and Arabic letters commonly typed one for the other.
_SPECIAL: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
                                 "ى": "ي", "ة": "ه", "ـ": None, "’": "'", "ʼ": "'"})  # fmt: skip


def fold(text: str) -> str:
    """`text` in lower case without accents, vowel signs or stretching: "Côte d’Ivoire" -> "cote d'ivoire"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_SPECIAL)
