"""Everything that reads the register: one record (`reading`), its history (`history`), lists and search (`lists`), and
who names it (`naming`)."""

from __future__ import annotations

from diwan_core.register.history import History
from diwan_core.register.lists import Lists
from diwan_core.register.naming import Names


class Views(Lists, History, Names):
    """Read access over a store."""
