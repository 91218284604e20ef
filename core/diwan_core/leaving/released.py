"""Whether somebody released a gated text for exactly its present content."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

PART: Final = "text_release"


def digest_of(text: str) -> str:
    """What a release is for: SHA-256 of the text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def releases_of(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(id, release) of the releases of the text at a path, those of an earlier content too."""
    held = document.get(PART)
    for key, release in held.items() if isinstance(held, Mapping) else ():
        if isinstance(release, Mapping) and release.get("path") == path:
            yield key, release


def is_released(document: Mapping[str, Any], path: str, value: object) -> bool:
    """Whether the text at this path of a document ("concealment_text", "goods.2.brand") was released as it stands."""
    if not isinstance(value, str):
        return False
    released = [release.get("digest") for _, release in releases_of(document, path)]
    return bool(released) and digest_of(value) in released
