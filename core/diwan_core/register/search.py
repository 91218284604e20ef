"""Folding text so that what a person types finds what another person wrote.

ABRIAQUÍ is found as abriaqui, النُّور as النور. SQLite's tokenizer folds Latin case and accents by itself, so
plain ASCII text passes untouched; everything else is decomposed, stripped of marks and brought to one form of the
Arabic letters here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

FOLD_VERSION: Final = 1
"""Grows when folding changes; the index is then made anew."""

# Arabic letters written in several forms (Unicode 15, block 0600): hamza carriers, alef maqsura, teh marbuta,
# Persian forms.
_ARABIC: Final = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": None, "ک": "ك", "ی": "ي",
    }
)  # fmt: skip
_KEEP_APART: Final = str.maketrans({**dict.fromkeys(" -./\\_,:;#()[]'\"\t\n"), "\r": " "})
_KEEP: Final = str.maketrans(dict.fromkeys(" -./\\_,:;#()[]'\"\t\n"))


def fold(text: str) -> str:
    """`text` in the form the index holds."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_ARABIC)


def fold_identifier(value: str) -> str:
    """A plate, container or document number without its spaces and punctuation, in capitals."""
    if not value.isascii():
        value = fold(value)
    value = value.upper()
    return value if value.isalnum() else value.translate(_KEEP)


def fold_identifiers(values: Iterable[str]) -> str:
    """Identifiers as the index holds them: folded, with a space between them."""
    joined = "\r".join(values)
    if not joined.isascii():
        joined = "\r".join([fold(value) for value in joined.split("\r")])
    return joined.upper().translate(_KEEP_APART)


def words_query(text: str) -> str | None:
    """An FTS5 query for records that hold every word of `text`, the last one as a prefix; None when there is no
    word."""
    folded = fold(text)
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Co" else " " for c in folded).split()
    if not words:
        return None
    quoted = [f'"{word}"' for word in words[:16]]
    quoted[-1] += "*"
    return " AND ".join(quoted)


def fragment_query(fragment: str) -> str | None:
    """An FTS5 query for the trigrams of an identifier's fragment; None when it is shorter than three characters."""
    folded = fold_identifier(fragment)[:64]
    if len(folded) < 3:
        return None
    return " AND ".join(f'"{folded[i : i + 3]}"' for i in range(len(folded) - 2))
