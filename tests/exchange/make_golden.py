"""Makes the golden vectors of the wire: `python -m tests.exchange.make_golden`. One file a message kind.

Keys, salts and times are fixed, so every byte but the sealing's own randomness comes out the same; an existing file's
sealed bytes are therefore kept, and `test_golden.py` opens them. A released vector never changes: a new version of a
message gets a vector of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from diwan_core.exchange.carriers.envelope import enclose
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.feed import feed_message, parcel_text
from diwan_core.exchange.wire.messages import (
    RECEIPT_DOMAIN,
    VERSION,
    BlobReceipt,
    BoundReceipt,
    Hello,
    Piece,
    Question,
    Receipt,
    ScopeHeads,
    SignedBlobReceipt,
    SignedHello,
    SignedPiece,
    Wake,
    encode,
    signed_part,
)
from diwan_core.exchange.wire.parcel import (
    FEED,
    PIECE,
    ROWS,
    SNAPSHOT,
    FeedContent,
    FeedRun,
    Header,
    RowsContent,
    SignedFeed,
    clear,
    pack,
    raw_id,
)
from diwan_core.exchange.wire.signed import FEED_PARCEL, elements, sign_message, text
from diwan_core.exchange.wire.snapshot import (
    SNAPSHOT_DOMAIN,
    SnapshotAsk,
    SnapshotContent,
    part_message,
)
from diwan_core.register.admission.scope_log import FEED_DOMAIN, feed_link, feed_start
from diwan_core.register.admission.snapshot import EpochLine
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import chain_start, commitments, half_salts, link, row_hash
from diwan_core.trust import NodeKeys, ScopeKey
from diwan_core.trust.network.enrolment import Answer, answer_request, make_request, receive_request
from diwan_core.trust.network.enrolment_codes import CodeFor, StoredCode, mint_code
from diwan_core.trust.network.fingerprint_words import fingerprint_words
from diwan_core.trust.network.ledger import Ledger, append
from diwan_core.trust.network.ledger_facts import CentralFact, ConfirmedFact, NodeFact, ReachFact, ScopeKeyFact
from msgspec import structs

FOLDER = Path(__file__).parent / "golden"
CENTRE, POST, EPOCH, MATE = "aaaaaaaaaaaaa", "baaaaaaaaaaaa", "caaaaaaaaaaaa", "daaaaaaaaaaaa"
RECORD = "019a0000-0000-7000-8000-000000000001"
OPERATION = "019a0000-0000-7000-8000-000000000002"
TIME = 1_795_000_000_000
DIGEST = bytes.fromhex("d16e57d16e57d16e")
KEY_ID = bytes.fromhex("5c09e5c09e5c09e5")


def keys(name: str) -> NodeKeys:
    """Keys made of a name: hash of it with "identity" and "sealing"."""
    seeds = [hashlib.sha256(f"{name} {use}".encode()).digest() for use in ("identity", "sealing")]
    return NodeKeys(Ed25519PrivateKey.from_private_bytes(seeds[0]), X25519PrivateKey.from_private_bytes(seeds[1]))


def lines() -> tuple[list[bytes], bytes]:
    """The rows of every vector: an opening, a case, an edit of it; and their salts."""
    opening = f'{{"origin":"{POST}","epoch":"{EPOCH}","parent":null,"boot":"0123456789abcdef"}}'
    stamp = TIME << 16
    rows = [
        f'[["","epoch",{stamp},180,1000,"system",0,1,null],{opening},null]',
        f'[["{RECORD}","case",{stamp + 65536},180,2000,"officer",0,1,null],{{"type":"seizure","date":"2026-11-20"}},'
        '{"narrative":"النور"}]',
        f'[["{RECORD}","case",{stamp + 131072},180,3000,"supervisor",0,1,{{"*":[["{EPOCH}",2]]}}],'
        '{"place":"Gate"},null]',
    ]
    return [row.encode() for row in rows], b"".join(bytes([at]) * 16 for at in (1, 2, 3))


def parts(line: bytes) -> tuple[bytes, bytes, bytes | None]:
    """meta, rest, nominal of a line, byte for byte."""
    meta, rest, nominal = (bytes(part) for part in msgspec.json.decode(line, type=list[msgspec.Raw]))
    return meta, rest, None if nominal == b"null" else nominal


def frame(data: bytes) -> bytes:
    """A Zstandard frame of one raw block (RFC 8878 §3.1.1): the same from every library, for at most 64 kB."""
    size = bytes([0x20, len(data)]) if len(data) < 256 else b"\x60" + (len(data) - 256).to_bytes(2, "little")
    return b"\x28\xb5\x2f\xfd" + size + (len(data) << 3 | 1).to_bytes(3, "little") + data


def chain() -> list[bytes]:
    """h_0 … h_3."""
    hashes = [chain_start(POST, EPOCH)]
    for at, line in enumerate(lines()[0]):
        hashes.append(link(hashes[-1], bytes([at + 1]) * 16, *parts(line)))
    return hashes


class OneCode:
    """A store of one code, as the centre keeps it."""

    def __init__(self, code: StoredCode) -> None:
        self.code = code

    def add(self, code: StoredCode) -> None:
        self.code = code

    def get(self, code_id: str) -> StoredCode | None:
        return self.code if code_id == self.code.id else None

    def reserve(self, code_id: str, used_by: bytes, node: str) -> bool:
        self.code = replace(self.code, used_by=used_by, enrolled=node)
        return code_id == self.code.id

    def keep_answer(self, code_id: str, used_by: bytes, answer: bytes) -> None:
        self.code = replace(self.code, answer=answer)


def scope_key() -> ScopeKey:
    """A scope's key, made of its name."""
    return ScopeKey("national", X25519PrivateKey.from_private_bytes(hashlib.sha256(b"scope key").digest()))


