"""The wire as it was released: what these files hold is read and written for ever, byte for byte."""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.scopes import scopes_of
from diwan_core.exchange.carriers.envelope import disclose
from diwan_core.exchange.wire.compress import decompress
from diwan_core.exchange.wire.messages import (
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
)
from diwan_core.exchange.wire.parcel import ROWS, FeedContent, RowsContent, SignedFeed, read_header, unpack
from diwan_core.exchange.wire.snapshot import SnapshotAsk, SnapshotContent
from diwan_core.register.journal.row_lines import decode_rows
from diwan_core.trust import ScopeKey, verify
from diwan_core.trust.errors import NotForUs
from msgspec import Raw, msgpack

from tests.exchange.make_golden import CENTRE, FOLDER, POST, chain, keys, vectors

SEALED: dict[str, Any] = {
    "rows": RowsContent, "rows-erased": RowsContent, "feed": FeedContent, "piece": Piece, "snapshot": SnapshotContent,
    "signed-feed": SignedFeed, "feed-without-a-half": SignedFeed, "feed-of-a-unit": SignedFeed,
    "feed-to-the-author": SignedFeed, "feed-of-an-operation": SignedFeed,
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "receipt": Receipt, "hello": Hello, "blob-receipt": BlobReceipt, "snapshot-ask": SnapshotAsk,
    "ledger": tuple[int, list[bytes]], "head": dict[str, int],
}  # fmt: skip
SIGNED: dict[str, Any] = {
    "signed-hello": SignedHello, "bound-receipt": BoundReceipt, "signed-blob-receipt": SignedBlobReceipt,
    "signed-piece": SignedPiece, "scope-heads": ScopeHeads, "scope-heads-told": ScopeHeads, "wake": Wake,
    "question": Question,
}  # fmt: skip
OTHERS = (
    "chain", "stick-file", "enrolment", "enrolment-unconfirmed", "fingerprint-words", "scope-key", "ledger-entry",
    "ledger-confirmed", "ledger-reach", "belonging",
)  # fmt: skip


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def test_there_is_a_vector_of_every_kind() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*SEALED, *PLAIN, *SIGNED, *OTHERS}


@pytest.mark.parametrize("name", [*SEALED, *PLAIN, *SIGNED, *OTHERS])
def test_what_is_written_today_is_what_was_released(name: str) -> None:
    made, kept = vectors()[name], vector(name)
    made.pop("parcel", None)  # its sealing is random
    assert {key: value for key, value in kept.items() if key != "parcel"} == made


@pytest.mark.parametrize("name", list(SEALED))
def test_a_sealed_parcel_opens_for_its_reader_and_says_the_same_again(name: str) -> None:
    kept = vector(name)
    parcel = bytes.fromhex(kept["parcel"])
    head, start = read_header(parcel)
    assert encode(head).hex() == kept["header"]
    assert parcel[:4] == b"\x01\x01" + (start - 4).to_bytes(2, "big")
    content = unpack(parcel, start, keys(kept["reader"]))
    assert content.hex() == kept["content"]
    assert encode(msgpack.decode(content, type=SEALED[name])) == content


@pytest.mark.parametrize("name", [*PLAIN, *SIGNED])
def test_a_plain_message_says_the_same_again(name: str) -> None:
    wire = bytes.fromhex(vector(name)["wire"])
    assert encode(msgpack.decode(wire, type=(PLAIN | SIGNED)[name])) == wire


@pytest.mark.parametrize("name", list(SIGNED))
def test_a_signature_covers_both_ids_and_the_elements_as_the_document_says(name: str) -> None:
    """By hand, with nothing but the table of docs/protocol.md, "Signed messages"."""
    sender, receiver, domain, place, covered = {
        "signed-hello": (POST, CENTRE, b"hello", 13, range(13)),
        "bound-receipt": (CENTRE, POST, b"bound-receipt", 8, (*range(8), 9)),
        "signed-blob-receipt": (CENTRE, POST, b"blob-receipt", 5, range(5)),
        "signed-piece": (POST, CENTRE, b"piece", 5, range(5)),
        "scope-heads": (CENTRE, None, b"heads", 4, range(4)),
        "scope-heads-told": (CENTRE, POST, b"heads", 4, range(4)),
        "wake": (CENTRE, None, b"wake", 2, range(2)),
        "question": (CENTRE, POST, b"question", 4, range(4)),
    }[name]
    wire = bytes.fromhex(vector(name)["wire"])
    raw = [bytes(part) for part in msgpack.decode(wire, type=list[Raw])]
    ids = b"".join(base64.b32decode(one.upper() + "===") if one else bytes(8) for one in (sender, receiver))
    more = chain()[3] if name == "bound-receipt" else b""
    said = ids + sha256(b"".join(raw[at] for at in covered)).digest() + more
    assert said.hex() == vector(name)["signed"]
    signature = msgpack.decode(wire)[place]
    key = keys({POST: "post", CENTRE: "centre"}[sender]).identity_public
    assert verify(key, b"diwan/1/" + domain, said, signature)
    assert not any(
        verify(key, b"diwan/1/" + other, said, signature)
        for other in (b"hello", b"bound-receipt", b"blob-receipt", b"piece", b"heads", b"wake", b"question", b"file")
        if other != domain
    )


def test_a_feed_is_signed_whole_with_its_header() -> None:
    kept = vector("signed-feed")
    raw = [bytes(part) for part in msgpack.decode(bytes.fromhex(kept["content"]), type=list[Raw])]
    header = bytes.fromhex(kept["header"])
    before = b"\x01\x01" + len(header).to_bytes(2, "big") + header
    ids = b"".join(base64.b32decode(one.upper() + "===") for one in (CENTRE, POST))
    said = ids + sha256(before + b"".join(raw[1:8])).digest()
    assert said.hex() == kept["signed"]
    assert verify(keys("centre").identity_public, b"diwan/1/feed-parcel", said, msgpack.decode(raw[0]))


