"""Whether somebody released a gated text for exactly its present content."""

from collections.abc import Mapping
from typing import Any


def is_released(document: Mapping[str, Any], path: str, value: object) -> bool:
    """Whether the text at this path of a document ("concealment_text", "goods.2.brand") was released as it stands.

    Nothing can be released yet, so no gated text leaves."""
    return False