def trust_vectors() -> dict[str, dict[str, Any]]:
    """Of what a node is enrolled with, and what it learns of others."""
    post, centre, key = keys("post"), keys("centre"), scope_key()
    when = datetime.fromtimestamp(TIME / 1000, UTC)
    shown, stored = mint_code(when, CodeFor("Post", "JOAQJ"), random=lambda size: bytes(range(size)))
    pending = make_request(
        shown,
        post,
        node=POST,
        label="Post",
        office="JOAQJ",
        dictionary=1,
        random=lambda size: bytes(size),  # noqa: PLW0108  looked up when it is called
    )
    store = OneCode(stored)
    answer = Answer(
        1, POST, "PEM", "PEM", CENTRE, "PEM", centre.sealing_public, "centre.test", 8883, (), TIME, 4, bytes(32)
    )
    told = answer_request(store, receive_request(store, pending.request, when), answer)
    again = OneCode(stored)
    named = structs.replace(answer, label="Post", office="JOAQJ", unconfirmed=True)
    told_named = answer_request(again, receive_request(again, pending.request, when), named)
    ledger = Ledger(centre.identity_public, 1, bytes([7]) * 32, CentralFact(CENTRE, "Centre", b"", b"", "", ""))
    fact = NodeFact(POST, "Post", "JOAQJ", post.identity_public, post.sealing_public, "PEM", ())
    enrolled = replace(ledger, nodes={POST: fact})
    confirmed, after_confirmed = append(enrolled, ConfirmedFact(POST, post.identity_public), TIME, centre)
    said, after_said = append(ledger, ReachFact("case", "unit"), TIME, centre)
    entry, after = append(ledger, ScopeKeyFact(key.scope, key.id, key.public), TIME, centre)
    return {
        "enrolment": {
            "code": shown, "key": stored.key.hex(), "request": pending.request.decode(), "answer": told.decode()
        },
        "enrolment-unconfirmed": {
            "code": shown, "request": pending.request.decode(), "answer": told_named.decode()
        },
        "fingerprint-words": {
            "node": POST, "identity": post.identity_public.hex(), "sealing key": post.sealing_public.hex(),
            "words": fingerprint_words(POST, post.identity_public, post.sealing_public),
        },
        "ledger-confirmed": {
            "entry": confirmed.decode(), "hash": after_confirmed.head.hex(), "previous": ledger.head.hex()
        },
        "scope-key": {
            "scope": key.scope, "key id": key.id.hex(), "public": key.public.hex(), "reader": "post",
            "parcel": key.sealed_to(post.sealing_public).hex(),
        },
        "ledger-reach": {
            "entry": said.decode(), "hash": after_said.head.hex(), "previous": ledger.head.hex()
        },
        "ledger-entry": {"entry": entry.decode(), "hash": after.head.hex(), "previous": ledger.head.hex()},
    }  # fmt: skip


