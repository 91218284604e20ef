"""All reading access to the register: one record, its history, lists, search, and references to a record."""

from __future__ import annotations

from diwan_core.register.records.history import History
from diwan_core.register.search.backlinks import Names
from diwan_core.register.search.first_page import FirstPage
from diwan_core.register.search.lists import Lists
from diwan_core.register.search.measured import Measured
from diwan_core.register.search.plain_halves import PlainHalves


class Views(Lists, History, Names, Measured, PlainHalves, FirstPage):
    """Read access over a store."""
