"""Who may read letters: what must hold after every step at each post, and of a country at rest.

After a step a post is judged by what itself knows: it may be behind. At rest all are judged by the centre's tables,
with rules that are written down here once more (docs/protocol.md, "How far nominal halves travel")."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from sqlite3 import Connection
from typing import Final, NamedTuple, TypeAlias

from diwan_core.dictionary.scopes import NATIONAL
from diwan_core.register.admission import reach, snapshot_place
from diwan_core.register.admission.how_far import CENTRE, restricted
from diwan_core.register.admission.may_fetch import may_keep
from diwan_core.register.records.belonging import Belonging
from diwan_lab.checker import holds_blob
from diwan_lab.erased import traces

from tests.simulation.nodes import PostNode, disk_of
from tests.simulation.run import Run
from tests.simulation.steps_of_letters import TYPES, enclosures

LOOKS: Final = 4
"""How often everybody opens everything that is enclosed before it is counted who has it."""
ASKED_AGAIN_S: Final = 950.0
"""After so long a post asks again for a picture that it was not given."""
_KINDS: Final = ", ".join(f"'{kind}'" for kind in TYPES)
_HALVES: Final = (
    "SELECT DISTINCT json_extract(j.meta, '$[1]'), json_extract(j.meta, '$[0]') FROM journal j JOIN epoch e "
    f"ON e.no=j.epoch AND e.own=0 WHERE j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]') IN ({_KINDS})"
)
"""The records of these types of which a register holds halves that others wrote."""
_WRITTEN: Final = (
    "SELECT DISTINCT json_extract(j.meta, '$[0]') FROM journal j JOIN epoch e ON e.no=j.epoch AND e.own=1 "
    f"WHERE j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]') IN ({_KINDS})"
)
_SHOWN: Final = "SELECT r.id FROM [record_{0}] t JOIN record r ON r.no=t.no WHERE t.nominal IS NOT NULL"
Scopes: TypeAlias = frozenset[str]


def held_though_not_for_it(run: Run) -> list[str]:
    """After a step: at each post that runs, letters of which it holds what others wrote or enclosed though, as things
    stand there, they are not for it."""
    found = []
    for post in run.country.posts:
        if post.runs and not disk_of(post.machine).dead and not disk_of(post.machine).faults.troubled:
            with post.needed()[0].store.read() as transaction:
                if not snapshot_place.has_begun(transaction, NATIONAL):  # judged once all of it is here
                    found += [f"{post.name}: {words}" for words in _held(transaction, post.id)]
    return found


def _held(connection: Connection, node: str) -> Iterator[str]:
    far, belonging = restricted(connection), Belonging(connection)
    mine = {NATIONAL, *reach.scopes_of(connection, node)}

    def may_read(kind: str, record: str) -> bool:
        return kind not in far or (far[kind] != CENTRE and not mine.isdisjoint(belonging(kind, record)))

    for kind, record in connection.execute(_HALVES).fetchall():
        if not may_read(kind, record):
            yield f"holds halves of others of {kind} {record}, which is not for it"
    own = {record for (record,) in connection.execute(_WRITTEN)}
    for kind in (kind for kind in TYPES if kind in far):
        for (record,) in connection.execute(_SHOWN.format(kind)).fetchall():
            if record not in own and not may_read(kind, record):
                yield f"shows {kind} {record}, which is not for it"
    pictures = connection.execute(
        "SELECT DISTINCT b.sha256 FROM blob b JOIN record_attachment a ON a.sha256=b.sha256 "
        "JOIN record s ON s.id=a.subject WHERE b.own=0 AND b.have>0 AND s.type<>'case'"
    ).fetchall()
    for (name,) in pictures:
        if not may_keep(connection, node, name):
            yield f"holds bytes of picture {name[:12]}, which is not for it"


# -- at rest ----------------------------------------------------------------------------------------------------------


class _Letter(NamedTuple):
    """A record, and the scopes whose members read it; None: all posts do."""

    kind: str
    record: str
    scopes: Scopes | None


def not_as_addressed(run: Run) -> list[str]:
    """At rest: letters, answers and enclosures that are at a post and not for it, or not there though they are."""
    _look_at_everything(run)
    centre = run.country.centre.needed()[0]
    with centre.store.read() as transaction:
        said = reach.held(transaction)
        letters = list(_letters(transaction, said))
    return [words for post in run.country.posts for words in _at(post, run, letters, said.members)]


def _look_at_everything(run: Run) -> None:
    """At each post somebody opens all that is enclosed."""
    names = enclosures(run)
    for _ in range(LOOKS if names else 0):
        for post in run.country.posts:
            with run.country.world.at(post.machine):
                for name in names:
                    post.needed()[0].want_blob(name)
                post.needed()[1].woken()
        for seconds in (ASKED_AGAIN_S, *[2.0] * 10):
            run.turn(seconds)


def _letters(centre: Connection, said: reach.Said) -> Iterator[_Letter]:
    (own,) = centre.execute("SELECT id FROM node WHERE role='central'").fetchone()
    named: dict[str, tuple[str, Scopes | None, Scopes]] = {}
    """Of each letter: its type; the scopes that it is of where only letters are kept, None where it is none; and those
    that it is of where its type is of scopes."""
    for kind, operation in (("message", "t.operation"), ("request", "NULL")):
        rows = centre.execute(
            f"SELECT r.id, coalesce(e.origin, ''), t.for_post, t.unit, {operation}, coalesce(x.halves, 0) FROM "
            f"record_{kind} t JOIN record r ON r.no=t.no LEFT JOIN epoch e ON e.id=t.base_epoch "
            "LEFT JOIN erasure x ON x.record=r.id"
        ).fetchall()
        for record, maker, addressee, unit, of_operation, erased in rows:
            kept = {f"post-{addressee}", f"post-{maker}"} - {f"post-{own}"} if addressee else set()
            kept = kept or ({f"op-{of_operation}"} if of_operation else set())
            beside = {f"unit-{unit}"} if unit and not addressee else set()
            scopes = frozenset(kept | beside or _home(said, maker))
            named[record] = kind, frozenset(kept) or None, scopes
            if erased & 1:
                named[record] = kind, frozenset(), frozenset()
            yield _Letter(kind, record, _readers(_far(said, kind), *named[record][1:]))
    rows = centre.execute(
        "SELECT r.id, t.subject, coalesce(x.halves, 0) FROM record_attachment t JOIN record r ON r.no=t.no "
        "LEFT JOIN erasure x ON x.record=r.id"
    ).fetchall()
    belongs_to = {record: subject for record, subject, _ in rows}
    erased = {record for record, _, halves in rows if halves & 1}
    for record in belongs_to.keys() - erased:
        yield from _enclosed(said, record, belongs_to, erased, named)


def _enclosed(
    said: reach.Said,
    record: str,
    belongs_to: Mapping[str, str | None],
    erased: Collection[str],
    named: Mapping[str, tuple[str, Scopes | None, Scopes]],
) -> Iterator[_Letter]:
    """Who reads what is enclosed with a letter, itself or through what lies between. Of a picture of a case this says
    that all read it, where they do."""
    far, subject = _far(said, "attachment"), belongs_to[record] or ""
    while subject in belongs_to and subject not in erased:
        subject = belongs_to[subject] or ""
    nobody = frozenset[str]()
    if subject not in named and subject not in erased and far not in ("all", "addressed"):
        return
    of_no_letter = "attachment", nobody if subject in erased else None, nobody
    kind, kept_for, scopes = named.get(subject, of_no_letter)
    if far == "addressed" and _far(said, kind) == "all":
        far = "all"
    yield _Letter("attachment", record, _readers(far, kept_for, scopes))


def _far(said: reach.Said, kind: str) -> str:
    return said.reach.get(kind, ("all", 0))[0]


def _home(said: reach.Said, maker: str) -> set[str]:
    return {scope for node, scope in said.homes if node == maker and scope.startswith("unit-")}


def _readers(far: str, kept: Scopes | None, scopes: Scopes) -> Scopes | None:
    if far == "addressed":
        return kept
    return {"all": None, "centre": frozenset()}.get(far, scopes)


def _at(post: PostNode, run: Run, letters: list[_Letter], members: set[tuple[str, str]]) -> Iterator[str]:
    register, centre = post.needed()[0], run.country.centre.needed()[0]
    mine = {scope for node, scope in members if node == post.id}
    hidden = {record for _, record, scopes in letters if scopes is not None and not mine & scopes}
    for kind, record, _ in letters:
        here, there = register.get(record), centre.get(record)
        if record not in hidden and here is not None and there is not None and here.values != there.values:
            yield f"{post.name}: {kind} {record} is not as at the centre, and it is for this post"
    shown = {record for _, record in register.store.rows(_HALVES)} & hidden
    if shown:
        yield f"{post.name}: rows of others hold halves of {', '.join(sorted(shown))}, which are not for it"
    yield from _told(post, run, hidden, {record for _, record, _ in letters})


def _told(post: PostNode, run: Run, hidden: set[str], letters: set[str]) -> Iterator[str]:
    """By what people wrote and enclosed: words and bytes in any file of a post, and bytes that are lacking."""
    told = [one for one in run.people.told if run.people.wrote.get(one.mark, post.id) != post.id]
    enclosed = dict(
        run.country.centre.needed()[0].store.rows(
            "SELECT t.sha256, r.id FROM record_attachment t JOIN record r ON r.no=t.no WHERE t.sha256 IS NOT NULL"
        )
    )
    words = {one.mark for one in told if not one.sha256 and one.record in hidden}
    pictures = {one.sha256: one.mark for one in told if enclosed.get(one.sha256) in letters}
    kept = {name: mark for name, mark in pictures.items() if enclosed[name] in hidden}
    folder = post.machine.folder
    for found in traces([folder], words | set(kept.values()), kept.keys()):
        yield f"{post.name}: {found}, and it is not for this post"
    for name in enclosures(run):
        if name in pictures and name not in kept and not holds_blob(folder, name):
            yield f"{post.name}: picture {name[:12]} of {enclosed[name]} is not there, and it is for this post"
