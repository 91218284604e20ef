"""What posts and the centre write to one post, and how far the centre lets it travel: letters, answers, enclosures,
enclosures of enclosures, and what is given to another record later.

They are steps of runs of their own, beside those of scopes. After every step no post may hold what others wrote into a
letter that is not for it, as things stand there (`checks_of_letters`)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from contextlib import suppress
from random import Random
from typing import Final

from diwan_central.network import scopes
from diwan_core.register import Edit, Refused
from diwan_core.register.records.belonging import maker_of
from diwan_lab.officers import Told

from tests.simulation.nodes import CentreNode, PostNode
from tests.simulation.people import PICTURE_BYTES
from tests.simulation.run import Kind, Run
from tests.simulation.steps_of_scopes import UNITS, decided, some_operation, written_here

TYPES: Final = ("message", "request", "attachment")
DEEPEST: Final = 3
"""Enclosures that belong to each other, one behind the other."""
NEW: Final[Mapping[str, Mapping[str, str]]] = {
    "message": {"kind": "mail", "state": "open"},
    "request": {"kind": "information", "state": "draft"},
}
"""What a new letter of each type says beside its text."""


def say(run: Run, chance: Random) -> bool:
    """What is written to one post is kept from others, or more of these types is, or nothing."""
    kinds = chance.choice((TYPES, TYPES, *((kind,) for kind in TYPES)))
    far = chance.choice(("all", "addressed", "addressed", "addressed", "unit", "centre"))
    return decided(run, lambda folder: scopes.set_reach(folder, kinds, far))


def write(run: Run, chance: Random) -> bool:
    """A post, or the centre, writes to one post, to those of an operation, or to all, often with something enclosed."""
    writer = _somebody(run, chance)
    kind, to = chance.choice(("message", "message", "request")), _addressee(run, chance)
    encloses = chance.random() < 0.4
    beside = {"unit": chance.choice(UNITS)} if chance.random() < 0.2 else {}
    if kind == "message" and chance.random() < 0.3 and (operation := some_operation(run, chance)):
        beside["operation"] = operation
    if writer is None:
        return False
    with run.dying(writer), run.country.world.at(writer.machine), suppress(Refused):
        mark = _mark(run, writer, chance)
        values = {**NEW[kind], "subject": f"Written. {mark}", **beside, **({} if to is None else {"for_post": to})}
        record = _save(run, writer, Edit(kind, values))
        run.people.letters[record] = kind
        run.people.told.append(Told("letter", writer.machine.name, record, mark))
        if encloses:
            _enclose(run, writer, chance, record)
    return False


def answer(run: Run, chance: Random) -> bool:
    """Somebody writes into a letter that is here: who it is for, or who wrote it, or the centre."""
    writer = _somebody(run, chance)
    if writer is None or not run.people.letters:
        return False
    record = chance.choice(list(run.people.letters))
    with run.dying(writer), run.country.world.at(writer.machine), suppress(Refused):
        if writer.needed()[0].get(record) is not None and record not in run.people.erased:
            mark = _mark(run, writer, chance)
            _save(run, writer, Edit(run.people.letters[record], {"body": f"Answered. {mark}"}, record=record))
            run.people.told.append(Told("edit", writer.machine.name, record, mark))
    return False


def enclose(run: Run, chance: Random) -> bool:
    """Somebody adds a picture to a letter that is here, or to what is enclosed with one."""
    writer = _somebody(run, chance)
    if writer is None or not run.people.letters:
        return False
    among = [one for one, (_, deep) in run.people.enclosed.items() if deep < DEEPEST]
    record = chance.choice(among if among and chance.random() < 0.3 else list(run.people.letters))
    letter, _ = run.people.enclosed.get(record, (record, 0))
    with run.dying(writer), run.country.world.at(writer.machine), suppress(Refused):
        if writer.needed()[0].get(record) is not None and letter not in run.people.erased:
            _enclose(run, writer, chance, record)
    return False


def give(run: Run, chance: Random) -> bool:
    """Who enclosed something, or the centre, gives it to another letter or to a case, or says that it belongs to
    nothing."""
    writer, people = _somebody(run, chance), run.people
    if writer is None or not people.enclosed:
        return False
    record, letters, cases = chance.choice(list(people.enclosed)), list(people.letters), people.cases
    to = chance.choice((chance.choice(letters), chance.choice(cases) if cases else None, None))
    with run.dying(writer), run.country.world.at(writer.machine), suppress(Refused):
        register = writer.needed()[0]
        if any(one in people.erased or register.get(one) is None for one in (record, to) if one is not None):
            return False
        if people.enclosed[record][0] in people.erased or not _may_say(writer, "attachment", record):
            return False
        if to is not None:
            people.given.add(to)
        _save(run, writer, Edit("attachment", {"subject": to}, record=record))
    return False


def address(run: Run, chance: Random) -> bool:
    """Who wrote a letter, or the centre, gives it to another post, or to all or those of its operation."""
    writer, to = _somebody(run, chance), _addressee(run, chance)
    if writer is None or not run.people.letters:
        return False
    record = chance.choice(list(run.people.letters))
    moved = False
    with run.dying(writer), run.country.world.at(writer.machine), suppress(Refused):
        kind = run.people.letters[record]
        if record in run.people.erased or not _may_say(writer, kind, record):
            return False
        _save(run, writer, Edit(kind, {"for_post": to}, record=record))
        moved = True
    return moved


def look(run: Run, chance: Random) -> bool:
    """Somebody opens a letter and what is enclosed; also one that is not for the post, by its name alone."""
    if (post := run.some_post(chance)) is not None and (names := enclosures(run)):
        with run.dying(post), run.country.world.at(post.machine):
            post.needed()[0].want_blob(chance.choice(names))
            post.needed()[1].woken()
    return False


def enclosures(run: Run) -> list[str]:
    """The hashes of all that was enclosed with letters, and not erased."""
    letters = run.people.letters.keys() - run.people.erased
    return [one.sha256 for one in run.people.told if one.kind == "picture" and one.record in letters]


def _somebody(run: Run, chance: Random) -> PostNode | CentreNode | None:
    """Mostly a post."""
    if chance.random() < 0.15 and run.country.is_open:
        return run.country.centre
    return run.some_post(chance)


def _may_say(writer: PostNode | CentreNode, kind: str, record: str) -> bool:
    """Whether a record is here of which this node says for whom it is: one of its own, and at the centre any."""
    with writer.needed()[0].store.read() as transaction:
        maker = maker_of(transaction, kind, record)
    return maker is not None and (not isinstance(writer, PostNode) or maker[1] == writer.id)


def _addressee(run: Run, chance: Random) -> str | None:
    """A post, or nobody."""
    return None if chance.random() < 0.25 else chance.choice(run.country.posts).id


def _mark(run: Run, writer: PostNode | CentreNode, chance: Random) -> str:
    name = writer.name if isinstance(writer, PostNode) else "post0"
    mark = run.people.mark(name, chance)
    run.people.wrote[mark] = writer.id
    return mark


def _save(run: Run, writer: PostNode | CentreNode, edit: Edit) -> str:
    saved = writer.needed()[0].save([edit], author="officer")
    _saved(run, writer)
    return edit.record or saved.records[0]


def _enclose(run: Run, writer: PostNode | CentreNode, chance: Random, record: str) -> None:
    """Enclose a picture with a letter, or with what is enclosed with one."""
    mark = _mark(run, writer, chance)
    picture = b"\x89PNG\r\n\x1a\n" + chance.randbytes(chance.choice(PICTURE_BYTES))
    letter, deep = run.people.enclosed.get(record, (record, 0))
    (made,) = (
        writer.needed()[0]
        .attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer", file_name=f"{mark}.png")
        .records
    )
    run.people.enclosed[made] = letter, deep + 1
    run.people.told.append(Told("picture", writer.machine.name, letter, mark, hashlib.sha256(picture).hexdigest()))
    _saved(run, writer)


def _saved(run: Run, writer: PostNode | CentreNode) -> None:
    if isinstance(writer, PostNode):
        writer.needed()[1].woken()
    else:
        written_here(run)


KINDS: Final[Mapping[str, Kind]] = {
    "say-letters": say, "write": write, "answer": answer, "enclose": enclose, "give": give, "address": address,
    "look": look,
}  # fmt: skip
WEIGHTS: Final[Mapping[str, int]] = {
    "say-letters": 2, "write": 8, "answer": 5, "enclose": 3, "give": 4, "address": 6, "look": 4,
}  # fmt: skip
