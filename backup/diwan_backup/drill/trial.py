"""The steps of a drill; each says what it found and how long it took."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Final

import msgspec
from diwan_core.archives.record import FOLDER, Archive, is_proven
from diwan_core.archives.settings import Repository
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Register
from diwan_core.register.storage import copies
from diwan_core.register.storage.database import FILE as REGISTER
from diwan_core.register.storage.database import RegisterError
from diwan_core.trust import TrustError

from diwan_backup.drill.started import answer, console
from diwan_backup.errors import BackupError
from diwan_backup.node_backups import NodeBackups
from diwan_backup.pictures import bring
from diwan_backup.restore import restore_rows
from diwan_backup.source import Chosen, Source

SCRATCH: Final = "drill"
_ROOM: Final = 1.3
_WORD: Final = re.compile(r"[^\W\d_]{4,}")


class Step(msgspec.Struct, frozen=True):
    """One thing that was tried. `found` is for people, and never case data."""

    name: str
    ok: bool
    found: str
    seconds: float


class Drill(msgspec.Struct, frozen=True):
    """A whole drill. Times: ms since 1970 UTC."""

    node: str
    label: str
    repository: str
    archive: str
    archive_id: str
    manifest: str
    archive_ms: int
    release: str
    began_ms: int
    ended_ms: int
    steps: list[Step]

    @property
    def ok(self) -> bool:
        """Whether everything went well."""
        return all(step.ok for step in self.steps)

    @property
    def told(self) -> str:
        """The result in a sentence: what failed, or that nothing did."""
        wrong = [f"{step.name}: {step.found}" for step in self.steps if not step.ok]
        return "; ".join(wrong) or f"{len(self.steps)} steps, all well"


def last_proven(backups: NodeBackups, repository: Repository) -> Archive:
    """The archive to try. Raises BackupError."""
    found = [one for one in backups.known().of(repository.name) if is_proven(one)]
    if not found:
        raise BackupError(
            f"the repository {repository.name} has no archive that was read back: run `diwan backup run` first"
        )
    return found[-1]


def drill(backups: NodeBackups, repository: Repository) -> Drill:
    """Restore the last proven archive into a scratch node and try it. What goes wrong is a step that failed."""
    archive, began = last_proven(backups, repository), backups.now_ms()
    trial = _Trial(backups, repository, archive)
    shutil.rmtree(trial.scratch, ignore_errors=True)
    try:
        trial.run()
    finally:
        shutil.rmtree(trial.scratch, ignore_errors=True)
        shutil.rmtree(trial.scratch.with_name(f".{SCRATCH}.restoring"), ignore_errors=True)
    config = backups.config
    return Drill(
        config.id, config.label, repository.name, archive.name, archive.id, archive.manifest, archive.made_ms,
        trial.release, began, backups.now_ms(), trial.steps,
    )  # fmt: skip


class _Trial:
    def __init__(self, backups: NodeBackups, repository: Repository, archive: Archive) -> None:
        self._backups, self._repository, self._archive = backups, repository, archive
        self.scratch = backups.folder / FOLDER / SCRATCH
        self.steps: list[Step] = []
        self.release = ""
        self._source: Source
        self._chosen: Chosen

    def run(self) -> None:
        """Every step; those that need one that failed are left out."""
        if not self._step("the archive is there and signed by this node", self._open):
            return
        if not self._step("rows restored and migrated to this release", self._restore):
            return
        self._step("row counts and heads are those of the archive", self._compare)
        self._step("pictures restored, each by its SHA-256", self._pictures)
        self._step("the console starts and answers", self._console)
        self._step("a search finds a record by a word of it", self._search)

    def _step(self, name: str, do: Callable[[], str]) -> bool:
        began = time.monotonic()
        try:
            found, ok = do(), True
        except (BackupError, RegisterError, TrustError) as error:
            found, ok = str(error), False
        except OSError as error:
            found, ok = f"{error.filename or 'the disk'}: {error.strerror}", False
        except (LookupError, ValueError, HTTPException) as error:  # its text may quote a record
            found, ok = f"what was restored cannot be used ({type(error).__name__})", False
        self.steps.append(Step(name, ok, found, round(time.monotonic() - began, 1)))
        return ok

    def _open(self) -> str:
        borg, _ = self._backups.opened(self._repository)
        self._source = Source(borg, self._backups.identity)
        self._chosen = self._source.choose(self._archive.name)
        if (self._chosen.id, self._chosen.digest) != (self._archive.id, self._archive.manifest):
            raise BackupError("the archive is not the one that was made here: look at `diwan backup verify`")
        self.release = self._chosen.manifest.release
        return f"{self._archive.name} of {self._repository.name}"

    def _restore(self) -> str:
        restored = restore_rows(self._source, self._chosen, self.scratch, keys_of=self._backups.folder)
        if restored.warnings:
            raise BackupError("; ".join(restored.warnings))
        return f"{self._chosen.manifest.rows} changes; {restored.ledger_added} later decisions carried out"

    def _compare(self) -> str:
        manifest, path = self._chosen.manifest, self.scratch / REGISTER
        wanted = manifest.databases[REGISTER]
        with Register.open(self.scratch) as register:
            tables = [name for name in wanted if name.startswith("record") or name in ("journal", "blob", "epoch")]
            held = copies.held_in(register.store, tables)
            heads = {head.epoch: (head.seq, head.hash) for head in copies.heads_in(register.store)}
        wrong = [f"{name}: {held[name]} instead of {wanted[name]}" for name in tables if held[name] != wanted[name]]
        wrong += [
            f"epoch {head.epoch} ends elsewhere"
            for head in manifest.heads
            if heads.get(head.epoch) != (head.seq, head.hash)
        ]
        if wrong:
            raise BackupError(f"{path.name} is not what was archived: {'; '.join(wrong[:5])}")
        return f"rows: {sum(held.values())}, in {len(tables)} tables; heads: {len(heads)}"

    def _pictures(self) -> str:
        wanted = sum(size for _, size in self._chosen.manifest.pictures)
        free = shutil.disk_usage(self.scratch).free
        if free < wanted * _ROOM:
            return (
                f"left out: they need {wanted // 1000**2} MB and {free // 1000**2} MB are free; the archive "
                "was read back"
            )
        brought = bring(self.scratch, self._source.borg, self._archive.name, quiet=True)
        if brought.damaged:
            raise BackupError(f"{len(brought.damaged)} pictures are damaged, such as {brought.damaged[0][:12]}")
        lacking = len(self._chosen.manifest.lacking)
        return f"{brought.count} pictures" + (f"; {lacking} were lost before the backup" if lacking else "")

    def _console(self) -> str:
        shutil.rmtree(self.scratch / "console-authority", ignore_errors=True)  # the scratch node makes its own
        with console(self.scratch) as port:
            status, page = answer(port, "/sign-in")
        if status != 200 or b"<form" not in page:
            raise BackupError(f"the restored console answers {status} to the sign-in page")
        return f"the sign-in page, {len(page)} bytes"

    def _search(self) -> str:
        with Register.open(self.scratch) as register:
            records = sum(register.status()["records"].values())
            for name in ("case", *DICTIONARY.types):
                for record_id in register.newest_ids(name, 20):
                    word = _word_of(register, record_id)
                    if word and any(row.id == record_id for row in register.search(word, (name,), 1000)):
                        return f"one of {records} records"
        if records:
            raise BackupError("no search found the record it was made for")
        return "there are no records yet"


def _word_of(register: Register, record_id: str) -> str:
    """A long word of a record's own text, which is told to nobody."""
    found = register.get(record_id)
    texts = [value for value in (found.values if found else {}).values() if isinstance(value, str)]
    words = [word for text in texts if " " in text for word in _WORD.findall(text)]
    return max(words, key=len, default="")
