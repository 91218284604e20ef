"""Invented documents of every type, the same for the same seed, for demonstration, tests and the training of
compression.

    from diwan_core.dictionary.sample import documents
    for document in documents("case", 1000, seed=1): ...

Nothing here is a real person, firm, plate or event.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from .. import DICTIONARY
from .cases import case
from .generic import document

__all__ = ["documents"]


def documents(type: str, n: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """`n` valid documents of a record type (UnknownType when there is none), depending on nothing but type and seed."""
    record = DICTIONARY.type(type)
    random = Random(f"{type}/{seed}")
    for number in range(1, n + 1):
        yield case(random, number) if type == "case" else document(DICTIONARY, record, random)
