"""Deletes files of imports and exports when their time is over, since they hold case data outside the register."""

import time
from pathlib import Path
from typing import Final

from flask import Flask

from diwan_core.intake.run import jobs

EVERY_S: Final = 3600.0


class _Keeper:
    """Looks after the jobs of a node, at most once an hour, with whatever this console is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._due = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_S
            jobs.sweep(self._folder)


def install(app: Flask, folder: Path) -> None:
    app.before_request(_Keeper(folder))