def test_a_hello_of_the_first_days_without_what_was_added_since_is_read() -> None:
    wire = bytes.fromhex(
        "990101a5302e312e309192c40810000000000000000381a86e6174696f6e616c03029192c420"
        "c44ae139fa18eb9eb89263b72b36d5090472272e660a6f80c2926ed68ab0d9a20090c2"
    )
    hello = msgpack.decode(wire, type=Hello)
    assert (hello.cursors, hello.feeds) == ({"national": 3}, {})


@pytest.mark.parametrize("name", ["rows", "rows-erased"])
def test_the_rows_of_both_chain_to_the_same_head(name: str) -> None:
    content = msgpack.decode(bytes.fromhex(vector(name)["content"]), type=RowsContent)
    head = read_header(bytes.fromhex(vector(name)["parcel"]))[0]
    assert head.kind == ROWS
    erased = {head.first + at: kept for at, kept in content.erased}
    rows = decode_rows(decompress(content.body, 1 << 20, head.compression), 1, content.salts, chain()[0], erased)
    assert [row.hash.hex() for row in rows] == vector("chain")["hashes"][1:]


@pytest.mark.parametrize("name", ["feed-without-a-half", "feed-of-a-unit", "feed-to-the-author"])
def test_rows_with_and_without_a_half_chain_to_the_same_hashes(name: str) -> None:
    content = msgpack.decode(bytes.fromhex(vector(name)["content"]), type=SignedFeed)
    (run,) = content.runs
    erased = {run.first_seq + at: kept for at, kept in content.erased}
    body = decompress(content.body, 1 << 20, 0)
    rows = decode_rows(body, run.first_seq, content.salts, run.previous or b"", erased)
    assert [row.hash.hex() for row in rows] == vector("chain")["hashes"][run.first_seq : run.last_seq + 1]
    assert [row.nominal_json is None for row in rows if row.seq == 2] == [name == "feed-without-a-half"]
    assert ("النور".encode() in body) == (name != "feed-without-a-half")


def test_a_stick_file_is_its_senders() -> None:
    wire = bytes.fromhex(vector("stick-file")["wire"])
    public = keys("post").identity_public

    def theirs(sender: str, content: bytes, mark: bytes) -> bool:
        return sender == POST and verify(public, b"diwan/1/file", content, mark)

    letter = disclose("h-1.dwn", wire, theirs)
    assert (letter.sender, letter.reader) == (POST, CENTRE)
    assert letter.payload.endswith(bytes.fromhex(vector("hello")["wire"]))


def test_a_code_s_request_and_answer_are_what_the_document_makes_of_it() -> None:
    """By hand, with nothing but the sentences of docs/protocol.md, "Enrolment"."""
    kept = vector("enrolment")
    code = kept["code"].replace("-", "").lower()
    key = HKDF(SHA256(), 64, code[:4].encode(), b"diwan/1/enrolment-code").derive(code[4:19].encode())
    assert key.hex() == kept["key"]
    values = ["abcdefghijklmnopqrstuvwxyz234567".index(letter) for letter in reversed(code)]
    doubled = [value * 2 if place % 2 else value for place, value in enumerate(values)]
    assert sum(value // 32 + value % 32 for value in doubled) % 32 == 0
    request, answer = json.loads(kept["request"]), json.loads(kept["answer"])
    asked, told = (base64.b64decode(message["body"]) for message in (request, answer))
    request_mac = hmac.digest(key[:32], b"diwan/1/enrolment-request\0" + asked, "sha256")
    answer_mac = hmac.digest(key[32:], b"diwan/1/enrolment-answer\0" + sha256(asked).digest() + told, "sha256")
    assert [base64.b64decode(message["mac"]) for message in (request, answer)] == [request_mac, answer_mac]
    assert json.loads(asked)["node"] == json.loads(told)["node"] == POST


def test_a_scope_key_sealed_to_a_node_opens_for_it_alone() -> None:
    kept = vector("scope-key")
    key_id, sealed = bytes.fromhex(kept["key id"]), bytes.fromhex(kept["parcel"])
    assert ScopeKey.receive(keys("post"), kept["scope"], key_id, sealed).public.hex() == kept["public"]
    assert sha256(b"diwan/1/scope-key\0" + bytes.fromhex(kept["public"])).digest()[:8] == key_id
    with pytest.raises(NotForUs):
        ScopeKey.receive(keys("centre"), kept["scope"], key_id, sealed)


@pytest.mark.parametrize("name", ["ledger-entry", "ledger-reach"])
def test_a_ledger_entry_is_the_centre_s(name: str) -> None:
    kept = vector(name)
    entry = json.loads(kept["entry"])
    inner = json.dumps(entry["entry"], sort_keys=True, separators=(",", ":")).encode()
    assert verify(keys("centre").identity_public, b"diwan/1/ledger", inner, base64.b64decode(entry["signature"]))
    assert sha256(kept["entry"].encode()).hexdigest() == kept["hash"]
    assert (entry["entry"]["number"], entry["entry"]["previous"]) == (2, kept["previous"])


def test_a_record_belongs_where_it_says() -> None:
    kept = vector("belonging")
    for one in kept["said"]:
        found = scopes_of(DICTIONARY.type(one["type"]), kept["record"], one["values"])
        said = (sorted(one["scopes"]), one["those of"], one["and those of its maker"])
        assert (sorted(found.named), list(found.records), found.with_maker) == said, one
