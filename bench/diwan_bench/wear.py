"""What a reported case with a picture costs the disks: bytes written at the post, and at the centre once it has it."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_lab.command import grouped_secret
from diwan_lab.officers import OWN_PASSWORD, USER
from diwan_lab.process import ProcessFailed

from diwan_bench.namespaces import ADDRESS, Namespaces
from diwan_bench.network import WEB_PORT, Network
from diwan_bench.reporting import MANNERS, Manner
from diwan_bench.small_disk import SmallDisks

Figures = dict[str, float]
NODES: Final = ("post", "centre")
WARM_UP: Final[dict[Manner, int]] = {"none": 70, "whole": 2, "pieces": 2}
"""Cases before the count begins, of each manner. A new node's first ones also make files and folders, which the others
find, and its databases' logs grow to the four megabytes that they keep (`register.storage.checkpointing`)."""
ARRIVES_WITHIN_S: Final = 120.0
SETTLE_S: Final = 1.5


@dataclass(frozen=True)
class WearRun:
    """One run in `folder`, which is the caller's to remove: `cases` of each manner, with a picture of `size` bytes."""

    folder: Path
    cases: int
    size: int
    namespaces: Namespaces
    disks: SmallDisks
    say: Callable[[str], None]

    def measure(self) -> Figures:
        """Bytes a case. Raises ProcessFailed, OSError."""
        figures: Figures = {"cases": self.cases, "picture_bytes": self.size}
        with Network(self.folder, self.namespaces) as network:
            said = network.diwan("edge", "post", "user", "add", USER, "--role", "officer", "--dir", network.post)
            for node in NODES:
                _as_after_weeks(network.folders[node])
            password = ["--first", grouped_secret(said)]
            for seed, (manner, cases) in enumerate(WARM_UP.items(), 10):
                self._report(network, *password, cases=cases, manner=manner, seed=seed)
                password = [OWN_PASSWORD]
            for seed, manner in enumerate(MANNERS):
                self.say(f"{self.cases} cases, {WORDS[manner]}")
                before = self._written(network)
                self._report(network, OWN_PASSWORD, cases=self.cases, manner=manner, seed=seed)
                after = self._written(network)
                for node in NODES:
                    figures[f"{node}_{manner}_bytes"] = (after[node] - before[node]) / self.cases
        return figures

    def _report(self, network: Network, *password: str, cases: int, manner: Manner, seed: int) -> None:
        *first, secret = password
        network.namespaces.run(
            "edge", sys.executable, "-m", "diwan_bench.reporting", f"http://{ADDRESS['edge']}:{WEB_PORT}", USER, secret,
            *first, "--cases", str(cases), "--bytes", str(self.size), "--seed", str(seed), "--send", manner,
            seconds=600.0,
        )  # fmt: skip

    def _written(self, network: Network) -> dict[str, int]:
        """Bytes written to each disk once all has arrived and nothing waits to be written."""
        network.wait_for_receipts(ARRIVES_WITHIN_S)
        _wait_for_pictures(network.post)
        time.sleep(SETTLE_S)
        for node in NODES:
            _finish_logs(network.folders[node])
        return {node: self.disks.written(network.folders[node]) for node in NODES}


WORDS: Final[dict[Manner, str]] = {
    "none": "no picture",
    "whole": "the picture sent whole",
    "pieces": "the picture sent in pieces",
}


def _as_after_weeks(folder: Path) -> None:
    """Make the folders of pictures, one for each first byte of their names, which an older node has all."""
    for first in range(256):
        (folder / "blobs" / f"{first:02x}").mkdir(exist_ok=True)


def _wait_for_pictures(post: Path) -> None:
    """Until the centre has each picture of the post whole. Raises ProcessFailed."""
    end = time.monotonic() + ARRIVES_WITHIN_S
    with closing(sqlite3.connect(f"file:{post}/register.db?mode=ro", uri=True)) as reader:
        while left := reader.execute("SELECT count(*) FROM blob WHERE own=1 AND stored=0").fetchone()[0]:
            if time.monotonic() > end:
                raise ProcessFailed(f"{left} pictures had no receipt after {ARRIVES_WITHIN_S:.0f} s")
            time.sleep(0.1)


def _finish_logs(folder: Path) -> None:
    """Copy what waits in the logs of the node's databases into them: it is written twice, and both times count."""
    for log in folder.glob("*.db-wal"):
        with closing(sqlite3.connect(log.with_name(log.name.removesuffix("-wal")))) as database:
            database.execute("PRAGMA wal_checkpoint(PASSIVE)")
