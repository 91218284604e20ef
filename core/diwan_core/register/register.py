"""The register of a node as other rooms use it: saving, admitting and reading, each with its transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from diwan_core import node, world
from diwan_core.dictionary import DICTIONARY, N_, Problem, problem
from diwan_core.register.admission.moves import held_seq, is_scoped, settle_runs
from diwan_core.register.admission.scope_numbers import number_rows
from diwan_core.register.codes.code_file import use_editions
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.journal import clock, trusted_time
from diwan_core.register.journal.ids import id_minter
from diwan_core.register.journal.journal import Draft, Journal
from diwan_core.register.journal.log_anchors import Anchoring
from diwan_core.register.journal.row import Ref
from diwan_core.register.opening import open_store
from diwan_core.register.records import as_imported, import_runs
from diwan_core.register.records.apply import Applier
from diwan_core.register.records.case_numbers import Numbering
from diwan_core.register.records.edits import Edit, Refused, draft_edit, draft_halves, refuse_too_large
from diwan_core.register.records.import_runs import ImportRun
from diwan_core.register.records.steps import Taker
from diwan_core.register.records.undo import Undoing, undoing_run
from diwan_core.register.status import nodes, post_status, rows_of_nodes, status, unsent_rows
from diwan_core.register.storage.blobs import BlobStore, StoredBlob, note_given, remove_files
from diwan_core.register.storage.database import FILE, RegisterError, Store, damage_error, now_ms
from diwan_core.register.storage.schema import MARK
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.register.storage.tail_mark import Tail
from diwan_core.register.storage.wake import knock
from diwan_core.register.views import Views
from diwan_core.trust import NodeKeys

DATABASE = FILE
_SAID_VERSION = int(os.environ.get("DIWAN_DICTIONARY_VERSION") or DICTIONARY.version)
"""Of the dictionary, as this node's changes say it; another one only in `diwan scenario`."""


NewDraft = Callable[[str, dict[str, Any], dict[str, Any]], Draft]
ERASED_PICTURE: Final = N_("This picture or document was erased under the law. It cannot be added again.")


@dataclass(frozen=True, slots=True)
class Saved:
    """A change set that was committed: its records' ids, in the order of the edits, and its last row's name."""

    records: list[str]
    ref: Ref


@dataclass(frozen=True, slots=True)
class SavedMany:
    """The outcome of many change sets: those saved, and by their index those refused with every problem named."""

    saved: int
    records: list[list[str]]
    refused: dict[int, list[Problem]] = field(default_factory=dict)
    last: Ref | None = None
    """Epoch and number of the last row written; None where every change set was refused."""


