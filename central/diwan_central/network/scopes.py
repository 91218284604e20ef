"""Scopes of units at the centre: who is a member, and how far what names people travels.

Every change is entries of the ledger, in one transaction: whoever leaves is no member from then on, and the scope has a
new key that it never gets."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.scopes import UNITS, names_one_post
from diwan_core.dictionary.scopes import scope_of_unit as scope_named
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state.nodes import is_older, older_posts
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.register.storage.database import Store
from diwan_core.trust import NodeKeys, ScopeKeyring
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import REACHES, NodeFact, ReachFact, ScopeKeyFact

from diwan_central.network.revocation import new_scope_key
from diwan_central.setup import write_access

LEAVES_OUT_SINCE: Final = 4
"""The version of the dictionary that came with the first release which takes rows without their nominal halves."""


class BadScope(node.NodeError):
    """There is no such scope, post or type, or it cannot be changed in this way."""


class OlderPosts(BadScope):
    """Posts are not heard to have a release that takes rows without what names people; `posts` are their labels."""

    def __init__(self, posts: Sequence[tuple[str, str]]) -> None:
        named = ", ".join(f"{label} ({post})" for post, label in posts)
        super().__init__(
            f"not heard to have a release that takes rows without what names people: {named}. Update these posts and "
            "let them call in, or revoke those that are gone; then say it again."
        )
        self.posts = [label for _, label in posts]


def scope_of_unit(code: str) -> str:
    """The name of a unit's scope, by the unit's code or by that name. Raises BadScope."""
    scope = scope_named(code.strip().lower().removeprefix(UNITS))
    if scope is None:
        raise BadScope(f"{code[:40]!r} is no code of a unit: use letters a-z, digits, and single hyphens between them.")
    return scope


def add(folder: Path, code: str, posts: Sequence[str]) -> str:
    """Make posts members of a unit's scope, which is made with the first one; its name. Raises BadScope, RegisterError,
    LedgerRefused."""
    scope, keys = scope_of_unit(code), NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        known = ledger.load(register)
        found = [confirmed_post(known, post) for post in posts]
        key = known.current.get(scope)
        has_key = key is not None and ScopeKeyring(folder).get(scope, key.key_id) is not None
        facts = [] if has_key else [new_scope_key(folder, scope)]  # a centre put back may have lost the last one
        joining = [
            msgspec.structs.replace(fact, scopes=(*fact.scopes, scope)) for fact in found if scope not in fact.scopes
        ]
        if facts or joining:
            ledger.record(register, keys, [*facts, *joining])
    write_access(folder)
    return scope


def remove(folder: Path, code: str, posts: Sequence[str]) -> str:
    """Have posts leave a unit's scope, which gets a new key; its name. Raises BadScope, RegisterError."""
    scope, keys = scope_of_unit(code), NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        known = ledger.load(register)
        found = [confirmed_post(known, post) for post in posts]
        if strangers := [fact.label for fact in found if scope not in fact.scopes]:
            raise BadScope(f"{', '.join(strangers)}: no member of {scope}; see `diwan central scope list`")
        leaving = [
            msgspec.structs.replace(fact, scopes=tuple(held for held in fact.scopes if held != scope)) for fact in found
        ]
        ledger.record(register, keys, [*leaving, new_scope_key(folder, scope)])
    write_access(folder)
    return scope


def members(folder: Path) -> dict[str, list[NodeFact]]:
    """Every scope with its members, by name. Raises RegisterError."""
    with Register.open(folder) as register:
        known = ledger.load(register)
    return {scope: sorted(known.members(scope), key=lambda fact: fact.label) for scope in sorted(known.current)}


def reaches(folder: Path) -> dict[str, str]:
    """How far the nominal halves of each record type travel, of those that have any. Raises RegisterError."""
    with Register.open(folder) as register:
        known = ledger.load(register)
    return {kind: known.reach[kind][0].nominal if kind in known.reach else "all" for kind in naming_kinds()}


def set_reach(folder: Path, kinds: Sequence[str], nominal: str) -> None:
    """Say how far the nominal halves of these record types travel from now on. Raises BadScope, RegisterError."""
    if unknown := [kind for kind in kinds if kind not in naming_kinds()]:
        raise BadScope(
            f"not a record type with values that name people: {', '.join(unknown)}. See `diwan central reach`"
        )
    if nominal == ADDRESSED and (unknown := [kind for kind in kinds if kind not in letter_kinds()]):
        raise BadScope(f"not a record type whose records can be for one post alone: {', '.join(unknown)}")
    keys = NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        known = ledger.load(register)
        before = {kind: known.reach[kind][0].nominal if kind in known.reach else "all" for kind in kinds}
        unsaid = set(letter_kinds()) - known.reach.keys()  # they are narrowed by themselves, unless somebody says *all*
        facts = [ReachFact(kind, nominal) for kind in kinds if before[kind] != nominal or kind in unsaid]
        if facts and nominal != "all" and (older := older_posts(register.store, LEAVES_OUT_SINCE)):
            raise OlderPosts(older)
        if facts:
            ledger.record(register, keys, [*facts, *_keys_after(folder, known, set(before.values()), nominal)])
    forget_snapshots(folder)


def would_stand_still(store: Store, post: str) -> list[str]:
    """The record types because of which a post, once it is confirmed, stands still at the first row that it is sent
    without what names people: by what the centre knows of it, its release does not take such rows. Empty where it takes
    them, or everything travels to all. Raises RegisterError."""
    if not is_older(store, post, LEAVES_OUT_SINCE):
        return []
    with store.read() as transaction:
        return sorted(restricted(transaction))


def forget_snapshots(folder: Path) -> None:
    """Remove the snapshots that were made; they are made again when somebody joins."""
    shutil.rmtree(folder / "snapshots", ignore_errors=True)


def _keys_after(folder: Path, known: Ledger, before: set[str], nominal: str) -> list[ScopeKeyFact]:
    """New keys of the scopes that bring less than before: who is enrolled later does not get the key of what was sealed
    until now, and recorded by others."""
    widest = min(map(REACHES.index, before))
    national = [NATIONAL] if widest < min(REACHES.index(nominal), REACHES.index("unit")) else []
    is_less = before & {"unit", ADDRESSED} and nominal == "centre"
    units = [scope for scope in known.current if scope != NATIONAL] if is_less else []
    return [new_scope_key(folder, scope) for scope in (*national, *units)]


def naming_kinds() -> list[str]:
    """The record types with values that name people."""
    return [name for name, kind in DICTIONARY.types.items() if any(item.nominal for _, item in kind.every_field())]


def letter_kinds() -> list[str]:
    """The record types with values that name people and records that can be for one post alone."""
    return [name for name in naming_kinds() if names_one_post(DICTIONARY.type(name))]


def confirmed_post(known: Ledger, named: str) -> NodeFact:
    """A confirmed post by its id or label."""
    found = [fact for fact in known.nodes.values() if named in (fact.node, fact.label) and known.trusted(fact.node)]
    if len(found) != 1 or not known.is_confirmed(found[0].node):
        raise BadScope(f"{named[:40]!r} is no confirmed post with valid keys; see `diwan central status`")
    return found[0]
