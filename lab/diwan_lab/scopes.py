"""Checks how far what names people has travelled: what of it is at posts that it is not for.

Read from databases and files only; the rules are docs/protocol.md, "How far nominal halves travel".
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from diwan_lab.checker import reading
from diwan_lab.erased import traces
from diwan_lab.officers import Told
from diwan_lab.revoked import node_id

TYPES: Final = ("case", "attachment")
UNITS: Final = ("north", "south")
_Members = set[tuple[str, str]]
"""(node, scope) for the members of scopes, or for where the records of nodes belong."""


def is_level(central: Path, posts: Sequence[Path]) -> bool:
    """Whether every post knows what the centre knows of scopes, has read those of its units to their ends, and has
    written its files anew."""
    with reading(central) as centre:
        said = _said(centre)
        heads = dict(centre.execute("SELECT scope, max(last) FROM scope_run GROUP BY scope"))
    for post in posts:
        mine = {scope for node, scope in said[1] if node == node_id(post)}
        with reading(post) as reader:
            places = dict(reader.execute("SELECT scope, cursor FROM feed"))
            due = reader.execute("SELECT 1 FROM state WHERE key='purge'").fetchone()
            if due or _said(reader) != said or any(places.get(scope, 0) != heads.get(scope, 0) for scope in mine):
                return False
    return True


def out_of_scope(central: Path, posts: Sequence[Path], told: Sequence[Told]) -> list[str]:
    """What is at a post and not for it: halves in its database, and words of narratives in any of its files."""
    with reading(central) as centre:
        far, members, homes = _said(centre)
        makers = dict(
            centre.execute(
                "SELECT r.id, e.origin FROM record_case t JOIN record r ON r.no=t.no JOIN epoch e ON e.id=t.base_epoch"
            )
        )
    found = []
    for post in posts:
        mine = node_id(post)
        hidden = {
            record for record, maker in makers.items() if not _may_read(mine, maker, far.get("case"), members, homes)
        }
        with reading(post) as reader:
            rows = reader.execute(
                "SELECT json_extract(j.meta, '$[0]'), e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch "
                "WHERE e.own=0 AND j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]')='case'"
            ).fetchall()
        found += [
            f"{post.name}: row {epoch}:{seq} of {record} holds what names people"
            for record, epoch, seq in rows
            if record in hidden
        ]
        words = {one.mark for one in told if one.kind == "edit" and one.record in hidden and one.post != post.name}
        found += [f"out of scope: {words}" for words in traces([post], words, ())]
    return found


def _may_read(post: str, maker: str, far: str | None, members: _Members, homes: _Members) -> bool:
    theirs = {scope for node, scope in homes if node == maker}
    mine = {scope for node, scope in members if node == post}
    return far in (None, "all") or maker == post or (far == "unit" and bool(mine & theirs))


def _said(reader: sqlite3.Connection) -> tuple[dict[str, str], _Members, _Members]:
    execute = reader.execute
    far = dict(execute("SELECT type, nominal FROM reach").fetchall())
    members, homes = (set(execute(f"SELECT node, scope FROM {table}").fetchall()) for table in ("member", "home"))
    return far, members, homes
