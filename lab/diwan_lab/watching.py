"""Looks at a running network twice a second, so that its diary says when each node held and sent what.

Databases say what they hold and not since when. Only what has changed since the last look is written down.
"""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from diwan_lab.diary import Diary
from diwan_lab.weather import Weather

PAUSE_SECONDS: Final = 0.5


class Watcher:
    """A thread that looks at every node's heads and at the length of every tap. `busy` is held by whoever exchanges the
    files of a node: nothing is looked at meanwhile."""

    def __init__(self, cluster: Weather, diary: Diary, busy: threading.Lock) -> None:
        self._cluster, self._diary, self._busy = cluster, diary, busy
        self._heads: dict[str, dict[str, int]] = {}
        self._lengths: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.look()

    def _run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            self.look()

    def look(self) -> None:
        """Write down what is different from the last time."""
        grown = {}
        for tap in sorted((self._cluster.folder / "tap").glob("*")):
            length = tap.stat().st_size
            if self._lengths.get(tap.name) != length:
                grown[tap.name] = self._lengths[tap.name] = length
        if grown:
            self._diary.note("taps", lengths=grown)
        if not self._busy.acquire(blocking=False):
            return
        try:
            for node in (self._cluster.central, *self._cluster.posts):
                self._look_at(node)
        finally:
            self._busy.release()

    def _look_at(self, node: Path) -> None:
        try:
            heads = heads_of(node)
        except sqlite3.Error:  # its disk is full, or it is not there
            return
        before = self._heads.setdefault(node.name, {})
        changed: dict[str, Any] = {epoch: seq for epoch, seq in heads.items() if before.get(epoch) != seq}
        changed |= {epoch: 0 for epoch in before if epoch not in heads}
        if changed:
            self._heads[node.name] = heads
            self._diary.note("heads", node=node.name, heads=changed)


def heads_of(node: Path) -> dict[str, int]:
    """How far a node holds each epoch. Raises sqlite3.Error."""
    where = f"{(node / 'register.db').resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(where, uri=True, timeout=0.2)) as connection:
        return dict(connection.execute("SELECT id, seq FROM epoch WHERE seq>0").fetchall())
