"""The gallery: pictures of how goods were hidden, by the method of concealment and the group of goods of their cases.

Only pictures of which somebody judged that nobody can be recognised and nothing that names somebody can be read; those
of a withdrawn case, of a draft or of an exercise are left out, and those of which two people have judged at once and
not the same, until somebody judges again. Until dictionary 4 a box that nobody had touched was stored as "no person":
such pictures count as not judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from diwan_core.register.storage.database import Store

_OF_CASES: Final = """
FROM record_attachment a
JOIN record ra ON ra.no = a.no
JOIN record rc ON rc.id = a.subject
JOIN record_case c ON c.no = rc.no
WHERE a.kind IN ('photo', 'xray') AND a.status <> 'withdrawn' AND coalesce(a.shows_person, 0) = 0
  AND c.status NOT IN ('withdrawn', 'draft') AND coalesce(c.exercise, 0) = 0
"""
_CONTESTED: Final = """
  EXISTS (SELECT 1 FROM alternative v WHERE v.record = a.no AND v.key IN ('person_shown', 'text_shown'))"""
_FROM: Final = f"{_OF_CASES} AND a.person_shown = 'no' AND a.text_shown = 'no' AND NOT {_CONTESTED}"
_NOT_JUDGED: Final = f"""{_OF_CASES}
  AND coalesce(a.person_shown, 'not_judged') <> 'yes' AND coalesce(a.text_shown, 'not_judged') <> 'yes'
  AND ('not_judged' IN (coalesce(a.person_shown, 'not_judged'), coalesce(a.text_shown, 'not_judged')) OR {_CONTESTED})
"""
_BY: Final = {"method": "c.concealment_method", "group": "c.product_group"}


class GalleryPicture(NamedTuple):
    """A picture and what it is shown with. `date` is the case's, None where it has none."""

    id: str
    sha256: str
    case: str
    method: str | None
    group: str | None
    date: str | None


def _narrowed(chosen: Mapping[str, str]) -> tuple[str, list[Any]]:
    held = {name: value for name, value in chosen.items() if value}
    return "".join(f" AND {_BY[name]} = ?" for name in held), list(held.values())


def gallery(store: Store, chosen: Mapping[str, str], limit: int, offset: int) -> list[GalleryPicture]:
    """A page of pictures, the latest first; `chosen` narrows by "method" and "group"."""
    clause, values = _narrowed(chosen)
    sql = (
        f"SELECT ra.id, a.sha256, rc.id, c.concealment_method, c.product_group, c.date {_FROM} {clause} "
        "ORDER BY a.created DESC, a.no DESC LIMIT ? OFFSET ?"
    )
    return [GalleryPicture(*row) for row in store.rows(sql, (*values, limit, offset))]


def gallery_counts(store: Store, by: str, chosen: Mapping[str, str]) -> dict[str, int]:
    """How many pictures there are of each "method" or "group" that has any, the most first, under the other choice."""
    clause, values = _narrowed({name: value for name, value in chosen.items() if name != by})
    sql = (
        f"SELECT {_BY[by]}, count(*) {_FROM} {clause} AND {_BY[by]} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200"
    )
    return dict(store.rows(sql, tuple(values)))


def not_judged(store: Store, limit: int) -> list[str]:
    """Ids of the pictures of cases that would be in the gallery if somebody judged what can be recognised and read on
    them; the latest first."""
    return [
        record
        for (record,) in store.rows(f"SELECT ra.id {_NOT_JUDGED} ORDER BY a.created DESC, a.no DESC LIMIT ?", (limit,))
    ]


def not_judged_count(store: Store) -> int:
    """How many there are."""
    return int(next(iter(store.rows(f"SELECT count(*) {_NOT_JUDGED}")))[0])