def belonging() -> dict[str, Any]:
    """Which scopes a record says that it belongs to, by its type and what stands in it."""
    operation, post, unit = f"op-{OPERATION}", f"post-{POST}", "unit-north"
    said: list[tuple[str, dict[str, Any], list[str], list[str], bool]] = [
        ("case", {}, [], [], True),
        ("case", {"unit": " North "}, [unit], [], False),
        ("case", {"unit": "two--hyphens"}, [], [], True),
        ("case", {"unit": "a" * 17}, [], [], True),
        ("case", {"operation": OPERATION}, [operation], [], True),
        ("case", {"operation": OPERATION, "unit": "north"}, [operation, unit], [], False),
        ("message", {"operation": OPERATION}, [operation], [], False),
        ("message", {"for_post": POST}, [post], [], False),
        ("message", {"for_post": "not a node"}, [], [], True),
        ("message", {"for_post": POST, "operation": OPERATION, "unit": "north"}, [post], [], False),
        ("request", {"for_post": POST}, [post], [], False),
        ("operation", {"name": "Testhound"}, [f"op-{RECORD}"], [], False),
        ("attachment", {"subject": OPERATION}, [], [OPERATION], False),
    ]
    names = ("type", "values", "scopes", "those of", "and those of its maker")
    return {"record": RECORD, "said": [dict(zip(names, one, strict=True)) for one in said]}


