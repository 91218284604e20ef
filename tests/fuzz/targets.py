"""What faces the network or a stick, each as a function that must take any bytes and answer only in its own errors.

The nodes behind them are real: an enrolled post that turned hostile signs and seals what is wrong inside."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_central.setup import scope_key
from diwan_core.audit import BadCaseFile, check, export
from diwan_core.audit.casefile import SEAL_DOMAIN, sealed_message
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.envelope import BadFile, disclose, enclose
from diwan_core.exchange.carriers.folder import Looked, Stick
from diwan_core.exchange.post import post_stick
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.compress import NotDecompressed, compress, decompress
from diwan_core.exchange.wire.messages import Piece, encode
from diwan_core.exchange.wire.parcel import (
    FEED,
    PIECE,
    ROWS,
    SNAPSHOT,
    BadParcel,
    RowsContent,
    header,
    pack,
    read_header,
    rows_content,
    unpack,
)
from diwan_core.exchange.wire.snapshot import SnapshotContent
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import chain_start, link
from diwan_core.register.journal.stretches import signed_stretch
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.network.enrolment import make_request
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.exchange.network import Network, Post, case


@dataclass(frozen=True)
class Target:
    """`corpus` is right inputs, `take` what is given wrong ones; it raises only where there is a fault."""

    corpus: list[bytes]
    take: Callable[[bytes], None]


class Fault(Exception):
    """Something that must not happen did."""


def targets(net: Network, place: Path) -> dict[str, Callable[[], Target]]:
    """Every target of a network of one hostile and one honest post, made when asked for."""
    post, other = net.posts
    post.save(case(place="Gate"), case(party={"1": {"role": "declarant", "name": "A. Person"}}))
    post.edit(post.save(case(time="10:00"))[0], place="Warehouse")
    return {
        "header": lambda: Target([_parcel(post)], _header),
        "parcel": lambda: Target([_parcel(post)], lambda data: _admit(net, post, topics.PARCEL, data)),
        "rows content": lambda: _rows_content(net, post),
        "rows": lambda: _rows(net, post),
        "piece": lambda: _piece(net, post),
        "hello": lambda: _hello(net, post),
        "receipt": lambda: _down(net, post, other),
        "feed": lambda: _sealed_down(net, other, FEED, topics.FEED),
        "snapshot": lambda: _snapshot(net, other),
        "ledger": lambda: _ledger(net, other),
        "enrolment": lambda: _enrolment(net, place),
        "stick": lambda: _stick(post, place),
        "compressed": lambda: Target([compress(b"x" * 5000), compress(b'{"a":1}')], _compressed),
        "case file": lambda: _case_file(net, post, place),
    }


def _header(data: bytes) -> None:
    with contextlib.suppress(BadParcel):
        read_header(data)


def _compressed(data: bytes) -> None:
    with contextlib.suppress(NotDecompressed):
        decompress(data, 1 << 20)


def _lines(post: Post) -> tuple[str, bytes, bytes, bytes]:
    """All rows of a post: epoch, lines, salts, signature."""
    connection = post.register.store.connection
    number, epoch, head = connection.execute("SELECT no, id, signed FROM epoch WHERE own=1").fetchone()
    rows = signed_stretch(connection, number, 0, head)
    if rows is None or rows.signature is None:
        raise Fault("a post without rows")
    return epoch, rows.lines, rows.salts, rows.signature


def _sealing(net: Network) -> bytes:
    return NodeKeys.load(net.register.folder).sealing_public


def _parcel(post: Post) -> bytes:
    epoch, lines, salts, signature = _lines(post)
    reader = post.register.store.one("SELECT sealing_key FROM node WHERE role='central'")
    about = header(ROWS, post.register.config.id, epoch=epoch, first=1, last=len(salts) // 16)
    return pack(about, rows_content(signature, salts, lines), reader)


def _admit(net: Network, post: Post, leaf: str, data: bytes) -> None:
    net.inbox.handle([(topics.up(post.register.config.id, leaf), data)])
    net.inbox.receipts()
    stumbled = net.register.store.rows("SELECT reason FROM quarantine WHERE code='error'")
    if stumbled:
        with net.register.store.write() as connection:
            connection.execute("DELETE FROM quarantine")
        raise Fault(stumbled[0][0])


def _rows_content(net: Network, post: Post) -> Target:
    epoch, lines, salts, signature = _lines(post)
    about = header(ROWS, post.register.config.id, epoch=epoch, first=1, last=len(salts) // 16)
    right = rows_content(signature, salts, lines, [(1, bytes(64))])

    def take(data: bytes) -> None:
        _admit(net, post, topics.PARCEL, pack(about, data, _sealing(net)))

    return Target([right, msgspec.msgpack.encode(RowsContent(signature, salts, compress(b"[]")))], take)


def _rows(net: Network, post: Post) -> Target:
    """Lines that are wrong, chained, signed and sealed by an enrolled post: only their meaning can be refused."""
    _, lines, _, _ = _lines(post)
    records = {line[3:39] for line in lines.split(b"\n") if line[3:4] != b'"'}
    keys, node = NodeKeys.load(post.register.folder), post.register.config.id
    count = 0

    def take(data: bytes) -> None:
        nonlocal count
        count += 1
        epoch = "".join("abcdefghijklmnop"[(count >> (4 * at)) & 15] for at in range(12)) + "a"
        body = data.replace(lines.split(b'"epoch":"')[1][:13], epoch.encode())
        for record in records:  # records of its own every time: what exists already would not be judged
            body = body.replace(record, f"{count:08x}".encode() + record[8:])
        digest, salt, rows = chain_start(node, epoch), bytes(16), body.split(b"\n")
        for row in rows:
            try:
                meta, rest, nominal = (bytes(part) for part in msgspec.json.decode(row, type=list[msgspec.Raw]))
            except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
                break
            digest = link(digest, salt, meta, rest, None if nominal == b"null" else nominal)
        signature = keys.sign(CHECKPOINT_DOMAIN, checkpoint_message(node, epoch, len(rows), digest))
        about = header(ROWS, node, epoch=epoch, first=1, last=len(rows))
        content = rows_content(signature, salt * len(rows), body)
        _admit(net, post, topics.PARCEL, pack(about, content, _sealing(net)))

    return Target([lines], take)


def _piece(net: Network, post: Post) -> Target:
    about = header(PIECE, post.register.config.id)
    right = [encode(Piece(bytes([at]) * 32, 100, 0, "image/png", b"x" * 50)) for at in range(3)]
    with net.register.store.write() as connection:  # else all but what its keys signed ends at the first look
        connection.execute("UPDATE node SET signs=0 WHERE id=?", (post.register.config.id,))
    return Target(right, lambda data: _admit(net, post, topics.PIECE, pack(about, data, _sealing(net))))


def _hello(net: Network, post: Post) -> Target:
    post.exchange.came_up()
    right = next(payload for topic, payload in post.exchange.outgoing() if topic.endswith("/h"))

    def take(data: bytes) -> None:
        for leaf in (topics.HELLO, topics.ASK, topics.LEDGER):
            _admit(net, post, leaf, data)
            list(net.relay.handle([(topics.up(post.register.config.id, leaf), data)]))

    return Target([right], take)


def _down(net: Network, post: Post, reader: Post) -> Target:
    """The small messages of the centre, in every place a broker could put them."""
    net.settle()
    post.save(case(time="23:00"))
    sent: list[bytes] = []
    net.bus.carrier("listener", ["#"])
    listener = net.bus.readers[-1]
    net.settle()
    sent = [payload for topic, payload in listener.poll(0) if topic[-1] in "rclwnaq" and payload]

    def take(data: bytes) -> None:
        leaves = (topics.RECEIPT, topics.BLOB_RECEIPT, topics.LEDGER, topics.HEAD, topics.WAKE, topics.KEY)
        for leaf in (*leaves, topics.HEADS, topics.QUESTION):
            post.exchange.handle([(topics.down(post.register.config.id, leaf), data)])
            post.exchange.handle([(topics.EVERYONE + leaf, data)])
        post.exchange.flush(force=True)

    return Target(sent or [encode([1])], take)


def _sealed_down(net: Network, reader: Post, kind: int, leaf: str) -> Target:
    """Contents sealed to the scope as only its members can; not signed by the centre, as only it can."""
    post = net.posts[0]
    net.settle()
    node = reader.register.config.id
    post.save(case(time="22:00"))
    net.turn()
    key = scope_key(net.register.folder, ledger.load(net.register))
    parcels = [parcel for _, parcel in net.relay._feed.page(net.register.store.connection, node, 0)]
    about, _ = read_header(parcels[0])
    right = [unpack(parcel, read_header(parcel)[1], key) for parcel in parcels]

    def take(data: bytes) -> None:
        reader.exchange.handle([(topics.down(node, leaf), pack(about, data, key.public))])
        reader.exchange.handle([(topics.down(node, leaf), data)])

    return Target(right, take)


def _snapshot(net: Network, reader: Post) -> Target:
    net.settle()
    node = reader.register.config.id
    key = scope_key(net.register.folder, ledger.load(net.register))
    ((_, parcel),) = list(net.relay._snapshot.offer(node))
    about, start = read_header(parcel)
    right = unpack(parcel, start, key)
    content = msgspec.msgpack.decode(right, type=SnapshotContent)
    lines = decompress(content.body, 1 << 24)

    def take(data: bytes) -> None:
        reader.exchange.handle([(topics.down(node, topics.SNAPSHOT), pack(about, data, key.public))])
        forged = msgspec.structs.replace(content, body=compress(data))
        sealed = pack(
            header(SNAPSHOT, net.register.config.id, scope="national", key=key.id), encode(forged), key.public
        )
        reader.exchange.handle([(topics.down(node, topics.SNAPSHOT), sealed)])

    return Target([right, lines], take)


def _ledger(net: Network, reader: Post) -> Target:
    from diwan_core.trust.network.ledger import read_entry

    entries = [row[0] for row in net.register.store.rows("SELECT entry FROM ledger ORDER BY number")]
    identity = NodeKeys.load(net.register.folder).identity_public

    def take(data: bytes) -> None:
        with contextlib.suppress(TrustError):
            read_entry(data, identity)
        node = reader.register.config.id
        reader.exchange.handle([(topics.down(node, topics.LEDGER), encode((len(entries) + 1, [data])))])
        reader.exchange.handle([(topics.down(node, topics.LEDGER), encode((1, [data, *entries])))])

    return Target(entries, take)


def _enrolment(net: Network, place: Path) -> Target:
    keys = NodeKeys.create(place / "stranger")
    code = make_code(net.register.folder, CodeFor("Stranger", made_by="technician"))
    request = make_request(code, keys, node="abcdefghijklm", label="S", office="", dictionary=1).request

    def take(data: bytes) -> None:
        with contextlib.suppress(TrustError):
            enrol(net.register.folder, data)

    return Target([request], take)


def _stick(post: Post, place: Path) -> Target:
    keys, node = NodeKeys.load(post.register.folder), post.register.config.id
    mount = place / "fuzzed"
    mount.mkdir()
    stick = Stick(mount)
    post_stick.export_to_stick(post.register, keys, stick)
    files = sorted((mount / "diwan" / "up" / node).iterdir())
    inside = mount / "diwan" / "up" / node / "p-x.dwn"

    def take(data: bytes) -> None:
        with contextlib.suppress(BadFile):
            disclose("p-x.dwn", data, lambda *_: True)
        inside.write_bytes(data)
        (mount / "diwan" / "manifest.json").write_bytes(data)
        looked = Looked()
        list(stick.letters("up", node, lambda *_: False, looked, "phb"))
        stick.missing()

    manifest = (mount / "diwan" / "manifest.json").read_bytes()
    return Target([*(file.read_bytes() for file in files), manifest, enclose("p", node, node, b"x", keys.sign)], take)


def _seal(net: Network, parts: dict[str, bytes]) -> bytes:
    digests = ((name, hashlib.sha256(content).digest()) for name, content in parts.items() if name != "seal.json")
    signature = NodeKeys.load(net.register.folder).sign(SEAL_DOMAIN, sealed_message(digests)).hex()
    return json.dumps({"node": net.register.config.id, "signature": signature}).encode()


def _case_file(net: Network, post: Post, place: Path) -> Target:
    net.settle()
    record = net.register.store.one("SELECT id FROM record LIMIT 1")
    path, wrong = place / "case.zip", place / "wrong.zip"
    export(net.register.folder, record, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = [name for name in parts if name != "READ-ME.txt"]
    count = 0

    def take(data: bytes) -> None:
        nonlocal count
        count += 1
        if data.startswith(b"PK"):
            wrong.write_bytes(data)
        else:
            with zipfile.ZipFile(wrong, "w") as archive:
                altered = parts | {names[count % len(names)]: data}
                if count % 2:  # behind a right seal, as a node itself could forge it
                    altered["seal.json"] = _seal(net, altered)
                for name, content in altered.items():
                    archive.writestr(name, content)
        with contextlib.suppress(BadCaseFile):
            check(wrong)

    return Target([path.read_bytes(), *(parts[name] for name in names)], take)
