"""A hostile post: enrolled and confirmed like any other, with its keys in wrong hands. Its messages are made by the
benchmark's attacker, a process of its own (`python -m diwan_bench.attacker`)."""

import sys
from pathlib import Path
from typing import Final

from diwan_lab import joining
from diwan_lab.command import diwan
from diwan_lab.plan import THIEF
from diwan_lab.process import Process
from diwan_lab.revoked import node_id
from diwan_lab.weather import Weather

MESSAGES: Final = 60
FLOOD: Final = 6_000
FLOODS: Final = ("flood", "garbage", "snapshots", "feed again")


class Thief:
    """The thief of one network."""

    def __init__(self, cluster: Weather) -> None:
        self._cluster = cluster
        self.folder = cluster.folder / THIEF
        self.attacks = 0

    @property
    def id(self) -> str:
        """Its node id."""
        return node_id(self.folder)

    def join(self) -> None:
        """Enrol as an honest post would, before its keys are stolen."""
        diwan("post", "init", "--dir", self.folder, "--label", "Post of a thief", "--office", "JOAQJ")
        code = joining.make_code(self._cluster.central, "--label", "Post of a thief", "--office", "JOAQJ")
        words = joining.enrol(self.folder, self._cluster.url("central"), code)
        joining.confirm(self._cluster.central, self.folder, words)

    def attack(self, kind: str, seconds: float) -> Process:
        """Begin to send one kind of message."""
        self.attacks += 1
        many = FLOOD if kind in FLOODS else MESSAGES
        argv = [sys.executable, "-m", "diwan_bench.attacker", "--dir", str(self.folder), "--kind", kind]
        argv += ["--seconds", str(seconds), "--messages", str(many), "--small"]
        process = Process(f"{THIEF}.{self.attacks}", argv, self._log())
        process.start()
        return process

    def _log(self) -> Path:
        return self._cluster.folder / "logs" / f"{THIEF}.log"
