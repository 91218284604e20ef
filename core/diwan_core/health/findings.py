"""The findings that the processes of a node noted: a small file for each process in `DIR/run`, replaced as a whole.

A process notes and takes back its own; `status` and the console read those of all. No case data is written here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diwan_core import world
from diwan_core.trust.files import make_private_folder, write_private

FOLDER: Final = "run"
SUFFIX: Final = ".findings.json"
_MOST_BYTES: Final = 64 * 1024

log = logging.getLogger("diwan.health")


@dataclass(frozen=True)
class Finding:
    """A finding of a process. `code` is a key of `words.WORDS`, `facts` are what its sentences name."""

    part: str
    code: str
    since: float
    """Seconds since 1970 UTC, when it was noted first."""
    facts: Mapping[str, str]


class Findings:
    """The findings of one process of a node."""

    def __init__(self, folder: Path, part: str) -> None:
        self._place, self._part = folder / FOLDER, part
        self._held: dict[str, Finding] = {held.code: held for held in _read(self._path, part)}

    @property
    def _path(self) -> Path:
        return self._place / f"{self._part}{SUFFIX}"

    def codes(self) -> list[str]:
        """The codes of the findings held."""
        return list(self._held)

    def note(self, code: str, **facts: str) -> None:
        """Note a finding. One that is noted already with the same facts is not written again."""
        before = self._held.get(code)
        if before is not None and before.facts == facts:
            return
        self._held[code] = Finding(self._part, code, world.wall_s() if before is None else before.since, facts)
        self._write()

    def clear(self, *codes: str) -> None:
        """Remove these findings; without a code, all of them."""
        gone = [code for code in codes or tuple(self._held) if self._held.pop(code, None) is not None]
        if gone:
            self._write()

    def _write(self) -> None:
        """Write the findings. A failure is only logged, since the finding may be about the disk."""
        content = {held.code: {"since": held.since, "facts": dict(held.facts)} for held in self._held.values()}
        try:
            if content:
                make_private_folder(self._place)
                write_private(self._path, json.dumps(content, ensure_ascii=False).encode())
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the finding cannot be written down (%s)", error.strerror)


def findings_of(folder: Path) -> list[Finding]:
    """The findings of all processes of a node, the oldest first."""
    paths = sorted((folder / FOLDER).glob(f"*{SUFFIX}"))
    found = [held for path in paths for held in _read(path, path.name.removesuffix(SUFFIX))]
    return sorted(found, key=lambda held: held.since)


def _read(path: Path, part: str) -> list[Finding]:
    try:
        with path.open("rb") as file:
            content: Any = json.loads(file.read(_MOST_BYTES))
        return [
            Finding(part, str(code), float(held["since"]), {str(k): str(v) for k, v in held["facts"].items()})
            for code, held in content.items()
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []
