"""Editions of code lists in a simulated country: what the thread beside a post's agent and the centre's ingest does."""

from __future__ import annotations

import sqlite3
from random import Random
from threading import Event

from diwan_core import world
from diwan_core.dictionary import CodeTable
from diwan_core.health.findings import Findings
from diwan_core.register import Register, RegisterError
from diwan_core.register.code_editions import editions, in_force, publish, today
from diwan_core.register.code_loading import AFTER_ERROR_S, EVERY_S, Loader
from diwan_core.register.codes.code_file import loaded_edition


class _Never(Event):
    """The end of a process, which the simulation brings about otherwise; nobody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        return False


class CodeLists:
    """Of one node, while it runs."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._loader: Loader | None = None
        self._due_s = 0.0

    def turn(self) -> bool:
        """Load what is due; whether it was time to look. After an error it begins anew, a minute later."""
        now = world.monotonic_s()
        if now < self._due_s:
            return False
        self._due_s = now + EVERY_S
        try:
            if self._loader is None:
                self._loader = Loader(self._register, Findings(self._register.folder, "agent"), _Never())
            self._loader.turn()
        except (RegisterError, OSError, sqlite3.Error):
            self._loader, self._due_s = None, now + AFTER_ERROR_S
        return True

    def lacking(self) -> list[str]:
        """The lists of which another edition is in force than the one loaded."""
        known = in_force(editions(self._register.store), today())
        folder = self._register.folder
        return [name for name, edition in known.items() if loaded_edition(folder, name) != edition.sha256]


def publish_edition(register: Register, chance: Random) -> bool:
    """The centre makes some national codes an edition of a list; whether it is a new one."""
    codes = [f"ZW{chance.choice('ABC')}{chance.choice('ABCD')}Z" for _ in range(chance.randrange(1, 30))]
    table = CodeTable({"en": {code: f"Place {code}" for code in sorted(codes)}})
    label = f"{chance.getrandbits(32):08x}"
    made = publish(register, "locode", table, label=label, valid_from="", source="places.csv", author="import")
    return made[1]
