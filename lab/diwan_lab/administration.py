"""What an administration decides of who reads what while everybody works: how far names of people travel, which posts
are a unit or take part in an operation, and to which of them a case belongs."""

import contextlib
import sqlite3
import threading
from collections.abc import Mapping
from typing import Final

from diwan_lab.browser import NotAnswered
from diwan_lab.command import CommandFailed, diwan, grouped_secret
from diwan_lab.officers import PAUSE_SECONDS, USER, Acknowledged, Officer
from diwan_lab.plan import Fault
from diwan_lab.revoked import node_id
from diwan_lab.scopes import TYPES, operation_of
from diwan_lab.weather import Weather

OPERATION: Final = "HOUND"
CENTRE: Final = "central"


class Administration:
    """Those who say it: commands at the centre, and people at the consoles of the centre and of posts."""

    def __init__(self, cluster: Weather, officers: Mapping[str, Officer], book: Acknowledged) -> None:
        self._cluster = cluster
        self._officers = dict(officers)
        self._book = book
        self._operation = ""
        self._lock = threading.Lock()
        self.moved = 0
        """How many moves of a case were acknowledged."""

    def start_work(self, seed: int) -> None:
        """Plan the operation, and let somebody who moves cases work at the centre."""
        centre = self._cluster.central
        days = ("--first-day", "2020-01-01", "--last-day", "2099-12-31")
        diwan(
            "central", "operation", "plan", OPERATION, "Testhound", *days, "--coordinator", "officer.a", "--dir", centre
        )
        self._operation = operation_of(centre, OPERATION)
        secret = grouped_secret(diwan("central", "user", "add", USER, "--role", "supervisor", "--dir", centre))
        self._officers[CENTRE] = Officer(CENTRE, self._cluster.url(CENTRE), secret, self._book, seed, PAUSE_SECONDS)

    def begin(self, fault: Fault) -> threading.Thread:
        """Begin to say it; the thread ends when it is said, or could not be."""
        thread = threading.Thread(target=self._say, args=(fault,), daemon=True)
        thread.start()
        return thread

    def _say(self, fault: Fault) -> None:
        # Who is no member cannot leave; a console may be down; what is not here yet cannot be moved.
        with contextlib.suppress(CommandFailed, NotAnswered, sqlite3.Error):
            match fault.kind:
                case "reach":
                    self._decide("reach", *TYPES, "--nominal", fault.detail)
                case "join" | "leave":
                    how = "add" if fault.kind == "join" else "remove"
                    self._decide("scope", how, fault.detail, node_id(self._cluster.folder / fault.where))
                case "take-part" | "drop-out":
                    how = "add" if fault.kind == "take-part" else "remove"
                    self._decide("operation", how, OPERATION, node_id(self._cluster.folder / fault.where))
                case _:
                    self._move(fault.where, *fault.detail.split())

    def _decide(self, *words: str) -> None:
        diwan("central", *words, "--dir", self._cluster.central)

    def _move(self, where: str, field: str, value: str, which: str) -> None:
        """Move a case that was reported there; at the centre, any."""
        known = [
            one.record
            for one in list(self._book.told)
            if one.kind == "case" and where in (one.post, CENTRE) and one.record in self._book.records
        ]
        if not known:
            return
        value = {"-": "", OPERATION: self._operation}.get(value, value)
        if self._officers[where].move(known[int(which) % len(known)], field, value):
            with self._lock:
                self.moved += 1
