"""Find out which rows and pictures are safe: those in verified archives on as many media as agreed, one of them
detached.

For each repository a file beside the list of archives says how far every epoch goes in its last verified archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from diwan_core.archives.record import FOLDER, Known, Record, is_proven
from diwan_core.archives.settings import Settings, load
from diwan_core.trust.files import make_private_folder, write_private

PLACE: Final = "verified"


class _Heads(msgspec.Struct, frozen=True):
    archive: str
    heads: dict[str, int]


def keep_heads(folder: Path, repository: str, archive: str, heads: Mapping[str, int]) -> None:
    """Write down how far an archive that was read back goes: for each epoch, the last row up to which all rows and
    pictures are there. Raises OSError."""
    place = folder / FOLDER / PLACE
    make_private_folder(place)
    write_private(place / f"{repository}.json", msgspec.json.encode(_Heads(archive, dict(heads))))


def heads_of(folder: Path, repository: str, known: Known) -> dict[str, int]:
    """How far the last verified archive of a repository goes, by epoch; empty where it is not proven any more."""
    try:
        kept = msgspec.json.decode((folder / FOLDER / PLACE / f"{repository}.json").read_bytes(), type=_Heads)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    proven = any(one.id == kept.archive and is_proven(one) for one in known.of(repository))
    return kept.heads if proven else {}


def safe_heads(folder: Path) -> dict[str, int]:
    """The last row of each epoch that is safe. Raises RecordBroken, BadSettings."""
    settings, known = load(folder), Record(folder).known()
    return heads_on_two_media(settings, {one.name: heads_of(folder, one.name, known) for one in settings.repositories})


def heads_on_two_media(settings: Settings, heads: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The last row of each epoch that is safe, from how far each repository goes."""
    detached = [one.name for one in settings.repositories if one.detached]
    every = [one.name for one in settings.repositories]
    epochs = {epoch for held in heads.values() for epoch in held}
    return {epoch: row for epoch in sorted(epochs) if (row := _row(epoch, settings.media, detached, every, heads)) > 0}


def _row(
    epoch: str, media: int, detached: Iterable[str], every: Iterable[str], heads: Mapping[str, Mapping[str, int]]
) -> int:
    held = {name: heads.get(name, {}).get(epoch, 0) for name in every}
    if media <= 1:
        return max(held.values(), default=0)
    best = 0
    for taken_home in detached:
        others = sorted((row for name, row in held.items() if name != taken_home), reverse=True)
        if len(others) >= media - 1:
            best = max(best, min(held[taken_home], *others[: media - 1]))
    return best
