"""Everything that reads the register: one record (`reading`), its history (`history`), lists and search (`lists`), and
who names it (`naming`)."""

from __future__ import annotations

from diwan_core.register.records.history import History
from diwan_core.register.search.backlinks import Names
from diwan_core.register.search.lists import Lists


class Views(Lists, History, Names):
    """Read access over a store."""
