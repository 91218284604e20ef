"""Watches whether a secret appears in the list of processes, where anybody signed in to a machine could see it.

Containers are processes of this machine too, so that one look into /proc sees the laptop's and all lab hosts'."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Final

EVERY_S: Final = 0.01


class Spy:
    """Looks at arguments and environments of all processes until its `with` block ends. `found` names the programs in
    which something of the pattern stood, never what it was."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.found: set[str] = set()
        self.looks = 0
        self._pattern = pattern
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="spy")

    def __enter__(self) -> Spy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(EVERY_S):
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        content = (process / name).read_bytes()
                    except OSError:
                        continue
                    if self._pattern.search(content):
                        self.found.add(f"{name} of {content[:40].split(bytes(1))[0].decode(errors='replace')}")
