"""The standing of a post in its network: enrolled or not, confirmed by a person at the centre or not; and its
fingerprint words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from diwan_core.trust import KeysMissing, NodeKeys
from diwan_core.trust.network.fingerprint_words import fingerprint_words
from diwan_core.trust.network.keys import NODE_CERTIFICATE, keys_folder

if TYPE_CHECKING:
    from diwan_core.register.register import Register

NOT_ENROLLED: Final = "not enrolled"
NOT_REACHED: Final = "enrolled"
"""The ledger has not come yet: the post has not reached its centre since."""
UNCONFIRMED: Final = "unconfirmed"
CONFIRMED: Final = "confirmed"
REVOKED: Final = "revoked"

IN_WORDS: Final = {
    NOT_ENROLLED: "not enrolled: ask the centre for a code, then `diwan enrol`",
    NOT_REACHED: "enrolled; the centre has not been reached yet",
    UNCONFIRMED: "not confirmed yet: read the words to the person at the centre who is to confirm this post",
    CONFIRMED: "confirmed by the centre",
    REVOKED: "its keys are revoked: `diwan post rekey`, and a new code",
}


class Standing(NamedTuple):
    """`state` is one of the names above; `words` are the fingerprint words of this post's keys, empty without keys."""

    state: str
    words: str


def standing_of_post(register: Register) -> Standing:
    """The standing of this very post by the ledger held here."""
    node = register.config.id
    try:
        keys = NodeKeys.load(register.folder)
    except KeysMissing:
        return Standing(NOT_ENROLLED, "")
    words = fingerprint_words(node, keys.identity_public, keys.sealing_public)
    if not (keys_folder(register.folder) / NODE_CERTIFICATE).exists():
        return Standing(NOT_ENROLLED, words)
    found = register.store.rows("SELECT signing_key, revoked, confirmed FROM node WHERE id=?", (node,))
    if not found or (found[0][0] != keys.identity_public):
        return Standing(NOT_REACHED, words)
    _, revoked, confirmed = found[0]
    return Standing(REVOKED if revoked else CONFIRMED if confirmed else UNCONFIRMED, words)
