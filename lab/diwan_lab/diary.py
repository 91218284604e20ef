"""The diary of a scenario: one JSON line for each event, with the second of the run and the time of day.

`explain` reads it again; it is written line by line, so that it says everything up to the moment a run ended in.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diwan_lab.plan import Fault

NAME: Final = "diary.jsonl"
"""Name of the log in the folder of a scenario."""
EVERYBODY: Final = ("broker", "thief")
"""Places of faults that touch the whole network."""


class Diary:
    """What happens in one scenario, written down by any thread; without a path nothing is written."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def note(self, event: str, **facts: object) -> None:
        """Write one line: the event's name and its facts."""
        if self._path is None:
            return
        at = {"second": round(time.monotonic() - self._began, 2), "ms": int(time.time() * 1000)}
        line = json.dumps({**at, "event": event, **facts}) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line)

    def note_fault(self, event: str, fault: Fault) -> None:
        """Write down that a fault of the plan begins or ends."""
        self.note(event, kind=fault.kind, where=fault.where, lasts=round(fault.seconds, 1), detail=fault.detail)


@dataclass(frozen=True)
class Entry:
    """One line of a diary."""

    second: float
    ms: int
    event: str
    facts: dict[str, Any]


def read(path: Path) -> Iterator[Entry]:
    """The lines of a diary in the order they were written; a last one that was cut off is left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                facts = json.loads(line)
            except ValueError:
                continue
            yield Entry(facts.pop("second"), facts.pop("ms"), facts.pop("event"), facts)


def touches(facts: dict[str, Any], nodes: set[str]) -> bool:
    """Whether a fault, as a diary has it, happened to one of these nodes, or to all."""
    places = {str(facts["where"]).partition(".")[0]}
    if facts["kind"] == "rivals":
        places.add(str(facts["detail"]))
    return bool(places & nodes) or not places.isdisjoint(EVERYBODY)
