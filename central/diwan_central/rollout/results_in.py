"""Takes the results of an exercise post (`diwan post course results -o FILE`) into a course: who did the graded
tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from diwan_core.dictionary import N_, fold, sentence

from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import mark, seats

LARGEST: Final = 256 * 1024


class _Person(msgspec.Struct):
    name: str
    through: bool


class _Results(msgspec.Struct):
    format: int
    course: str
    people: list[_Person]


@dataclass(frozen=True)
class TakenResults:
    """How many were marked, and who of the file is not in the course, or is twice by this name."""

    marked: int
    unknown: tuple[str, ...]


def take_results(store: RolloutStore, course: int, content: bytes, person: str, now_ms: int) -> TakenResults:
    """Mark the people of a course by their names; whoever took the tasks was there. Raises BadAnswer where the file is
    none of an exercise post, RolloutUnusable."""
    if len(content) > LARGEST:
        raise BadAnswer(sentence(N_("The file is too large to be results of an exercise post.")))
    try:
        results = msgspec.json.decode(content, type=_Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(
            sentence(N_("This file holds no results of an exercise post: write them with `diwan post course results`."))
        ) from error
    by_name: dict[str, list[int]] = {}
    for seat in seats(store, course):
        by_name.setdefault(_plain(seat.name), []).append(seat.trainee)
    marks, unknown = {}, []
    for one in results.people:
        known = by_name.get(_plain(one.name), [])
        if len(known) == 1:
            marks[known[0]] = ("attended", "passed" if one.through else "not_yet")
        else:
            unknown.append(one.name[:80])
    return TakenResults(mark(store, course, marks, person, now_ms), tuple(unknown))


def _plain(name: str) -> str:
    return " ".join(fold(name).split())
