"""Another client of the protocol: a post written from docs/protocol.md alone, sharing no code with Diwan.

It enrols, connects, says hello, sends sealed rows with chain and checkpoint, verifies receipts, the ledger and the feed
with everybody's chains in it, and opens what others wrote. All of it is in memory. Where a sentence of the document
is wrong or missing, this stops working, or could not have been written."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import ssl
import struct
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from backports import zstd
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SCOPE = "national"
Half = dict[str, Any]
pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


def digest(*parts: bytes) -> bytes:
    """What the document calls hash."""
    return hashlib.sha256(b"".join(parts)).digest()


def text_of(raw: bytes) -> str:
    """An id of 8 bytes as it is written."""
    return base64.b32encode(raw).decode().rstrip("=").lower()


def raw_of(text: str) -> bytes:
    """An id as it is on the wire."""
    return base64.b32decode(text.upper() + "===")


def json_of(value: object) -> bytes:
    """JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def verified(key: bytes, domain: str, message: bytes, signature: bytes) -> None:
    """Raises InvalidSignature."""
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"diwan/1/{domain}\0".encode() + message)


def addressed(sender: str, receiver: str | None, elements: Sequence[bytes]) -> bytes:
    """What is signed of a message: who says it to whom (None: to all), and the hash of its elements."""
    return raw_of(sender) + (bytes(8) if receiver is None else raw_of(receiver)) + digest(*elements)


def commitment(name: str, salt: bytes, text: bytes) -> bytes:
    """To one half of a row."""
    return bytes(32) if text == b"null" else digest(digest(name.encode(), salt)[:16], text)


def linked(before: bytes, salt: bytes, line: bytes) -> bytes:
    """The chain's hash after a line. Its three texts are hashed as they stand: cut out, not written anew."""
    meta, rest, nominal = (bytes(text) for text in msgspec.json.decode(line, type=list[msgspec.Raw]))
    return digest(before, commitment("rest", salt, rest), commitment("nominal", salt, nominal), meta)


