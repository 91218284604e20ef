"""The folding of texts before version 2, needed to remove old entries from an index and to search for them meanwhile
(`reindex`). It is never changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_ARABIC: Final = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ـ": None, "ک": "ك", "ی": "ي",
    }
)  # fmt: skip
_KEEP_APART: Final = str.maketrans({**dict.fromkeys(" -./\\_,:;#()[]'\"\t\n"), "\r": " "})


def fold(text: str) -> str:
    """`text` in the form the index held."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(_ARABIC)


def fold_identifiers(values: Iterable[str]) -> str:
    """Identifiers as the index held them."""
    joined = "\r".join(values)
    if not joined.isascii():
        joined = "\r".join([fold(value) for value in joined.split("\r")])
    return joined.upper().translate(_KEEP_APART)
