"""Canonical JSON, the one spelling of everything that is signed: UTF-8, no white space, sorted keys, no fractions."""

import msgspec


def canonical(value: object) -> bytes:
    """A value in its one spelling."""
    return msgspec.json.encode(value, order="sorted")


def is_canonical(raw: bytes) -> bool:
    """Whether decoding and encoding gives the same bytes; fractions have several spellings and are refused."""
    value = msgspec.json.decode(raw)
    return not _has_fraction(value) and canonical(value) == raw


def _has_fraction(value: object) -> bool:
    match value:
        case float():
            return True
        case dict():
            return any(_has_fraction(item) for item in value.values())
        case list():
            return any(_has_fraction(item) for item in value)
    return False
