"""Loads editions of code lists: a thread of the post's agent and of the centre's ingest asks for the blob of the
edition in force, checks it and puts it in the place of the old one. If anything is wrong with it, the old one stays."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

from diwan_core import world
from diwan_core.health.findings import Findings
from diwan_core.register.code_editions import Edition, drop_old, editions, in_force, lose, today, want
from diwan_core.register.codes.code_blob import LISTS, BadEdition, entries_of
from diwan_core.register.codes.code_file import load, loaded_edition
from diwan_core.register.register import Register
from diwan_core.register.storage.database import RegisterError

EVERY_S: Final = 5.0
AFTER_ERROR_S: Final = 60.0
YIELD_S: Final = 0.002
"""After some entries, for the processes and threads that somebody waits for."""
FINDING: Final = "code_edition_damaged"

log = logging.getLogger("diwan.register")


class CodeLoading:
    """Runs from `with` to its end."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder, self._findings = folder, findings
        self._end = threading.Event()
        self._thread = world.background(self._run, "codes")

    def __enter__(self) -> CodeLoading:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                with Register.open(self._folder, role="writer") as register:
                    loader = Loader(register, self._findings, self._end)
                    while not self._end.wait(EVERY_S):
                        loader.turn()
            except Ended:
                return
            except (RegisterError, OSError, sqlite3.Error) as error:
                log.warning("code lists are not looked after: %s", error)
                self._end.wait(AFTER_ERROR_S)


class Ended(Exception):
    """The process is asked to end while an edition is loaded."""


class Loader:
    """Loads the editions that are due, and knows which are loaded."""

    def __init__(self, register: Register, findings: Findings, end: threading.Event) -> None:
        self._register, self._findings, self._end = register, findings, end
        self._loaded = {name: loaded_edition(register.folder, name) for name in LISTS}
        self._bad: dict[str, str] = {}
        self._seen: tuple[int, str] | None = None

    def turn(self) -> None:
        """Look at the editions; load or ask for what is not loaded. Raises OSError, sqlite3.Error, RegisterError."""
        for edition in in_force(editions(self._register.store), today()).values():
            if edition.sha256 in (self._loaded[edition.code_list], self._bad.get(edition.code_list)):
                continue
            path = self._register.blob_path(edition.sha256)
            if path is None and self._register.config.role == "post":
                want(self._register, edition)
            elif path is None:
                self._say(edition, "its file is not at the centre")
            elif _digest(path) != edition.sha256:
                log.error("the file of %s %s is damaged on this disk", edition.code_list, edition.edition)
                self._say(edition, "its file was damaged on the disk of this node")
                lose(self._register, edition.sha256)
            else:
                self._load(edition, path)

    def _load(self, edition: Edition, path: Path) -> None:
        name = edition.code_list
        try:
            entries = entries_of(path, edition.entries)
            count = load(self._register.folder, name, edition.sha256, entries, self._give_way)
        except BadEdition as error:
            log.error("the edition %s of %s is refused: %s", edition.edition, name, error)
            self._bad[name] = edition.sha256
            self._say(edition, str(error))
            return
        self._loaded[name] = edition.sha256
        self._bad.pop(name, None)
        if not self._bad:
            self._findings.clear(FINDING)
        log.info("%s: edition %s is loaded, %d codes", name, edition.edition, count)
        drop_old(self._register, edition)

    def _say(self, edition: Edition, reason: str) -> None:
        self._findings.note(FINDING, list=edition.code_list, edition=edition.edition, reason=reason)

    def _give_way(self) -> None:
        if self._end.wait(YIELD_S):
            raise Ended


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
