"""Drafts and exercises of a node in `DIR/drafts.db`, which has no exchange, so that nothing in it can leave the
machine.

A draft is what somebody typed, exactly as typed, by control. It is on the disk when `keep` returns (WAL, FULL). A draft
has one author and is nobody else's. Its revision grows with each save: what was typed on an older one, in a second
window, never replaces a newer. The window that saved last may save again on an older one: the answer that would have
told it the newer was lost on the way."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from diwan_core.dictionary import N_
from diwan_core.register.journal.ids import id_minter
from diwan_core.register.storage.database import RegisterError, connect, now_ms, translate_error
from diwan_core.trust.files import write_private

FILE: Final = "drafts.db"
MOST: Final = 200
"""Drafts one person may have: a browser gone wild must not fill the disk."""
LARGEST: Final = 3 * 1024 * 1024
"""Bytes one draft may take: more than the largest form that is accepted."""
WAIT_SECONDS: Final = 20.0

State = Literal["draft", "kept", "exercise"]
Rows = Mapping[str, tuple[str, ...]]
"""The parts a form shows: name of the part -> its ids, in order."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS draft (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, type TEXT NOT NULL, record TEXT NOT NULL, seen TEXT NOT NULL,
    state TEXT NOT NULL, shape TEXT NOT NULL, parent TEXT NOT NULL, place TEXT NOT NULL, exercise INTEGER NOT NULL,
    revision INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS draft_owner ON draft (owner, updated);
CREATE TABLE IF NOT EXISTS last_used (
    owner TEXT NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (owner, type, path)
) STRICT, WITHOUT ROWID;
"""
_COLUMNS: Final = (
    "id, owner, type, record, seen, state, shape, parent, place, exercise, revision, created, updated, content"
)
TOO_MANY: Final = N_("You have too many drafts. Report or delete some of them first.")


class TooManyDrafts(RegisterError):
    """The person has as many drafts as one may have, or this one is larger than one may be."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`record` is the record being changed, "" for a new one, whose id will be the draft's own. `base` and `base_rows`
    are what the form showed at first, `seen` the heads of that moment. `shape` is the layout, the page's business.
    A draft made to be linked from another has that one as `parent`, at `place`. `window` names the page a save comes
    from, `turn` counts its saves; both are only for `keep`, and empty in what is read. Times: ms since 1970 UTC."""

    id: str
    owner: str
    type: str
    record: str = ""
    seen: str = ""
    state: State = "draft"
    shape: str = "short"
    parent: str = ""
    place: str = ""
    exercise: bool = False
    revision: int = 0
    created: int = 0
    updated: int = 0
    typed: Mapping[str, str] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)
    base_rows: Rows = field(default_factory=dict)
    window: str = ""
    turn: int = 0

    @property
    def subject(self) -> str:
        """The id of the record it is about, which for a new one it will have."""
        return self.record or self.id

    @property
    def changed(self) -> bool:
        """Whether anything was typed that was not there at first."""
        typed = {path: text for path, text in self.typed.items() if text.strip()}
        base = {path: text for path, text in self.base.items() if text.strip()}
        return typed != base or (bool(self.record) and self.rows != self.base_rows)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as it was kept; `apart` where it became a draft of its own, since another window had gone on with it."""

    draft: Draft
    apart: bool = False


def new_id() -> str:
    """The id of a draft, which the record made of it will have."""
    return id_minter()()