def vectors() -> dict[str, dict[str, Any]]:
    """Every vector. `content` is what is sealed; `wire` a whole message that is not sealed."""
    post, centre, scope = keys("post"), keys("centre"), keys("scope")
    rows, salts = lines()
    hashes = chain()
    raw = {name: raw_id(name) for name in (CENTRE, POST, EPOCH)}
    body = frame(b"\n".join(rows))
    signature = post.sign(CHECKPOINT_DOMAIN, checkpoint_message(POST, EPOCH, 3, hashes[3]))
    kept = b"".join(commitments(bytes([2]) * 16, *parts(rows[1])[1:]))
    gone = b"[" + parts(rows[1])[0] + b",{},null]"
    feed_hash = feed_link(feed_start("national"), 3, EPOCH, 1, 3, hashes[3])
    run = FeedRun(raw[POST], "post", raw[EPOCH], 1, 3, hashes[0], signature)
    feed = FeedContent(
        centre.sign(FEED_DOMAIN, feed_message("national", 3, feed_hash)), feed_start("national"), [run], salts, body
    )
    snapshot = SnapshotContent(3, feed_hash, 0, 1, frame(b""), [EpochLine(EPOCH, POST, 3, hashes[3])], bytes(64))
    signed = centre.sign(SNAPSHOT_DOMAIN, part_message("national", snapshot))
    picture = b"\x89PNG" + bytes(60)
    receipt = Receipt(
        VERSION, raw[EPOCH], 3, 0, 2_097_152, TIME, False, [("national", 1, 1, 3)],
        centre.sign(RECEIPT_DOMAIN, signed_part(POST, EPOCH, 3, 0, TIME, hashes[3])),
    )  # fmt: skip
    hello = Hello(
        VERSION,
        1,
        "0.1.0",
        [(raw[EPOCH], 3)],
        {"national": 3},
        2,
        [(hashlib.sha256(picture).digest(), 0)],
        [],
        False,
        {"national": feed_hash[:8]},
    )

    def about(kind: int, **more: Any) -> Header:
        return Header(kind, 1, DIGEST, 0, raw[POST if kind in (ROWS, PIECE) else CENTRE], **more)

    def sealed(head: Header, content: Any, reader: NodeKeys, name: str) -> dict[str, Any]:
        inside = encode(content)
        return {
            "header": encode(head).hex(), "content": inside.hex(), "reader": name,
            "parcel": pack(head, inside, reader.sealing_public).hex(),
        }  # fmt: skip

    whole = RowsContent(signature, salts, body)
    erased_body = frame(b"\n".join([rows[0], gone, rows[2]]))
    part = RowsContent(signature, salts[:16] + bytes(16) + salts[32:], erased_body, [(1, kept)])
    span = {"epoch": raw[EPOCH], "first": 1, "last": 3}
    return {
        **trust_vectors(),
        **signed_vectors(),
        **kept_back_vectors(),
        "chain": {
            "lines": [row.decode() for row in rows], "salts": salts.hex(),
            "hashes": [digest.hex() for digest in hashes],
            "commitments of row 2": kept.hex(), "checkpoint at 3": signature.hex(),
            "row 2 by its commitments": row_hash(hashes[1], parts(rows[1])[0], kept[:32], kept[32:]).hex(),
        },
        "rows": sealed(about(ROWS, **span), whole, centre, "centre"),
        "rows-erased": sealed(about(ROWS, **span), part, centre, "centre"),
        "feed": sealed(about(FEED, scope="national", number=1, key=KEY_ID), feed, scope, "scope"),
        "piece": sealed(
            about(PIECE), Piece(hashlib.sha256(picture).digest(), 64, 0, "image/png", picture), centre, "centre"
        ),
        "snapshot": sealed(
            about(SNAPSHOT, scope="national", number=3, key=KEY_ID),
            SnapshotContent(3, feed_hash, 0, 1, frame(b""), snapshot.epochs, signed), scope, "scope",
        ),
        "receipt": {"wire": encode(receipt).hex(), "signed": signed_part(POST, EPOCH, 3, 0, TIME, hashes[3]).hex()},
        "hello": {"wire": encode(hello).hex()},
        "blob-receipt": {"wire": encode(BlobReceipt(VERSION, hashlib.sha256(picture).digest(), 64, True)).hex()},
        "snapshot-ask": {"wire": encode(SnapshotAsk(VERSION, 3, 0)).hex()},
        "ledger": {"wire": encode((1, [b'{"entry":{},"signature":""}'])).hex()},
        "head": {"wire": encode({"national": 3}).hex()},
        "belonging": belonging(),
        "stick-file": {
            "wire": enclose(topics.HELLO, POST, CENTRE, encode((TIME, hello)), post.sign).hex()
        },
    }  # fmt: skip


