"""Settings of memory: of the garbage collector where very many records are handled, and of the heap of every part."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Final

ONE_HEAP: Final[Mapping[str, str]] = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""For the environment of a part of a node. glibc gives every thread a heap of its own, up to eight per core, and none
is ever returned: one is enough where one thread at a time runs Python (1.4 MB of an agent's). And once a large buffer
was freed, it keeps twice that size for the next, so that an agent kept 2 MB of its largest parcel."""


def prepare_for_bulk() -> None:
    """Collect garbage seldom: a batch is tens of thousands of small dictionaries, none of them in a cycle, and looking
    through them every few hundred costs a tenth of the whole."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
