"""Members of operations and of the scopes of single posts, as records and days say: the ledger follows them.

An operation is open from its first day to its last; outside them it has no members. The scope of a post is made when
something is first addressed to that post. Once every post has a release that can do it, letters to one post are kept
from the others, unless somebody has said how far these types travel."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from diwan_core import world
from diwan_core.dictionary.scopes import OPERATIONS, POSTS
from diwan_core.exchange import ledger
from diwan_core.exchange.reopening import Closed
from diwan_core.node import NodeError
from diwan_core.register import Register, RegisterBusy, RegisterError, Transaction
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state.nodes import older_posts
from diwan_core.register.operations import operations, posts_written_to
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.trust import NodeKeys, ScopeKeyring
from diwan_core.trust.errors import TrustError
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import Fact, NodeFact, ReachFact

from diwan_central.days import today
from diwan_central.network.revocation import new_scope_key
from diwan_central.network.scopes import LEAVES_OUT_SINCE, forget_snapshots, letter_kinds
from diwan_central.setup import write_access

EVERY_S: Final = 60.0
"""How often the day is looked at."""
log = logging.getLogger("diwan.ingest")


def follow_records(folder: Path, register: Register, keys: NodeKeys) -> bool:
    """Let the ledger say who is a member of operations and of scopes of posts today, and that letters are for one post
    alone; whether that is news. Raises RegisterError, Closed."""
    known = ledger.load(register)
    narrows = bool(_letters(folder, register, known))
    if not narrows and not _news(known, _wanted(register, known)):
        return False

    def facts(_: Transaction) -> list[Fact]:
        held = ledger.load(register)
        return [*_letters(folder, register, held), *_facts(folder, held, _wanted(register, held))]

    ledger.record_judged(register, keys, facts)
    write_access(folder)
    if narrows:
        forget_snapshots(folder)
    return True


def _letters(folder: Path, register: Register, known: Ledger) -> list[Fact]:
    """The facts by which letters to one post are kept from the other posts, for each type whose reach nobody has
    chosen. Empty as long as a post would refuse rows without what names people, or there is no post. The national scope
    gets a new key, as always when less travels in it."""
    kinds = [kind for kind in letter_kinds() if kind not in known.reach]
    able = any(known.is_confirmed(node) for node in known.nodes if known.trusted(node) is not None)
    if not kinds or not able or older_posts(register.store, LEAVES_OUT_SINCE):
        return []
    return [*(ReachFact(kind, ADDRESSED) for kind in kinds), new_scope_key(folder, NATIONAL)]


def _wanted(register: Register, known: Ledger) -> dict[str, set[str]]:
    """The members of each scope of an operation or a post, by its name, those that have none today included."""
    day = today().isoformat()
    wanted: dict[str, set[str]] = {scope: set() for scope in known.current if scope.startswith(OPERATIONS)}
    for operation in operations(register.store):
        posts = operation.posts_on(day)
        if posts or operation.scope in wanted:
            wanted[operation.scope] = posts
    for post in posts_written_to(register.store, known.nodes):
        wanted[POSTS + post] = {post}
    able = {node for node in known.nodes if known.trusted(node) is not None and known.is_confirmed(node)}
    return {scope: posts & able for scope, posts in wanted.items()}


def _news(known: Ledger, wanted: Mapping[str, set[str]]) -> dict[str, tuple[set[str], set[str]]]:
    """Who joins and who leaves each scope of which that changes."""
    found = {}
    for scope, posts in wanted.items():
        held = {fact.node for fact in known.members(scope)}
        if posts != held:
            found[scope] = (posts - held, held - posts)
    return found


def _facts(folder: Path, known: Ledger, wanted: Mapping[str, set[str]]) -> list[Fact]:
    keyring, news = ScopeKeyring(folder), _news(known, wanted)
    changed: dict[str, NodeFact] = {}
    facts: list[Fact] = []
    for scope, (joining, leaving) in sorted(news.items()):
        key = known.current.get(scope)
        if leaving or key is None or keyring.get(scope, key.key_id) is None:
            facts.append(new_scope_key(folder, scope))
        for node in sorted(joining | leaving):
            fact = changed.get(node) or known.nodes[node]
            scopes = tuple(one for one in fact.scopes if one != scope) + ((scope,) if node in joining else ())
            changed[node] = msgspec.structs.replace(fact, scopes=scopes)
    return [*changed.values(), *facts]


class Following:
    """Looks once a minute whether a day has begun, or a record says otherwise."""

    def __init__(self, folder: Path, register: Register, keys: NodeKeys) -> None:
        self._folder, self._register, self._keys = folder, register, keys
        self._due = 0.0

    def turn(self) -> None:
        """Follow the records where it is time. What keeps it from that keeps no rows from the centre."""
        if world.monotonic_s() < self._due:
            return
        self._due = world.monotonic_s() + EVERY_S
        try:
            follow_records(self._folder, self._register, self._keys)
        except (Closed, RegisterBusy):
            pass  # a minute later it is looked again
        except (NodeError, RegisterError, TrustError, OSError) as error:
            log.warning("who is a member of operations is not brought up to date: %s", error)
