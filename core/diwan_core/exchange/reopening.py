"""A centre restored from a backup stays closed until it holds the irreversible facts again.

A revocation made after the backup was taken must not be forgotten with it. While closed the centre admits nothing,
enrols nobody and adds nothing to its ledger; posts bring theirs, and once more than half of them have shown that
they hold no more than it does, it opens by itself. What they say to that counts only where it is signed and names the
challenge of this closing: a hello of another day, sent again by somebody, says nothing of what was lost since. Two
custodians may open it by hand."""

from __future__ import annotations

import msgspec

from diwan_core import world
from diwan_core.exchange.pieces import ask_again
from diwan_core.register import Transaction
from diwan_core.register.exchange_state.nodes import confirmed_posts
from diwan_core.register.journal.forks import put_back
from diwan_core.register.storage.database import RegisterError, Store
from diwan_core.register.storage.state import forget_state, get_state, set_state

_KEY = "restored"
_CHALLENGE = "closing_challenge"
_heard = msgspec.json.Decoder(list[str])


class Closed(RegisterError):
    """The centre was put back and is not open yet."""


def close(store: Store) -> None:
    """After a restore, before the centre's processes start."""
    with store.write() as transaction:
        set_state(transaction, _KEY, "[]")
        set_state(transaction, _CHALLENGE, world.random_bytes(16))
        put_back(transaction)
        ask_again(transaction)


def reopen(store: Store) -> None:
    """Open the centre by hand, where not enough posts can answer."""
    with store.write() as transaction:
        forget_state(transaction, _KEY, _CHALLENGE)


def is_closed(transaction: Transaction) -> bool:
    """Whether the centre waits for its posts' ledgers."""
    return get_state(transaction, _KEY) is not None


def challenge_held(transaction: Transaction) -> bytes | None:
    """The challenge, while the centre is closed and has one."""
    found = get_state(transaction, _CHALLENGE) if is_closed(transaction) else None
    return None if found is None else bytes(found)


def challenge(transaction: Transaction) -> bytes:
    """The challenge that a hello must name to count for this closing; in a write transaction. A centre closed by a
    release that had none gets one now."""
    found = get_state(transaction, _CHALLENGE)
    if found is None:
        found = world.random_bytes(16)
        set_state(transaction, _CHALLENGE, found)
    return bytes(found)


def refuse_if_closed(transaction: Transaction) -> None:
    """Raises Closed."""
    if is_closed(transaction):
        raise Closed(
            "this centre was put back from a backup and waits for its posts' ledgers: connect the posts, or let two "
            "custodians open it with `diwan central reopen`"
        )


def showed_its_ledger(transaction: Transaction, node: str) -> bool:
    """A post holds no more facts than the centre; whether a quorum has said so now and the centre is open. Posts that
    nobody has confirmed do not count: a stranger with a handful of codes must not open it."""
    heard = {*_heard.decode(get_state(transaction, _KEY) or "[]"), node}
    posts = confirmed_posts(transaction)
    if len(heard & posts) * 2 > len(posts):
        forget_state(transaction, _KEY, _CHALLENGE)
        return True
    set_state(transaction, _KEY, msgspec.json.encode(sorted(heard)).decode())
    return False
