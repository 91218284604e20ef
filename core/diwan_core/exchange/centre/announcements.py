"""Small signed messages of the centre that are neither rows nor pictures."""

from __future__ import annotations

from collections.abc import Mapping

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import VERSION, LogStanding, Question, ScopeHeads, SignedBlobReceipt, Wake
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys


class Voice:
    """The centre as the sender of announcements. A nonce is that of the hello that a message answers."""

    def __init__(self, centre: str, keys: NodeKeys) -> None:
        self._centre = centre
        self._keys = keys
        self._called_at = 0

    def _now(self) -> int:
        """A time for what is said to everybody, later than the one before: posts take it in the order of its times."""
        self._called_at = max(now_ms(), self._called_at + 1)
        return self._called_at

    def wake(self) -> Message:
        """Everybody is to say hello. Nodes of the first releases look at the topic only."""
        message = sign_message(Wake(VERSION, self._now(), b""), self._centre, None, self._keys.sign)
        return topics.EVERYONE + topics.WAKE, message

    def heads(self, heads: Mapping[str, int]) -> Message:
        """The places of scopes, for everybody."""
        message = ScopeHeads(VERSION, dict(heads), self._now(), b"", b"")
        return topics.EVERYONE + topics.HEADS, sign_message(message, self._centre, None, self._keys.sign)

    def told(self, node: str, heads: Mapping[str, int], nonce: bytes) -> Message:
        """The places of scopes, for a node that claims numbers which they do not have."""
        message = ScopeHeads(VERSION, dict(heads), now_ms(), nonce, b"")
        return topics.down(node, topics.HEADS), sign_message(message, self._centre, node, self._keys.sign)

    def question(self, node: str, nonce: bytes, least: int, closing: bytes) -> Message:
        """A hello is to be said again."""
        message = Question(VERSION, nonce, least, closing, b"")
        return topics.down(node, topics.QUESTION), sign_message(message, self._centre, node, self._keys.sign)

    def blob_receipt(self, node: str, standing: tuple[bytes, int, bool], nonce: bytes) -> Message:
        """How much of a picture is here (its name, bytes, whether it is whole). Without a nonce in the form of the
        first releases."""
        message = SignedBlobReceipt(VERSION, *standing, nonce)
        return topics.down(node, topics.BLOB_RECEIPT), sign_message(message, self._centre, node, self._keys.sign)

    def log_standing(self, node: str, places: list[tuple[int, bytes]], nonce: bytes) -> Message:
        """Up to which row the log of reads of a node is here."""
        message = LogStanding(VERSION, places, nonce)
        return topics.down(node, topics.LOG), sign_message(message, self._centre, node, self._keys.sign)
