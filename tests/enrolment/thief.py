"""A thief with a one-time code, and a centre of an earlier release that believed what he asked for."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import msgspec
from diwan_central.setup import now
from diwan_core.exchange import ledger
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.register import Register
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import chain_start, commitments, encode, link
from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.enrolment import Pending, make_request
from diwan_core.trust.network.ledger import DOMAIN
from diwan_core.trust.network.ledger_facts import NodeFact


class Thief:
    """Keys of his own, and an id that he chooses."""

    def __init__(self, folder: Path, node: str = "") -> None:
        self.folder = folder
        self.keys = NodeKeys.create(folder)
        self.node = node or mint_id()

    def asks(self, code: str, label: str = "Gate 9", office: str = "JOAQJ") -> Pending:
        """His enrolment request."""
        return make_request(code, self.keys, node=self.node, label=label, office=office, dictionary=1)

    def fact(self, authority: CertificateAuthority, label: str = "Gate 9") -> NodeFact:
        """What a centre that believed him would write into its ledger."""
        certificate = authority.issue(signing_request(self.keys, self.node), self.node, now())
        return NodeFact(
            node=self.node, label=label, office="", identity=self.keys.identity_public,
            sealing_key=self.keys.sealing_public, certificate=certificate.decode(), scopes=("national",),
        )  # fmt: skip

    def fact_of_a_newer_release(self) -> msgspec.Struct:
        """A fact of a kind that this release does not know, which names a node."""
        return msgspec.defstruct("GatewayFact", [("node", str), ("partner", str)])(self.node, "elsewhere")

    def rows(self, record: str, values: dict[str, Any]) -> tuple[str, list[list[Any]]]:
        """An epoch of his own, opened and with one case, as lines of a case file signed with his key."""
        epoch, hlc = text_id(secrets.token_bytes(8)), 1_795_000_000_000 << 16
        opening = {"origin": self.node, "epoch": epoch, "parent": None, "boot": "thief"}
        digest, lines = chain_start(self.node, epoch), list[list[Any]]()
        rows = (
            (["", "epoch", hlc, 0, 0, "system", 0, 1, None], opening),
            ([record, "case", hlc + 65536, 0, 0, "analyst", 0, 1, None], values),
        )
        for seq, (meta, rest) in enumerate(rows, start=1):
            salt, texts = secrets.token_bytes(16), (encode(meta), encode(rest))
            pair = commitments(salt, texts[1], None)
            digest = link(digest, salt, *texts, None)
            signature = self.keys.sign(CHECKPOINT_DOMAIN, checkpoint_message(self.node, epoch, seq, digest)).hex()
            ours = (texts[1].decode(), None, salt.hex()) if meta[0] else (None, None, None)
            lines.append([seq, texts[0].decode(), pair[0].hex(), pair[1].hex(), signature, *ours])
        return epoch, lines


def an_earlier_release_writes(register: Register, kind: str, fact: msgspec.Struct) -> None:
    """Append an entry as a centre of the first release did, whatever today's rules say of it."""
    before = ledger.load(register)
    inner = msgspec.json.encode(
        {
            "at": 1_795_000_000_000, "facts": fact, "kind": kind, "number": before.length + 1,
            "previous": before.head.hex(), "version": 1,
        },
        order="sorted",
    )  # fmt: skip
    signature = NodeKeys.load(register.folder).sign(DOMAIN, inner)
    raw = msgspec.json.encode({"entry": msgspec.Raw(inner), "signature": signature})
    with register.store.write() as connection:
        connection.execute("INSERT INTO ledger (number, entry) VALUES (?, ?)", (before.length + 1, raw))
