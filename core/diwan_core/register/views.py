"""Everything that reads the register: one record (`reading`), its history (`history`), lists and search (`lists`)."""

from __future__ import annotations

from diwan_core.register.history import History
from diwan_core.register.lists import Lists


class Views(Lists, History):
    """Read access over a store."""