class Drafts:
    """One connection for all threads of a process."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> Drafts:
        """Open (and make) the file in a node's data folder. Raises RegisterError."""
        path = folder / FILE
        try:
            if not path.exists():
                with suppress(FileExistsError):  # another thread or process was quicker
                    write_private(path, b"", replace=False)
            connection = connect(path, wait_s=WAIT_SECONDS)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA cache_size=-512")
            connection.executescript(_TABLES)
        except OSError as error:
            raise RegisterError(f"{path}: cannot be made ({error}); check that the folder exists") from error
        except sqlite3.Error as error:
            raise translate_error(error, path) from error
        return cls(connection, path)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def get(self, draft: str, owner: str) -> Draft | None:
        """A draft of this person; None where there is none, or where it is somebody else's."""
        found = self._rows(f"SELECT {_COLUMNS} FROM draft WHERE id=? AND owner=?", (draft, owner))
        return _as_read(_draft(found[0])) if found else None

    def exists(self, draft: str) -> bool:
        """Whether anybody has this draft."""
        return bool(self._rows("SELECT 1 FROM draft WHERE id=?", (draft,)))

    def of(self, owner: str) -> list[Draft]:
        """All drafts of a person, the latest first."""
        return [
            _as_read(_draft(row))
            for row in self._rows(f"SELECT {_COLUMNS} FROM draft WHERE owner=? ORDER BY updated DESC", (owner,))
        ]

    def keep(self, draft: Draft) -> Kept:
        """Save a draft on top of the revision it was made from. Raises TooManyDrafts, DiskFull, RegisterError.

        Where that revision is no longer the latest and another window wrote the latest, or the draft is gone or
        another's, it is kept as a new one."""
        with self._writing():
            held = self._connection.execute("SELECT owner, revision FROM draft WHERE id=?", (draft.id,)).fetchone()
            fresh = held is None and draft.revision == 0
            current = held == (draft.owner, draft.revision)
            latest = None if fresh or current else self._made_by(draft)
            if latest is not None:
                if latest.turn > draft.turn:  # held up on the way: what the window saved after it is here
                    return Kept(_as_read(latest))
                draft, current = replace(draft, revision=latest.revision), True
            apart = not fresh and not current
            now = now_ms()
            if apart:
                draft = replace(draft, id=new_id(), revision=0, created=0)
            saved = replace(draft, revision=draft.revision + 1, created=draft.created or now, updated=now)
            row = _row(saved)
            if len(row[-1]) > LARGEST:
                raise TooManyDrafts(N_("This is too much for one draft. Shorten the longest text."))
            if not current and self._count(draft.owner) >= MOST:
                raise TooManyDrafts(TOO_MANY)
            self._connection.execute(
                f"INSERT OR REPLACE INTO draft ({_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row
            )
        return Kept(_as_read(saved), apart)

    def _made_by(self, draft: Draft) -> Draft | None:
        """The stored draft where the latest save of it came from the same window as this one, else None."""
        sql = f"SELECT {_COLUMNS} FROM draft WHERE id=? AND owner=?"
        row = self._connection.execute(sql, (draft.id, draft.owner)).fetchone()
        latest = _draft(row) if row is not None else None
        return latest if latest is not None and draft.window and latest.window == draft.window else None

    def _count(self, owner: str) -> int:
        return int(self._connection.execute("SELECT count(*) FROM draft WHERE owner=?", (owner,)).fetchone()[0])

    def remove(self, draft: str, owner: str) -> None:
        """Throw a draft away, and what was made only to be linked from it."""
        with self._writing():
            self._connection.execute(
                "DELETE FROM draft WHERE owner=? AND (id=? OR (parent=? AND state='kept'))", (owner, draft, draft)
            )

    def owners(self) -> dict[str, int]:
        """The people who have drafts here, and how many each has."""
        return dict(self._rows("SELECT owner, count(*) FROM draft GROUP BY owner", ()))

    def hand_over(self, draft: str, owner: str, to: str) -> bool:
        """Give somebody's draft, and what was made only to be linked from it, to another person; False where there is
        none any more. A window of the first owner that is still open keeps what is typed there as a draft of its own.
        Raises TooManyDrafts."""
        with self._writing():
            moved = "(id=? OR (parent=? AND state='kept'))"
            (count,) = self._connection.execute(
                f"SELECT count(*) FROM draft WHERE owner=? AND {moved}", (owner, draft, draft)
            ).fetchone()
            if count and self._count(to) + count > MOST:
                raise TooManyDrafts(TOO_MANY)
            self._connection.execute(
                f"UPDATE draft SET owner=?, revision=revision+1 WHERE owner=? AND {moved}", (to, owner, draft, draft)
            )
        return bool(count)

    def last_used(self, owner: str, kind: str) -> dict[str, str]:
        """The codes that this person last reported in the fields that are remembered: path -> code."""
        return dict(self._rows("SELECT path, value FROM last_used WHERE owner=? AND type=?", (owner, kind)))

    def remember(self, owner: str, kind: str, values: Mapping[str, str]) -> None:
        """Remember what this person reported, for the next form."""
        with self._writing():
            self._connection.executemany(
                "INSERT INTO last_used (owner, type, path, value) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET value=excluded.value WHERE value<>excluded.value",  # mostly nothing to write
                [(owner, kind, path, value) for path, value in values.items()],
            )

    def _rows(self, sql: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise translate_error(error, self._path) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise translate_error(error, self._path) from error


def _as_read(draft: Draft) -> Draft:
    return replace(draft, window="", turn=0)


def _row(draft: Draft) -> tuple[Any, ...]:
    content = {
        "typed": dict(draft.typed),
        "rows": {name: list(ids) for name, ids in draft.rows.items()},
        "base": dict(draft.base),
        "base_rows": {name: list(ids) for name, ids in draft.base_rows.items()},
        "window": draft.window,
        "turn": draft.turn,
    }
    # ASCII: half a surrogate pair, which a browser may send, is kept too
    return (
        draft.id, draft.owner, draft.type, draft.record, draft.seen, draft.state, draft.shape, draft.parent,
        draft.place, int(draft.exercise), draft.revision, draft.created, draft.updated, json.dumps(content),
    )  # fmt: skip


def _draft(row: tuple[Any, ...]) -> Draft:
    id, owner, kind, record, seen, state, shape, parent, place, exercise, revision, created, updated, text = row
    content = json.loads(text)
    return Draft(
        id, owner, kind, record, seen, state, shape, parent, place, bool(exercise), revision, created, updated,
        typed=content["typed"],
        rows={name: tuple(ids) for name, ids in content["rows"].items()},
        base=content["base"],
        base_rows={name: tuple(ids) for name, ids in content["base_rows"].items()},
        window=content.get("window", ""), turn=content.get("turn", 0),
    )  # fmt: skip
