"""The pictures of a record, without routes: those that its page shows, how many more there are, and those removed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.register import Record
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.console import register
from diwan_core.web.pictures.picture_intake import previews

_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
MOST_SHOWN: Final = 200
MOST_LOOKED_AT: Final = 2_000


@dataclass(frozen=True)
class Picture:
    """An attachment of a record as a page shows it. `here` is about the original; `shown` says whether there is a small
    copy of it here, or can be made one."""

    id: str
    sha256: str
    caption: str
    size: int
    here: bool
    shown: bool
    shows_person: bool
    """Somebody judged that a person can be recognised."""
    author: str
    origin: str
    when: Any
    standing: str


def as_picture(record: Record) -> Picture | None:
    """An attachment as a picture; None for a removed one, and for one without a proper name."""
    sha256 = str(record.values.get("sha256", ""))
    if not _SHA256.match(sha256) or record.values.get("status") == "withdrawn":
        return None
    here = register().blob_path(sha256) is not None
    return Picture(
        id=record.id,
        sha256=sha256,
        caption=str(record.values.get("caption") or ""),
        size=int(record.values.get("size") or 0),
        here=here,
        shown=previews().has(sha256, "thumb") or (here and previews().reason(sha256) is None),
        shows_person=shows_person(record.values),
        author=record.author,
        origin=record.origin,
        when=record.created,
        standing=record.standing,
    )


def shows_person(values: Mapping[str, Any]) -> bool:
    """Whether somebody judged that a person can be recognised; until dictionary 4 that was a box of its own."""
    return values.get("person_shown") == "yes" or values.get("shows_person") is True


def pictures_of(record_id: str) -> list[Picture]:
    """The attachments of a record, first the oldest; MOST_SHOWN at the most. Those removed do not count, as far as
    MOST_LOOKED_AT of all go: whoever adds many and removes them again does not put those of others out of sight."""
    reg = register()
    found: list[Picture] = []
    for offset in range(0, MOST_LOOKED_AT, MOST_SHOWN):
        rows = reg.find(PICTURE.type, {"subject": record_id}, order="created", limit=MOST_SHOWN, offset=offset)
        records = (reg.get(row.id) for row in rows if row.columns.get("status") != "withdrawn")
        found += [picture for record in records if record is not None and (picture := as_picture(record)) is not None]
        if len(rows) < MOST_SHOWN or len(found) >= MOST_SHOWN:
            break
    return found[:MOST_SHOWN]


def pictures_not_shown(record_id: str, shown: int) -> int:
    """How many attachments a record has beside those that `pictures_of` gives."""
    reg, its = register(), {"subject": record_id}
    if reg.count(PICTURE.type, its) <= MOST_SHOWN:
        return 0
    return max(0, reg.count(PICTURE.type, its) - reg.count(PICTURE.type, {**its, "status": "withdrawn"}) - shown)


def removed_of(record_id: str) -> list[tuple[str, str]]:
    """(id, caption) of the pictures that were removed from a record: their pages tell by whom, and put them back."""
    reg = register()
    rows = reg.find(PICTURE.type, {"subject": record_id, "status": "withdrawn"}, order="created", limit=MOST_SHOWN)
    documents = reg.all_without_names(PICTURE.type, [row.id for row in rows])
    return [(row.id, str(documents.get(row.id, {}).get("caption") or "")) for row in rows]