def signed_vectors() -> dict[str, dict[str, Any]]:
    """Of the messages that their sender signs; `signed` is the text its signature covers."""
    post, centre, scope = keys("post"), keys("centre"), keys("scope")
    rows, salts = lines()
    hashes = chain()
    nonce = bytes(range(8))
    picture = b"\x89PNG" + bytes(60)
    name = hashlib.sha256(picture).digest()
    feed_hash = feed_link(feed_start("national"), 3, EPOCH, 1, 3, hashes[3])
    marks = {"national": feed_hash[:8]}
    hello = SignedHello(
        VERSION, 1, "0.1.0", [(raw_id(EPOCH), 3)], {"national": 3}, 2, [(name, 0)], [], False, marks, nonce, TIME,
        bytes([9]) * 16,
    )  # fmt: skip
    receipt = BoundReceipt(
        VERSION, raw_id(EPOCH), 3, 0, 262_144, TIME, False, [("national", 1, 1, 3)], bytes(64), nonce
    )

    def wire(message: Any, sender: str, receiver: str | None, more: bytes = b"") -> dict[str, Any]:
        who = {POST: post, CENTRE: centre}[sender]
        made = sign_message(message, sender, receiver, who.sign, more)
        names = [field.name for field in msgspec.structs.fields(type(message))]
        covered = [part for at, part in enumerate(elements(made)) if names[at] != "signature"]
        return {"wire": made.hex(), "signed": text(sender, receiver, covered, more).hex()}

    run = FeedRun(raw_id(POST), "post", raw_id(EPOCH), 1, 3, hashes[0], bytes(64))
    body = frame(b"\n".join(rows))
    content = SignedFeed(bytes(64), feed_start("national"), [run], salts, body, False, [], raw_id(POST))
    head = Header(FEED, 1, DIGEST, 0, raw_id(CENTRE), scope="national", number=1, key=KEY_ID)
    covered = parcel_text(CENTRE, clear(head), encode(content), POST)
    inside = encode(msgspec.structs.replace(content, signature=centre.sign(FEED_PARCEL, covered)))
    piece = SignedPiece(name, 64, 0, "image/png", picture)
    return {
        "signed-hello": wire(hello, POST, CENTRE),
        "bound-receipt": wire(receipt, CENTRE, POST, hashes[3]),
        "signed-blob-receipt": wire(SignedBlobReceipt(VERSION, name, 64, True, nonce), CENTRE, POST),
        "signed-piece": wire(piece, POST, CENTRE),
        "scope-heads": wire(ScopeHeads(VERSION, {"national": 3}, TIME, b"", b""), CENTRE, None),
        "scope-heads-told": wire(ScopeHeads(VERSION, {"national": 0}, TIME, nonce, b""), CENTRE, POST),
        "wake": wire(Wake(VERSION, TIME, b""), CENTRE, None),
        "question": wire(Question(VERSION, nonce, TIME + 1, bytes([9]) * 16, b""), CENTRE, POST),
        "signed-feed": {
            "header": encode(head).hex(), "content": inside.hex(), "reader": "scope", "signed": covered.hex(),
            "parcel": pack(head, inside, scope.sealing_public).hex(),
        },
    }  # fmt: skip


def kept_back_vectors() -> dict[str, dict[str, Any]]:
    """The same rows as those read them for whom the nominal half of row 2 is not, in the national feed; those of the
    author's unit, in its scope; and the author, who lost them."""
    post, centre, scope = keys("post"), keys("centre"), keys("scope")
    rows, salts = lines()
    hashes = chain()
    meta, rest, nominal = parts(rows[1])
    kept = b"".join(commitments(salts[16:32], rest, nominal))
    without = [rows[0], b"[" + meta + b"," + rest + b",null]", rows[2]]
    left = salts[:16] + half_salts(salts[16:32])[0] + salts[32:]
    every, one = (1, 3, hashes[0]), (2, 2, hashes[1])

    def feed(scope_name: str, span: tuple[int, int, bytes], reader: str | None, **more: Any) -> dict[str, Any]:
        first, last, before = span
        run = FeedRun(raw_id(POST), "post", raw_id(EPOCH), first, last, before)
        lines_of = more.get("rows", rows)[first - 1 : last]
        salts_of = more.get("salts", salts)[16 * (first - 1) : 16 * last]
        content = SignedFeed(
            bytes(64), feed_start(scope_name), [run], salts_of, frame(b"\n".join(lines_of)), False,
            more.get("erased", []), raw_id(reader) if reader else b"",
        )  # fmt: skip
        key = None if reader == POST and scope_name == "national" else KEY_ID
        head = Header(FEED, 1, DIGEST, 0, raw_id(CENTRE), scope=scope_name, number=1, key=key)
        covered = parcel_text(CENTRE, clear(head), encode(content), reader)
        inside = encode(msgspec.structs.replace(content, signature=centre.sign(FEED_PARCEL, covered)))
        name, sealing = ("post", post) if key is None else ("scope", scope)
        return {
            "header": encode(head).hex(), "content": inside.hex(), "reader": name, "signed": covered.hex(),
            "parcel": pack(head, inside, sealing.sealing_public).hex(),
        }  # fmt: skip

    return {
        "feed-without-a-half": feed("national", every, None, rows=without, salts=left, erased=[(1, kept)]),
        "feed-of-a-unit": feed("unit-north", one, MATE),
        "feed-of-an-operation": feed(f"op-{OPERATION}", one, MATE),
        "feed-to-the-author": feed("national", every, POST),
    }


def main() -> None:
    """Write the vectors that are not there yet."""
    FOLDER.mkdir(exist_ok=True)
    for name, vector in vectors().items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(vector, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