class Register(Views):
    """One node's register. Make it with `open`; a writer may also save."""

    def __init__(self, folder: Path, config: node.NodeConfig, store: Store, keys: NodeKeys | None) -> None:
        super().__init__(store)
        self.folder = folder
        self.config = config
        self.store = store
        self.keys = keys
        self.blobs = BlobStore(folder / "blobs")
        self.tail = Tail(folder)
        self._anchoring = Anchoring(folder)
        self._boot = world.boot_identity()

    @classmethod
    def open(cls, folder: Path, *, role: Literal["writer", "reader"] = "reader") -> Register:
        """Open a node's register. Raises NotANode, RegisterError with the remedy."""
        config = node.load(folder)
        path, tail = folder / DATABASE, Tail(folder)
        if not path.exists() or path.stat().st_size == 0:
            if tail.exists or (config.enrolled and config.role == "post"):
                raise damage_error(
                    "missing", path, "there is no such file" if not path.exists() else "the file is empty"
                )
            if role == "reader":
                open_store(path, writer=True).close()
        store = open_store(path, writer=role == "writer")
        if role == "writer":
            tail.begin()
        keys = NodeKeys.load(folder) if role == "writer" else None
        register = cls(folder, config, store, keys)
        use_editions(folder)
        if role == "writer" and store.one("SELECT value FROM state WHERE key='role'") != config.role:
            with store.write() as connection:
                set_state(connection, "role", config.role)
        return register

    @classmethod
    def open_current(cls, folder: Path) -> Register:
        """Open a node's register for reading, after an update with the tables of this release. Raises NotANode,
        RegisterError."""
        register = cls.open(folder)
        if register.store.one("PRAGMA user_version") != MARK:
            register.close()
            open_store(folder / DATABASE, writer=True).close()
            register = cls.open(folder)
        return register

    def sure_day(self) -> date | None:
        """The day (UTC) where this node's clock is sure of it; None where it is not."""
        with self.store.read() as connection:
            return trusted_time.sure_day(connection, clock.boot_identity(), self.config.role)

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identity(self) -> str:
        """The identity of the writer: one boot of one machine writing one file. A restored or cloned database has a
        new identity."""
        device, inode = world.file_identity(self.store.path)
        return f"{self._boot}:{device}:{inode}"

    def _journal(self, connection: Any) -> Journal:
        if self.keys is None:
            raise RegisterError(f"{self.folder} is open for reading only")
        identity, tail = self.identity(), self.tail.read()
        return Journal(connection, self.config.id, self.keys.sign, identity, _SAID_VERSION, tail)

    # -- saving ---------------------------------------------------------------------------------------------------

    def save(self, edits: Sequence[Edit], *, author: str, role: str = "") -> Saved:
        """Commit one change set; `role` as in `save_many`. Raises Refused with every problem named; then nothing was
        kept."""
        outcome = self.save_many([edits], author=author, role=role)
        if outcome.refused:
            raise Refused(outcome.refused[0])
        assert outcome.last is not None
        return Saved(outcome.records[0], outcome.last)

    def begin_run(self, author: str, file: str, mapping: str, system: str, kind: str) -> str:
        """Note that an import begins; its id, which is given to `save_many`."""
        facts = {"file": file, "mapping": mapping, "system": system, "type": kind}
        return import_runs.begin(self.store, "import", author, **facts)

    def end_run(self, run: str, summary: Mapping[str, Any]) -> None:
        """Note what became of an import."""
        import_runs.end(self.store, run, summary)

    def begin_undoing(self, run: ImportRun, author: str) -> str:
        """Note that an import is being taken back; the id of the undoing. Raises RegisterError where it was already."""
        facts = {"file": run.file, "mapping": run.mapping, "system": run.system, "type": run.type}
        return import_runs.begin(self.store, "undo", author, undoes=run.id, **facts)

    def begin_merging(self, system: str, author: str, key: str = "") -> str:
        """Note that records of one row each are being merged (`doubles`); the id under which it can be taken back."""
        return import_runs.begin(self.store, "merge", author, file=key, system=system, type="case")

    def import_runs(self, limit: int = 50) -> list[ImportRun]:
        """The latest imports here, the newest first."""
        return import_runs.runs(self.store, limit)

    def import_run(self, run: str) -> ImportRun | None:
        """An import by its id, or the beginning of it."""
        return import_runs.one(self.store, run)

    def undoing_run(self, run: str) -> Undoing:
        """The edits that would take back an import (`undo.undoing_run`)."""
        return undoing_run(self.store, run)

    def as_imported(self, kind: str, system: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The records of these rows as they were when they came; with system "" the keys are ids of records."""
        if not system:
            return as_imported.by_ids(self.store, kind, keys)
        return as_imported.by_keys(self.store, kind, system, keys)

    @property
    def node_id(self) -> str:
        """The node whose register this is."""
        return self.config.id

    def drafting(self) -> NewDraft:
        """A function that makes a draft of a new record, of a type and with the two halves of its values, to be given
        to `save_many`: what is wrong with a record is found before the transaction begins. It raises Refused."""
        mint, taker = id_minter(), Taker(self.config.role)
        with self.store.read() as connection:
            last_day = trusted_time.last_day(connection, clock.boot_identity(), taker.node)

        def draft(kind: str, rest: dict[str, Any], nominal: dict[str, Any]) -> Draft:
            made = draft_halves(kind, rest, nominal, mint(), taker, last_day)
            refuse_too_large([made])
            return made

        return draft

    def save_many(
        self,
        sets: Iterable[Sequence[Edit | Draft]],
        *,
        author: str,
        run: str = "",
        role: str = "",
        brings: tuple[StoredBlob, str] | None = None,
    ) -> SavedMany:
        """Commit many change sets in one transaction. One that is refused keeps its own rows out and no other's. `run`
        is the import they are of (`import_runs`); `role` is that of the person who makes them at a console, and what it
        does not allow is refused (`records.authority`); `brings` is a blob that is theirs, and its media type."""
        refused: dict[int, list[Problem]] = {}
        records: list[list[str]] = []
        last: Ref | None = None
        mint = id_minter()
        with self.store.write() as connection:
            journal = self._journal(connection)
            applier = Applier(connection)
            config, anew = self.config, journal.epoch.no == 0
            numbering = Numbering(connection, config.id, config.label, config.office, anew=anew)
            year = journal.year()
            sets = list(sets)
            taker = Taker(self.config.role, role, author)
            first = 0
            last_day = trusted_time.last_day(connection, clock.boot_identity(), self.config.role)
            named = [
                edit.record
                for edits in sets
                for edit in edits
                if edit.record is not None and not isinstance(edit, Draft)  # the id of a draft is nobody's yet
            ]
            # Each edit is of the records as they were before all of them; where none looks at one, rows are applied
            # one by one.
            apart = not applier.known(named) and len(set(named)) == len(named)
            for index, edits in enumerate(sets):
                try:
                    drafts = [
                        edit
                        if isinstance(edit, Draft)
                        else draft_edit(connection, applier, edit, mint, taker, last_day)
                        for edit in edits
                    ]
                    if len(edits) != 1 or drafts[0] is not edits[0]:  # `drafting` has looked at each draft
                        refuse_too_large(drafts)
                except Refused as refusal:
                    refused[index] = refusal.problems
                    records.append([])
                    continue
                drafts = [numbering.numbered(draft, year, _SAID_VERSION) for draft in drafts]
                last = journal.append(drafts, author)
                if apart:
                    journal.hand_on(applier)
                first = first or last[1] - len(drafts) + 1
                records.append([draft.record for draft in drafts])
            if brings is not None and last is not None:
                if is_erased_blob(connection, brings[0].sha256):
                    raise Refused([problem("sha256", "rule", ERASED_PICTURE)])
                note_given(connection, self.blobs, *brings)
            if run and last is not None:
                import_runs.note_batch(connection, run, first, last, [record for made in records for record in made])
            numbering.finish()
            if journal.begun:
                self._anchor(connection, journal)
            wrote = self._finish(connection, journal, applier)
        if wrote:
            self.tail.note(journal.epoch.id, journal.epoch.seq)
            self.wake()
        return SavedMany(len(records) - len(refused), records, refused, last)

    def _finish(self, connection: Any, journal: Journal, applier: Applier) -> bool:
        began = held_seq(connection, journal.epoch.no) if is_scoped(connection) else None
        wrote = journal.finish(applier)
        applier.finish()
        if wrote and self.config.role == "central":
            self._publish(connection, journal)
        elif wrote and began is not None:
            settle_runs(connection, self.config.id, journal.epoch.no, [(began + 1, journal.epoch.seq)])
        return wrote

    def anchor(self, *, at_once: bool = False) -> bool:
        """Write the head of the log of reads into the journal, if that is due (`anchors`); whether it was. Cheap to
        call often. Raises RegisterError."""
        if not (at_once or self._anchoring.may_look()):
            return False
        with self.store.read() as connection:
            if self._anchoring.due(connection, self._journal(connection).epoch.id, at_once=at_once) is None:
                return False
        with self.store.write() as connection:
            journal = self._journal(connection)
            self._anchor(connection, journal, at_once=True)
            wrote = self._finish(connection, journal, Applier(connection))
        if wrote:
            self.tail.note(journal.epoch.id, journal.epoch.seq)
            self.wake()
        return wrote

    def _anchor(self, connection: Any, journal: Journal, *, at_once: bool = False) -> None:
        head = self._anchoring.due(connection, journal.epoch.id, at_once=at_once)
        if head is not None:
            journal.anchor(head.rest())
            self._anchoring.note(connection, journal.epoch.id, head)

    def _publish(self, connection: Any, journal: Journal) -> None:
        first = (
            get_state(connection, "published") if get_state(connection, "published_epoch") == journal.epoch.id else 0
        )
        number_rows(connection, journal.epoch.no, journal.epoch.id, [(first + 1, journal.epoch.seq)])
        set_state(connection, "published", journal.epoch.seq)
        set_state(connection, "published_epoch", journal.epoch.id)

    # -- pictures -------------------------------------------------------------------------------------------------

    def attach(
        self,
        stream: BinaryIO | StoredBlob,
        *,
        subject: str,
        media_type: str,
        author: str,
        role: str = "",
        kind: str = "photo",
        caption: str | None = None,
        file_name: str | None = None,
        person_shown: str | None = None,
        text_shown: str | None = None,
        release: str | None = None,
        record: str | None = None,
    ) -> Saved:
        """Store a picture or document and the record that ties it to `subject`, under the id `record` if one is given;
        `role` as in `save_many`. What nobody judged (`person_shown`, `text_shown`) is left out.

        A blob that `self.blobs` has stored already is given as what that returned. Raises Refused, BlobTooLarge,
        DiskFull."""
        blob = stream if isinstance(stream, StoredBlob) else self.blobs.add(stream)
        given = {
            "caption": caption,
            "file_name": file_name,
            "person_shown": person_shown,
            "text_shown": text_shown,
            "release": release,
        }
        values: dict[str, Any] = {
            "subject": subject,
            "sha256": blob.sha256,
            "size": blob.size,
            "media_type": media_type,
            "kind": kind,
            "status": "submitted",
            **{name: value for name, value in given.items() if value},
        }
        edit = Edit("attachment", values, record=record, create=record is not None)
        try:
            saved = self.save_many([[edit]], author=author, role=role, brings=(blob, media_type))
        except Refused:
            self._forget_blob(blob)
            raise
        if saved.last is None:
            self._forget_blob(blob)
            raise Refused(saved.refused[0])
        return Saved(saved.records[0], saved.last)

    def note_blob(self, blob: StoredBlob, media_type: str) -> None:
        """A blob was given to this node: it is whole here. Raises NotWrittenOut."""
        with self.store.write() as connection:
            note_given(connection, self.blobs, blob, media_type)

    def _forget_blob(self, blob: StoredBlob) -> None:
        """A blob whose record was refused goes again, unless there is more to it."""
        remove_files(self.store, self.folder, [blob.sha256])

    def blob_path(self, sha256: str) -> Path | None:
        """The file of a complete blob, or None where it is not here."""
        path = self.blobs.path(sha256)
        return path if path.exists() else None

    def want_blob(self, sha256: str) -> bool:
        """Ask the agent to fetch a blob from the centre; False where no attachment here names it."""
        with self.store.write() as connection:
            found = connection.execute(
                "SELECT size, media_type FROM record_attachment WHERE sha256=? LIMIT 1",
                (sha256,),
            ).fetchone()
            if found is None:
                return False
            if self.blobs.size(sha256) is None:  # a database that was put back may say that it is here whole
                connection.execute("UPDATE blob SET have=0 WHERE sha256=? AND have=size", (sha256,))
            connection.execute(
                "INSERT INTO blob (sha256, size, media_type, have, wanted, added) VALUES (?, ?, ?, 0, 1, ?) "
                "ON CONFLICT (sha256) DO UPDATE SET wanted=(have<size)",
                (sha256, *found, now_ms()),
            )
        self.wake()
        return True

    # -- waking the agent -----------------------------------------------------------------------------------------

    def wake(self, what: bytes = b"saved") -> None:
        """Tell the node's agent that there is something to send. If no agent runs, nothing is lost."""
        knock(self.folder, what)

    def post_status(self, node: str) -> dict[str, Any] | None:
        """What the centre knows of one post (see `register.status`)."""
        return post_status(self.store, node)

    def status(self) -> dict[str, Any]:
        """Counters of this node, never case data (see `register.status`)."""
        return status(self.store, self.config)

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that this one knows, for a page of them (see `register.status`)."""
        return nodes(self.store)

    def mirrored_ms(self) -> int | None:
        """The time of the last write to this post's mirror stick (ms since 1970 UTC)."""
        with self.store.read():
            moment: int | None = self.store.one("SELECT max(value) FROM state WHERE key='stick_mirrored'")
        return moment

    def unsent(self) -> tuple[int, int | None]:
        """Rows that the centre has not receipted, and when its last receipt came (see `register.status`)."""
        return unsent_rows(self.store)

    def rows_of_nodes(self) -> dict[str, dict[str, int]]:
        """The outcome of each post's rows, at the centre (see `register.status`)."""
        return rows_of_nodes(self.store)
