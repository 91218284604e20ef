"""A post that keeps its keys and nothing else of the protocol: it chains, signs and seals whatever it likes."""

from __future__ import annotations

import secrets
import time
from typing import Any

from diwan_core.exchange.wire.messages import VERSION, SignedHello
from diwan_core.exchange.wire.parcel import ROWS, header, pack, rows_content, text_id
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import chain_start, encode, link
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post


def said_hello(keys: NodeKeys, node: str, net: Network, **values: Any) -> bytes:
    """A hello that a node's keys signed, later than all before it."""
    whole: dict[str, Any] = {
        "version": VERSION, "dictionary": 1, "release": "evil", "epochs": [], "cursors": {}, "ledger": 0, "wants": [],
        "offers": [], "nonce": secrets.token_bytes(8), "time": time.time_ns() // 1000, **values,
    }  # fmt: skip
    return sign_message(SignedHello(**whole), node, net.register.config.id, keys.sign)


class EvilKeys:
    """An enrolled post's keys in other hands, with an epoch of its own making."""

    def __init__(self, node: str, keys: NodeKeys, centre_sealing: bytes) -> None:
        self.node = node
        self.keys = keys
        self.centre = centre_sealing
        self.epoch = text_id(secrets.token_bytes(8))
        self.seq = 0
        self.hash = chain_start(self.node, self.epoch)

    def opening(self, hlc: int, parent: Any = None, boot: str = "evil") -> bytes:
        """The parcel that opens the epoch."""
        rest = {"origin": self.node, "epoch": self.epoch, "parent": parent, "boot": boot}
        return self.rows([(["", "epoch", hlc, 0, 0, "system", 0, 1, None], rest, None)])

    def rows(self, rows: list[tuple[list[Any], dict[str, Any], dict[str, Any] | None]]) -> bytes:
        """A parcel of the next rows, each (meta, rest, nominal), rightly chained and signed."""
        return self.written([(encode(meta), encode(rest), encode(nominal)) for meta, rest, nominal in rows])

    def written(
        self, rows: list[tuple[bytes, bytes, bytes]], line: bytes = b"[%b,%b,%b]", join: bytes = b"\n"
    ) -> bytes:
        """The same of rows in any spelling, rightly chained and signed over it."""
        first, salts = self.seq + 1, b""
        for meta, rest, nominal in rows:
            salt = secrets.token_bytes(16)
            self.hash = link(self.hash, salt, meta, rest, None if nominal == b"null" else nominal)
            salts += salt
            self.seq += 1
        message = checkpoint_message(self.node, self.epoch, self.seq, self.hash)
        about = header(ROWS, self.node, epoch=self.epoch, first=first, last=self.seq)
        body = join.join(line % parts for parts in rows)
        return pack(about, rows_content(self.keys.sign(CHECKPOINT_DOMAIN, message), salts, body), self.centre)


class EvilPost(EvilKeys):
    """The same of a post that ends."""

    def __init__(self, net: Network, post: Post) -> None:
        keys, centre = NodeKeys.load(post.register.folder), NodeKeys.load(net.register.folder)
        super().__init__(post.register.config.id, keys, centre.sealing_public)
        net.stop(post)