class OtherPost:
    """A post. `dictionaries` holds the file of each Zstandard dictionary by its number. One that does not `sign` speaks
    the first form, and is spoken to in it."""

    def __init__(self, dictionaries: dict[int, Path], *, signs: bool = True) -> None:
        self.signs = signs
        self.said: list[tuple[bytes, int]] = []  # nonce and time of each hello
        self.closing = b""
        self.announced: set[bytes] = set()  # ids of scope keys
        self.identity, self.sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.node, self.epoch = text_of(os.urandom(8)), text_of(os.urandom(8))
        self.dictionaries = {number: zstd.ZstdDict(path.read_bytes()) for number, path in dictionaries.items()}
        self.hashes = [digest(f"diwan/1 epoch {self.node} {self.epoch}".encode())]  # of its own rows, h_0 first
        self.unsent: list[tuple[bytes, bytes]] = []  # lines with their salts
        self.stamp = self.stored = self.cursor = 0
        self.ledger: list[bytes] = []
        self.keys: dict[str, bytes] = {}  # node -> identity key
        self.scope_keys: dict[bytes, X25519PrivateKey] = {}
        self.feed = digest(f"diwan/1 feed {SCOPE}".encode())
        self.own_runs: dict[int, tuple[int, int]] = {}  # number in the scope -> first, last seq
        self.waiting: dict[int, bytes] = {}
        self.records: dict[str, Half] = {}
        self.seen: dict[str, list[Any]] = {}  # record -> the last change of it read here
        self.refused: list[str] = []

    def enrol(self, centre: str, code: str, label: str) -> None:
        """By a one-time code."""
        typed = code.replace("-", "").lower()
        key = HKDF(SHA256(), 64, typed[:4].encode(), b"diwan/1/enrolment-code").derive(typed[4:19].encode())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.node)])
        wanted = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self.identity, None)
        pem, sealing = wanted.public_bytes(Encoding.PEM).decode(), _b64(self.sealing.public_key().public_bytes_raw())
        about = {"version": 1, "node": self.node, "label": label, "office": "", "dictionary": 1}
        body = json_of({**about, "signing_request": pem, "sealing_key": sealing, "nonce": _b64(os.urandom(16))})
        mac = hmac.digest(key[:32], b"diwan/1/enrolment-request\0" + body, "sha256")
        request = json_of({"code": typed[:4], "body": _b64(body), "mac": _b64(mac)})
        with urllib.request.urlopen(urllib.request.Request(centre + "/enrol", data=request), timeout=60) as response:
            envelope = json.load(response)
        body_of_answer = base64.b64decode(envelope["body"])
        right = hmac.digest(key[32:], b"diwan/1/enrolment-answer\0" + digest(body) + body_of_answer, "sha256")
        assert hmac.compare_digest(right, base64.b64decode(envelope["mac"]))
        self.answer = json.loads(body_of_answer)
        authority = x509.load_pem_x509_certificate(self.answer["authority"].encode())
        centres = x509.load_pem_x509_certificate(self.answer["central_certificate"].encode())
        for certificate in (centres, x509.load_pem_x509_certificate(self.answer["certificate"].encode())):
            certificate.verify_directly_issued_by(authority)
        self.centre_identity = centres.public_key().public_bytes_raw()  # type: ignore[union-attr]
        self.centre_sealing = base64.b64decode(self.answer["central_sealing_key"])
        for key_of in self.answer["scope_keys"]:
            self._scope_key(key_of["scope"], *(base64.b64decode(key_of[name]) for name in ("key_id", "sealed")))

    def words(self) -> list[str]:
        """The words by which a person at the centre confirms this post."""
        identity, sealing = (key.public_key().public_bytes_raw() for key in (self.identity, self.sealing))
        mark = digest(b"diwan/1/fingerprint-words\0" + self.node.encode() + b"\0" + identity + sealing)
        sounds, found = ("bdfghjklmnrstwyz", "aiou"), []
        for at in range(0, 12, 2):
            bits = f"{int.from_bytes(mark[at : at + 2], 'big'):016b}"
            parts = (bits[:4], bits[4:6], bits[6:10], bits[10:12], bits[12:])
            found.append("".join(sounds[place % 2][int(part, 2)] for place, part in enumerate(parts)))
        return found

    def _scope_key(self, scope: str, key_id: bytes, sealed: bytes) -> None:
        info = b"diwan/1/scope-key\0" + scope.encode() + b"\0" + key_id
        key = X25519PrivateKey.from_private_bytes(HPKE.decrypt(sealed, self.sealing, info))
        assert digest(b"diwan/1/scope-key\0", key.public_key().public_bytes_raw())[:8] == key_id
        assert key_id in self.announced or not self.ledger
        self.scope_keys[key_id] = key

    def connect(self) -> None:
        """Come up and say hello."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.answer["authority"])
        with tempfile.NamedTemporaryFile() as file:
            own = self.identity.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            file.write(own + self.answer["certificate"].encode())
            file.flush()
            context.load_cert_chain(file.name)
        self.client = Client(CallbackAPIVersion.VERSION2, self.node, protocol=MQTTv311)  # with a clean session
        self.client.tls_set_context(context)
        self.client.on_connect = self._subscribe
        self.client.on_subscribe = lambda *_: self.hello()
        self.client.on_message = lambda _client, _data, message: self._take(message.topic, bytes(message.payload))
        while not self.client.socket():  # a broker that has just been started may not be there yet
            with contextlib.suppress(OSError):
                self.client.connect(self.answer["broker_host"], self.answer["broker_port"])
            time.sleep(0.1)

    def _subscribe(self, client: Client, *_: object) -> None:
        client.subscribe([(f"diwan/1/{name}/#", 0) for name in (f"node/{self.node}", f"scope/{SCOPE}", "all")])

    def until(self, done: Callable[[], object], seconds: float = 60.0) -> None:
        """Keep the line going until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, f"nothing more came; refused: {self.refused}"
            self.client.loop(0.2)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()

    def _say(self, leaf: str, payload: bytes) -> None:
        self.client.publish(f"diwan/1/up/{self.node}/{leaf}", payload, qos=0)

    def hello(self) -> None:
        """Tell where this post stands."""
        self._say("h", self.hello_text())

    def hello_text(self, offers: Sequence[bytes] = (), least: int = 0) -> bytes:
        """The hello to be said now; `least` is the time it must have at the least."""
        epochs, place = [[raw_of(self.epoch), len(self.hashes) - 1]], {SCOPE: self.cursor}
        marks = {SCOPE: self.feed[:8]}
        said = [1, 1, "another client", epochs, place, len(self.ledger), [], list(offers), False, marks]
        if not self.signs:
            return pack(said)
        last = self.said[-1][1] if self.said else 0
        self.said.append((os.urandom(8), max(time.time_ns() // 10**6, last + 1, least)))
        return self.signed("hello", [*said, *self.said[-1], self.closing])

    def signed(self, domain: str, elements: list[Any]) -> bytes:
        """A message to the centre with its signature, which is its last element."""
        text = addressed(self.node, self.answer["central"], [pack(element) for element in elements])
        return pack([*elements, self.identity.sign(f"diwan/1/{domain}\0".encode() + text)])

    def _of_the_centre(self, domain: str, payload: bytes, place: int, upto: int, to_all: bool = False) -> list[Any]:
        """A message's elements, once its signature at this place over those up to a number is the centre's."""
        found, elements = unpack(payload), unpack(payload, type=list[msgspec.Raw])
        covered = [bytes(raw) for at, raw in enumerate(elements[:upto]) if at != place]
        text = addressed(self.answer["central"], None if to_all else self.node, covered)
        verified(self.centre_identity, domain, text, found[place])
        return list(found)

    def _take(self, topic: str, payload: bytes) -> None:
        place, leaf = topic.split("/")[2], topic.rsplit("/", 1)[1]
        try:
            if place == "scope" or (place, leaf) == ("node", "f"):
                self._feed_parcel(payload)
            elif (place, leaf) == ("node", "r"):
                self._receipt(payload)
            elif (place, leaf) == ("node", "l"):
                self._ledger(*unpack(payload))
            elif (place, leaf) == ("node", "k"):
                self._scope_key(*unpack(payload))
            elif not self.signs:
                if place == "all" and leaf in "wn":
                    self.hello()
            elif place == "all" and leaf in "wa":
                self._of_the_centre({"w": "wake", "a": "heads"}[leaf], payload, -1, 2 if leaf == "w" else 4, True)
                self.hello()
            elif (place, leaf) == ("node", "q"):
                _, nonce, least, self.closing, _ = self._of_the_centre("question", payload, 4, 4)
                assert nonce == self.said[-1][0]
                self._say("h", self.hello_text(least=least))
        except Exception as error:  # noqa: BLE001 - what is not as the document says is noted, for the test to show
            self.refused.append(f"{topic}: {error!r}")

    def report(self, kind: str, rest: Half, nominal: Half | None, author: str) -> str:
        """A new record, chained; its id."""
        if len(self.hashes) == 1:
            opening = {"origin": self.node, "epoch": self.epoch, "parent": None, "boot": "x"}
            self._row(["", "epoch"], opening, None, "system", None)
        record = str(
            uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | 2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2)
        )
        self._row([record, kind], rest, nominal, author, None)
        return record

    def change(self, kind: str, record: str, rest: Half, author: str) -> None:
        """Set values of a record, having seen it as it stands here."""
        self._row([record, kind], rest, None, author, {"*": [self.seen[record]]})

    def _row(self, about: list[str], rest: Half, nominal: Half | None, author: str, seen: Half | None) -> None:
        self.stamp = max(self.stamp + 1, time.time_ns() // 10**6 << 16)
        meta = [*about, self.stamp, 0, time.monotonic_ns() // 10**6, author, 0, 1, seen]
        line, salt = json_of([meta, rest, nominal]), os.urandom(16)
        self.hashes.append(linked(self.hashes[-1], salt, line))
        self.unsent.append((line, salt))

    def send(self) -> None:
        """What is reported and was not sent, as one parcel up to a checkpoint."""
        last = len(self.hashes) - 1
        first = last - len(self.unsent) + 1
        message = f"{self.node} {self.epoch} {last} ".encode() + self.hashes[last]
        signature = self.identity.sign(b"diwan/1/checkpoint\0" + message)
        body = zstd.compress(b"\n".join(line for line, _ in self.unsent))
        content = pack([signature, b"".join(salt for _, salt in self.unsent), body, []])
        head = pack([1, 1, bytes(8), 0, raw_of(self.node), "", raw_of(self.epoch), first, last, None, 0, None])
        clear = struct.pack(">BBH", 1, 1, len(head)) + head
        reader = X25519PublicKey.from_public_bytes(self.centre_sealing)
        self._say("p", clear + HPKE.encrypt(content, reader, b"diwan/1/parcel\0" + clear))
        self.unsent = []

    def _receipt(self, payload: bytes) -> None:
        _version, epoch, stored, safe, _credit, moment, _ask, runs, signature, *nonce = unpack(payload)
        assert epoch == raw_of(self.epoch)
        head = self.hashes[stored] if stored else b""
        if self.signs:
            assert nonce[0] in [name for name, _ in self.said]
            elements = [bytes(raw) for raw in unpack(payload, type=list[msgspec.Raw])]
            text = addressed(self.answer["central"], self.node, [*elements[:8], elements[9]])
            verified(self.centre_identity, "bound-receipt", text + head, signature)
        else:
            message = raw_of(self.node) + epoch + f" {stored} {safe} {moment} ".encode() + head
            verified(self.centre_identity, "receipt", message, signature)
        self.stored = max(self.stored, stored)
        self.own_runs.update({number: (seq, seq + count - 1) for scope, number, seq, count in runs if scope == SCOPE})
        self._go_on()

    def _ledger(self, first: int, entries: list[bytes]) -> None:
        for raw in entries[max(0, len(self.ledger) + 1 - first) :]:
            parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            signature = base64.b64decode(json.loads(bytes(parts["signature"])))
            verified(self.centre_identity, "ledger", bytes(parts["entry"]), signature)
            entry, before = (
                json.loads(bytes(parts["entry"])),
                digest(self.ledger[-1]).hex() if self.ledger else "0" * 64,
            )
            assert (entry["number"], entry["previous"]) == (len(self.ledger) + 1, before)
            if entry["kind"] == "scope-key":
                self.announced.add(base64.b64decode(entry["facts"]["key_id"]))
            if entry["kind"] in ("central", "node"):
                self.keys[entry["facts"]["node"]] = base64.b64decode(entry["facts"]["identity"])
            self.ledger.append(raw)

    def _feed_parcel(self, parcel: bytes) -> None:
        self.waiting[self._opened(parcel)[0][10]] = parcel
        self._go_on()

    def _opened(self, parcel: bytes) -> tuple[list[Any], list[Any]]:
        start = 4 + struct.unpack_from(">BBH", parcel)[2]
        head = unpack(parcel[4:start])
        assert (parcel[:2], head[0], head[5]) == (b"\x01\x01", 2, SCOPE)
        info = b"diwan/1/parcel\0" + parcel[:start]
        content = HPKE.decrypt(parcel[start:], self.scope_keys[head[11]], info)
        if self.signs:
            elements = [bytes(raw) for raw in unpack(content, type=list[msgspec.Raw])]
            reader, whole = unpack(elements[7]), unpack(elements[8])
            assert reader in (b"", raw_of(self.node))
            text = addressed(self.answer["central"], self.node if reader else None, [parcel[:start], *elements[1:8]])
            verified(self.centre_identity, "feed-parcel", text, whole or unpack(elements[0]))
        return head, unpack(content)

    def _go_on(self) -> None:
        """Take what follows the place held: parcels, and numbers that receipts said are this post's own rows."""
        while True:
            number = self.cursor + 1
            if number in self.own_runs:
                first, last = self.own_runs.pop(number)
                self._follow(number + last - first, self.epoch, first, last, self.hashes[last])
            elif number in self.waiting:
                self._parcel(self.waiting.pop(number))
            else:
                return

    def _follow(self, number: int, epoch: str, first: int, last: int, head: bytes) -> None:
        self.feed = digest(self.feed, head, f"{number} {epoch} {first} {last}".encode())
        self.cursor = number

    def _parcel(self, parcel: bytes) -> None:
        head, (signature, before, runs, salts, body, more, erased, *_) = self._opened(parcel)
        if not {text_of(run[0]) for run in runs} <= self.keys.keys():
            self.hello()  # enrolled a moment ago: the answer brings the ledger's fact first, and this again
            return
        assert before == self.feed and not erased
        lines = zstd.decompress(body, zstd_dict=self.dictionaries.get(head[3])).split(b"\n")
        at = 0
        for origin, _role, epoch, first, last, previous, checkpoint in runs:
            count, digest_of = last - first + 1, previous
            if previous is None:
                digest_of = self.hashes[last]
            else:
                for seq in range(first, last + 1):
                    digest_of = linked(digest_of, salts[16 * at : 16 * at + 16], lines[at])
                    self._read(epoch, seq, *json.loads(lines[at]))
                    at += 1
            if checkpoint is not None:
                message = f"{text_of(origin)} {text_of(epoch)} {last} ".encode() + digest_of
                verified(self.keys[text_of(origin)], "checkpoint", message, checkpoint)
            self._follow(self.cursor + count, text_of(epoch), first, last, digest_of)
        if not self.signs:
            verified(self.centre_identity, "feed", f"{SCOPE} {self.cursor} ".encode() + self.feed, signature)
        if more:
            self.hello()

    def _read(self, epoch: bytes, seq: int, meta: list[Any], rest: Half, nominal: Half | None) -> None:
        self.stamp, self.seen[meta[0]] = max(self.stamp, meta[2]), [text_of(epoch), seq]
        self.records.setdefault(meta[0], {}).update({**rest, **(nominal or {})})


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
