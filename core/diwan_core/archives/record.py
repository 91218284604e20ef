"""The list of all archives of a node, kept outside their repositories in `DIR/backup/archives.jsonl`.

Each event is one line, which is added and never changed, and carries the hash of the line before. Whoever reaches a
repository can delete archives there or put one in, but cannot change this list: `diwan backup verify` compares the
two."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from diwan_core.node import NodeError
from diwan_core.trust.files import make_private_folder

FOLDER: Final = "backup"
FILE: Final = "archives.jsonl"
_START: Final = "diwan backup 1"
What = Literal[
    "repository", "making", "made", "verified", "failed", "pruning", "pruned", "compacted", "repaired", "drill", "key"
]


class RecordBroken(NodeError):
    """The list was changed by somebody else, or its disk lost part of it; the text says where."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the list. `archive` is borg's id of it, `manifest` the SHA-256 of its manifest, `text` says what
    failed. `ledger` is how long the ledger was, `erased` the number of its last entry that ordered an erasure."""

    number: int
    at_ms: int
    what: What
    repository: str = ""
    archive: str = ""
    name: str = ""
    manifest: str = ""
    bytes: int = 0
    files: int = 0
    ledger: int = 0
    erased: int = 0
    text: str = ""
    ok: bool = True
    prev: str = ""


@dataclass
class Archive:
    """One archive, as the list knows it without looking into its repository."""

    repository: str
    id: str
    name: str
    manifest: str
    made_ms: int
    bytes: int
    files: int
    ledger: int = 0
    erased: int = 0
    verified_ms: int = 0
    failed: str = ""
    """Why it could not be verified the last time; "" where it could, or was never tried."""
    pruning: bool = False


@dataclass
class Known:
    """The state of all archives that the lines of the list give together."""

    archives: list[Archive] = field(default_factory=list)
    """The archives that should be there, in the order in which they were made, whatever the clock said."""
    making: dict[str, Event] = field(default_factory=dict)
    """By their names: archives that were begun, and of which it is not known whether they were finished."""
    failures: dict[str, Event] = field(default_factory=dict)
    """By repository: what failed since it last worked."""
    drills: list[Event] = field(default_factory=list)
    key_checked_ms: int = 0
    last_ms: int = 0
    """The latest time in the list: a clock that is behind it is wrong."""
    compact_due: set[str] = field(default_factory=set)

    def of(self, repository: str) -> list[Archive]:
        """The archives of one repository, the oldest first."""
        return [archive for archive in self.archives if archive.repository == repository]

    def holding_erased(self) -> dict[str, int]:
        """The ids of archives that hold values which were erased under the law later, each with the time by which that
        was known."""
        found: dict[str, int] = {}
        for at, one in enumerate(self.archives):
            after = next((later for later in self.archives[at + 1 :] if later.erased > one.ledger), None)
            if after is not None:
                found[one.id] = after.made_ms
        return found

    def last_verified(self, repository: str) -> Archive | None:
        """The newest archive of a repository that was read back whole."""
        return next((one for one in reversed(self.of(repository)) if is_proven(one)), None)


def is_proven(archive: Archive) -> bool:
    """Whether an archive was read back whole and nothing wrong with it was found since."""
    return archive.verified_ms > 0 and not archive.failed and not archive.pruning


class Record:
    """The list of one node."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FOLDER / FILE

    def events(self) -> Iterator[Event]:
        """Every event, the oldest first. A last line without its end was cut off by a power cut and does not count.
        Raises RecordBroken."""
        for event, _end, _hash in self._lines():
            yield event

    def _lines(self) -> Iterator[tuple[Event, int, str]]:
        before, end = _hash(_START.encode()), 0
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if not line.endswith(b"\n"):
                        return
                    event = self._event(line, number, before)
                    before, end = _hash(line), end + len(line)
                    yield event, end, before
        except FileNotFoundError:
            return

    def _event(self, line: bytes, number: int, before: str) -> Event:
        try:
            event = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._broken(number) from error
        if event.number != number or event.prev != before:
            raise self._broken(number)
        return event

    def _broken(self, number: int) -> RecordBroken:
        return RecordBroken(
            f"{self.path}: line {number} is not what was written there. Somebody changed the list of archives, or "
            "its disk lost part of it. Find out which; then move the folder backup away and run `diwan backup "
            "init` for each repository again: it takes over the archives whose manifests this node signed"
        )

    def known(self) -> Known:
        """Read the whole list. Raises RecordBroken."""
        known, by_id = Known(), dict[str, Archive]()
        for event in self.events():
            known.last_ms = max(known.last_ms, event.at_ms)
            _take(known, by_id, event)
        known.archives = list(by_id.values())
        return known

    def add(self, what: What, at_ms: int, **facts: str | int | bool) -> Event:
        """Add one event, which is on the disk when this returns. The caller holds the lock `backup` of the node. Raises
        RecordBroken, OSError."""
        make_private_folder(self.path.parent)
        last, end, before = 0, 0, _hash(_START.encode())
        for event, at, digest in self._lines():
            last, end, before = event.number, at, digest
        event = msgspec.convert({"number": last + 1, "at_ms": at_ms, "what": what, "prev": before, **facts}, Event)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            file.truncate(end)
            file.seek(end)
            file.write(msgspec.json.encode(event) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return event


_decoder: Final = msgspec.json.Decoder(Event)


def _take(known: Known, by_id: dict[str, Archive], event: Event) -> None:
    archive = by_id.get(event.archive)
    match event.what:
        case "making":
            known.making[event.name] = event
        case "made":
            known.making.pop(event.name, None)
            known.failures.pop(event.repository, None)
            by_id[event.archive] = Archive(
                event.repository,
                event.archive,
                event.name,
                event.manifest,
                event.at_ms,
                event.bytes,
                event.files,
                event.ledger,
                event.erased,
            )
        case "verified" if archive:
            archive.verified_ms, archive.failed = event.at_ms, ""
            known.failures.pop(event.repository, None)
        case "failed":
            known.failures[event.repository] = event
            if archive:
                archive.failed = event.text
        case "pruning" if archive:
            archive.pruning = True
            known.compact_due.add(event.repository)
        case "pruned":
            by_id.pop(event.archive, None)
            known.compact_due.add(event.repository)
        case "compacted":
            known.compact_due.discard(event.repository)
        case "repaired":
            for one in by_id.values():
                if one.repository == event.repository:
                    one.verified_ms = 0  # what was repaired is read back again before it counts
        case "drill":
            known.drills.append(event)
        case "key":
            known.key_checked_ms = event.at_ms


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
