"""Makes checkpoints again after a node got new keys, because the centre knows only the present keys. Rows stay as
they are."""

from __future__ import annotations

from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.storage.database import Store
from diwan_core.trust import NodeKeys, verify


def sign_again(store: Store, node: str, keys: NodeKeys, after: tuple[str, int] | None = None) -> int:
    """Sign with a node's present keys what other keys signed (earlier ones of this node, or those of its cloned card):
    all over rows that are not known to be safe, since a centre put back may want any of them; or those over the rows of
    one epoch after a place, its id and seq. How many. Raises RegisterError."""
    found = store.rows(
        "SELECT j.no, e.id, j.seq, j.hash, j.signature FROM journal j JOIN epoch e ON e.no=j.epoch "
        f"WHERE e.own=1 AND j.signature IS NOT NULL AND {'j.seq>e.safe' if after is None else 'e.id=? AND j.seq>?'}",
        after or (),
    )
    made = []
    for number, name, seq, head, signature in found:
        message = checkpoint_message(node, name, seq, head)
        if not verify(keys.identity_public, CHECKPOINT_DOMAIN, message, signature):
            made.append((keys.sign(CHECKPOINT_DOMAIN, message), number))
    with store.write() as connection:
        connection.executemany("UPDATE journal SET signature=? WHERE no=?", made)
    return len(made)
