"""Editions of code lists: which the centre has published, which is in force, and how one is published."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Final, NamedTuple

from diwan_core.dictionary import DICTIONARY, CodeTable
from diwan_core.register.codes.code_blob import LISTS, MEDIA_TYPE, MOST_BYTES, MOST_ENTRIES, pack
from diwan_core.register.journal.clock import BUILD_FLOOR_MS
from diwan_core.register.records.edits import Edit
from diwan_core.register.register import Register
from diwan_core.register.storage.blobs import remove_files
from diwan_core.register.storage.database import RegisterError, Store, now_ms
from diwan_core.register.storage.wall_clock import wall_ms

TYPE: Final = "code_edition"


class Edition(NamedTuple):
    """One edition of a list, as its record says."""

    record: str
    code_list: str
    edition: str
    valid_from: str
    entries: int
    sha256: str
    size: int
    status: str


class NothingToPublish(RegisterError):
    """There is no code to publish, or too many; the text says which."""


def today() -> str:
    """The date, in UTC, by this machine's clock."""
    return datetime.fromtimestamp(max(wall_ms(), BUILD_FLOOR_MS) / 1000, UTC).date().isoformat()


def editions(store: Store) -> list[Edition]:
    """Every edition known here, the newest of each list first."""
    if TYPE not in DICTIONARY.types:  # `diwan scenario` runs a node of an older dictionary
        return []
    rows = store.rows(
        "SELECT r.id, t.code_list, t.edition, t.valid_from, t.entries, t.sha256, t.size, coalesce(t.status, '') "
        "FROM record_code_edition t CROSS JOIN record r ON r.no=t.no ORDER BY t.code_list, t.valid_from DESC, r.id DESC"
    )
    return [Edition(*row) for row in rows if None not in row]


def in_force(known: list[Edition], day: str) -> dict[str, Edition]:
    """The edition of each list that is in force today: the published one that began last."""
    found: dict[str, Edition] = {}
    for edition in known:
        if edition.code_list in LISTS and edition.status == "published" and edition.valid_from <= day:
            found.setdefault(edition.code_list, edition)
    return found


def publish(
    register: Register, name: str, table: CodeTable, *, label: str, valid_from: str, source: str, author: str
) -> tuple[Edition, bool]:
    """Make a list an edition of its own, at the centre; whether it is a new one. The same codes under the same name
    and date are the edition that is in force already. Raises Refused, NothingToPublish, DiskFull."""
    count = len(table.labels["en"])
    if not 0 < count <= MOST_ENTRIES:
        raise NothingToPublish(f"{count} codes could be read; an edition has 1 to {MOST_ENTRIES}")
    content = pack(table)
    if len(content) > MOST_BYTES:
        raise NothingToPublish(f"the edition has {len(content) // 1024**2} MB; at most {MOST_BYTES // 1024**2} travel")
    blob = register.blobs.add(io.BytesIO(content))
    latest = next((one for one in editions(register.store) if one.code_list == name), None)
    same = latest is not None and (latest.sha256, latest.status) == (blob.sha256, "published")
    if latest is not None and same and label in ("", latest.edition) and valid_from in ("", latest.valid_from):
        register.note_blob(blob, MEDIA_TYPE)  # it may have been lost here
        return latest, False
    values = {
        "code_list": name,
        "edition": label or valid_from or today(),
        "valid_from": valid_from or today(),
        "entries": count,
        "sha256": blob.sha256,
        "size": blob.size,
        "source": source[:300],
        "status": "published",
    }
    register.note_blob(blob, MEDIA_TYPE)
    saved = register.save([Edit(TYPE, values)], author=author)
    return next(one for one in editions(register.store) if one.record == saved.records[0]), True


def want(register: Register, edition: Edition) -> None:
    """At a post: ask the centre for the blob of an edition, once."""
    with register.store.write() as connection:
        asked = connection.execute(
            "INSERT INTO blob (sha256, size, media_type, have, wanted, added) VALUES (?, ?, ?, 0, 1, ?) "
            "ON CONFLICT (sha256) DO UPDATE SET wanted=1, have=0 WHERE wanted=0",
            (edition.sha256, edition.size, MEDIA_TYPE, now_ms()),
        ).rowcount
    if asked:
        register.wake()


def lose(register: Register, sha256: str) -> None:
    """Delete the file of a blob that is damaged here, so that it can be fetched, or given, again."""
    with register.store.write() as connection:
        connection.execute("UPDATE blob SET have=0, wanted=0 WHERE sha256=?", (sha256,))
    remove_files(register.store, register.folder, [sha256])


def drop_old(register: Register, edition: Edition) -> None:
    """At a post: delete the blobs of the editions before this one, which is loaded. The centre keeps all."""
    if register.config.role != "post":
        return
    known = [one for one in editions(register.store) if one.code_list == edition.code_list]
    old = {one.sha256 for one in known if one.valid_from <= edition.valid_from} - {edition.sha256}
    for sha256 in sorted(old):
        pictured = register.store.one("SELECT 1 FROM record_attachment WHERE sha256=? LIMIT 1", (sha256,))
        if pictured is None and register.blob_path(sha256) is not None:
            lose(register, sha256)
