"""Checks erasures: whether every node has carried them out, and whether any file still holds erased text.

The marks by which what people wrote is found again are looked for in every byte of every file, databases and their logs
included.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from diwan_lab.checker import reading
from diwan_lab.officers import Told

MARK: Final = re.compile(rb"mark-(?:post|clone)\d+-\d+-[0-9a-f]{10}-end")
_OVERLAP: Final = 64
_CHUNK: Final = 1 << 22


def orders(node: Path) -> dict[str, int]:
    """What this node knows is to be erased: record id -> halves (1 rest, 2 nominal, 3 both)."""
    with reading(node) as reader:
        return dict(reader.execute("SELECT record, halves FROM erasure").fetchall())


def is_carried_out(node: Path, expected: dict[str, int]) -> bool:
    """Whether this node knows these orders, and has written its files anew."""
    with reading(node) as reader:
        due = reader.execute("SELECT 1 FROM state WHERE key='purge'").fetchone()
    return due is None and orders(node) == expected


def forbidden(central: Path, told: Sequence[Told]) -> tuple[set[str], set[str]]:
    """Marks, and names of pictures, of cases whose erasure the centre knows.

    A picture that was added at a post before it heard of the order stands under none, where the centre holds it."""
    ordered = orders(central)
    with reading(central) as centre:
        kept = set(_marks_in(centre.execute("SELECT coalesce(rest, '') || coalesce(nominal, '') FROM journal")))
    gone = [one for one in told if one.mark and one.record in ordered and one.kind != "case"]
    gone = [one for one in gone if one.kind != "picture" or one.mark not in kept]
    return {one.mark for one in gone}, {one.sha256 for one in gone if one.sha256}


def traces(nodes: Sequence[Path], marks: Collection[str], pictures: Collection[str]) -> list[str]:
    """Files that still hold one of these marks or are one of these pictures; in words."""
    found = []
    for node in nodes:
        for path in sorted(node.rglob("*")):
            if not path.is_file():
                continue
            if path.name in pictures:
                found.append(f"{path.relative_to(node.parent)} is still there")
            found += [f"{path.relative_to(node.parent)} still holds {mark}" for mark in marks_of(path) & set(marks)]
    return found


def marks_of(path: Path) -> set[str]:
    """Every mark anywhere in a file."""
    found: set[str] = set()
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(mark.decode() for mark in MARK.findall(rest + chunk))
            rest = chunk[-_OVERLAP:]
    return found


def _marks_in(rows: Iterable[tuple[str]]) -> Iterator[str]:
    for (text,) in rows:
        yield from (mark.decode() for mark in MARK.findall(text.encode()))
