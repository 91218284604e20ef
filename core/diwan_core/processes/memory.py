"""Settings of the garbage collector for processes that handle very many records."""

from __future__ import annotations

import gc


def prepare_for_bulk() -> None:
    """Collect garbage seldom: a batch is tens of thousands of small dictionaries, none of them in a cycle, and looking
    through them every few hundred costs a tenth of the whole."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
