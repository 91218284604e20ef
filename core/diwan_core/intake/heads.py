"""Compares the names of columns as people see them, so that a mapping made for one file fits the next: accents
written as letters of their own or no-break spaces make no difference."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def as_seen(head: str) -> str:
    """A head as it is seen: composed letters, one kind of space, nothing invisible."""
    if head.isascii():
        return " ".join(head.split())
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", head)).split())


def spell_heads(wanted: Iterable[str], present: Iterable[str]) -> Mapping[str, str]:
    """For columns whose exact name a file does not have: the name in the file that looks the same."""
    there = list(present)
    known = set(there)
    by_look: dict[str, str] = {}
    for head in there:
        by_look.setdefault(as_seen(head), head)
    return {name: by_look[as_seen(name)] for name in wanted if name not in known and as_seen(name) in by_look}
