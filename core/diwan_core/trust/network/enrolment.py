"""Enrolment: a post becomes a node of the network with a one-time code, over HTTP or on a USB stick.

    post                                       centre
    make_request(code, …)  ── request ──▶      receive_request   checks code, form, key
                                               use_up            from here on the code is this request's
                                               answer_request    certificate, authority, label and office
    open_answer(…)         ◀── answer ──
    install(…)

Request and answer are authenticated both ways with keys derived from the code, and the answer is bound to its request:
nothing else is believed, neither the address, nor the certificate of a console that is reached over TLS. Nothing secret
is in either. The same request sent again gets the same answer, since answers get lost on thin lines. Sizes are capped
before parsing, and a request is refused before any signature is checked; unknown members of a newer release are
ignored.

A node has the label and the office of its code, whatever it asked for. It is *unconfirmed*, and gets no scope's key,
until a person at the centre has confirmed its fingerprint words.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from diwan_core import world
from diwan_core.trust.errors import (
    BadAnswer,
    BadRequest,
    CodeExpired,
    CodeUsed,
    EnrolmentError,
    EnrolmentRefused,
    TrustError,
    UnknownCode,
    WrongCode,
)
from diwan_core.trust.names import check_id, check_label, check_scope
from diwan_core.trust.network import enrolment_codes
from diwan_core.trust.network.certificates import read_certificate, read_request, signing_request
from diwan_core.trust.network.enrolment_codes import CodeStore, StoredCode
from diwan_core.trust.network.keys import NodeKeys
from diwan_core.trust.network.scope_keys import ScopeKey
from diwan_core.trust.network.seal import seal

VERSION = 1
MAX_REQUEST = 16 * 1024
"""Bytes; a request is about 1.5 kB."""
MAX_ANSWER = 1024 * 1024
"""Bytes; an answer is about 4 kB and 150 bytes for each further scope key."""

MAX_REFUSAL = 4096

NO_REQUEST = "This is not a request to enrol. Run `diwan enrol` at the post: it sends the right one."
NO_ANSWER = (
    "What answered is not the centre, or its answer was damaged on the way. Compare the address with the one the "
    "centre gave you, then try again."
)
OLDER_SIDE = "The other side is of another release and what it says cannot be read here. Update the older one."

_REQUEST, _ANSWER = b"diwan/1/enrolment-request\0", b"diwan/1/enrolment-answer\0"


class Request(msgspec.Struct, frozen=True):
    """The request of a post."""

    version: int
    node: str
    """Node id."""
    label: str
    """What the post calls itself; the node's label is the one of its code."""
    office: str
    signing_request: str
    """PKCS #10 in PEM, of the identity key."""
    sealing_key: bytes
    """X25519, 32 bytes."""
    dictionary: int
    """Dictionary version of the post."""
    nonce: bytes
    """16 random bytes: no two requests are alike."""


class SealedScopeKey(msgspec.Struct, frozen=True):
    """A scope key for one member."""

    scope: str
    key_id: bytes
    sealed: bytes

    @classmethod
    def of(cls, key: ScopeKey, member_sealing_key: bytes) -> "SealedScopeKey":
        return cls(key.scope, key.id, key.sealed_to(member_sealing_key))


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The centre's answer to a new node. Certificates are PEM."""

    version: int
    node: str
    certificate: str
    authority: str
    central: str
    """Node id of the centre."""
    central_certificate: str
    central_sealing_key: bytes
    broker_host: str
    broker_port: int
    scope_keys: tuple[SealedScopeKey, ...]
    time: int
    """The centre's clock, UTC milliseconds: the first time a post without a clock can believe."""
    ledger_length: int = 0
    ledger_head: bytes = b""
    """Where the centre's ledger stood, so that it can never be shown a shorter one. Empty: not given."""
    label: str = ""
    """The node's label and office, as the code says. Empty from a centre of an earlier release."""
    office: str = ""
    unconfirmed: bool = False
    """Whether a person at the centre has yet to confirm the node's fingerprint words."""
    signs: bool = False
    """Whether the centre signs what it says in the exchange, so that nothing else is to be believed from the start."""


class _Envelope(msgspec.Struct, frozen=True):
    code: str
    body: bytes
    mac: bytes


class _Refusal(msgspec.Struct, frozen=True):
    error: str
    message: str


@dataclass(frozen=True)
class Pending:
    """A request under way. Keep it until the answer is installed: the same bytes may be sent again."""

    request: bytes
    """What to send."""
    answer_key: bytes
    digest: bytes

    def __repr__(self) -> str:
        return f"Pending({len(self.request)} bytes)"


@dataclass(frozen=True)
class Received:
    """A request the centre has found to be right."""

    request: Request
    identity: bytes
    """The post's identity key, 32 bytes."""
    code: StoredCode
    digest: bytes
    """SHA-256 of the request's body; the answer is bound to it."""
    answer: bytes | None
    """The answer that this very request got before; send it again and do nothing else."""
    resumed: bool
    """This very request used the code up before, and the centre was interrupted before it answered."""


def make_request(
    typed_code: str,
    keys: NodeKeys,
    *,
    node: str,
    label: str,
    office: str,
    dictionary: int,
    random: Callable[[int], bytes] = world.random_bytes,
) -> Pending:
    """Make the post's request for a code as typed. Raises BadCode, BadName."""
    code_id, key = enrolment_codes.read_code(typed_code)
    body = msgspec.json.encode(
        Request(
            version=VERSION,
            node=check_id(node),
            label=check_label(label),
            office=office,
            signing_request=signing_request(keys, node).decode("ascii"),
            sealing_key=keys.sealing_public,
            dictionary=dictionary,
            nonce=random(16),
        )
    )
    envelope = _Envelope(code_id, body, _mac(key[:32], _REQUEST, body))
    return Pending(msgspec.json.encode(envelope), key[32:], hashlib.sha256(body).digest())


def receive_request(store: CodeStore, raw: bytes, now: datetime) -> Received:
    """Check a request at the centre, the cheap checks first. Nothing is changed, however often a code is tried.

    Raises UnknownCode, WrongCode, CodeExpired, CodeUsed, BadRequest.
    """
    envelope = _decode(raw, MAX_REQUEST, _Envelope, BadRequest, NO_REQUEST)
    shown = envelope.code[:4].upper()
    code = store.get(envelope.code)
    if code is None:
        raise UnknownCode(f"No code begins with {shown}. Check the first group, or ask the centre for a new code.")
    if not hmac.compare_digest(envelope.mac, _mac(code.key[:32], _REQUEST, envelope.body)):
        raise WrongCode(f"The code {shown}-… is not the one the centre gave out. Compare it group by group.")
    digest = hashlib.sha256(envelope.body).digest()
    if code.used_by and not hmac.compare_digest(code.used_by, digest):
        raise CodeUsed(f"The code {shown}-… has enrolled a node already. Ask the centre for a new code.")
    if not code.used_by and int(now.timestamp() * 1000) >= code.expires:
        raise CodeExpired(f"The code {shown}-… is out of date. Ask the centre for a new code.")
    if not code.label:
        raise CodeExpired(f"The code {shown}-… was made before the centre was updated. Ask for a new code.")
    request, identity = _read_body(envelope.body)
    resumed = bool(code.used_by and not code.answer)
    return Received(request, identity, code, digest, code.answer or None, resumed)


def use_up(store: CodeStore, received: Received) -> None:
    """Reserve the code, at the centre, for this request before anything else is written. Raises CodeUsed."""
    if not store.reserve(received.code.id, received.digest, received.request.node):
        raise CodeUsed("This code has enrolled another node a moment ago. Ask the centre for a new code.")


def answer_request(store: CodeStore, received: Received, answer: Answer) -> bytes:
    """The bytes of the centre's answer, kept for the case that they are lost. Raises CodeUsed when another request
    was quicker."""
    use_up(store, received)
    body = msgspec.json.encode(answer)
    mac = _mac(received.code.key[32:], _ANSWER, received.digest + body)
    raw = msgspec.json.encode(_Envelope(received.code.id, body, mac))
    store.keep_answer(received.code.id, received.digest, raw)
    return raw


def refusal(error: TrustError) -> bytes:
    """The bytes by which the centre tells the post why it refuses."""
    return msgspec.json.encode(_Refusal(error.code, str(error)))


def open_answer(pending: Pending, keys: NodeKeys, node: str, raw: bytes) -> tuple[Answer, list[ScopeKey]]:
    """Open the answer at the post, with the scope keys it brings, all checked. Raises EnrolmentRefused, BadAnswer."""
    _raise_refusal(raw)
    envelope = _decode(raw, MAX_ANSWER, _Envelope, BadAnswer, NO_ANSWER)
    if not hmac.compare_digest(envelope.mac, _mac(pending.answer_key, _ANSWER, pending.digest + envelope.body)):
        raise BadAnswer("The answer is not from the centre that gave out this code. Check the address, then try again.")
    answer = _decode(envelope.body, MAX_ANSWER, Answer, BadAnswer, OLDER_SIDE)
    try:
        authority = answer.authority.encode()
        ours = read_certificate(answer.certificate.encode(), authority)
        central = read_certificate(answer.central_certificate.encode(), authority)
        seal(answer.central_sealing_key, b"", b"")
        check_label(answer.broker_host, "broker's address", longest=253)
        scope_keys = [ScopeKey.receive(keys, check_scope(k.scope), k.key_id, k.sealed) for k in answer.scope_keys]
    except (TrustError, UnicodeEncodeError) as error:
        raise BadAnswer(f"The centre's answer does not hold together: {error}") from error
    fits = (
        (ours.name, ours.kind, ours.identity) == (node, "node", keys.identity_public)
        and (central.name, central.kind) == (answer.central, "node")
        and answer.version == VERSION
        and answer.node == node
        and 0 < answer.broker_port < 65536
        and answer.time > 0
    )
    if not fits:
        raise BadAnswer("The centre's answer is for another node or another release. Ask for a new code, enrol again.")
    return answer, scope_keys


def _read_body(body: bytes) -> tuple[Request, bytes]:
    request = _decode(body, MAX_REQUEST, Request, BadRequest, OLDER_SIDE)
    if request.version != VERSION:
        raise BadRequest(
            f"The post asks in version {request.version}, this centre knows {VERSION}. Update the older one."
        )
    try:
        name, key = read_request(request.signing_request.encode())
        seal(request.sealing_key, b"", b"")  # finds keys of small order too
        check_id(request.node)
        check_label(request.label)
        if request.office:
            check_label(request.office, "office")
    except (TrustError, UnicodeEncodeError) as error:
        raise BadRequest(f"The request cannot be accepted: {error}") from error
    if name != request.node or request.dictionary < 1:
        raise BadRequest("The request contradicts itself. Start the enrolment again at the post.")
    return request, key.public_bytes_raw()


def refused_in_words(raw: bytes) -> EnrolmentRefused:
    """The text of a centre's refusal, at the post. It is unauthenticated text from the network and goes to a
    terminal: only what can be printed is kept."""
    try:
        said = _decode(raw, MAX_REFUSAL, _Refusal, BadAnswer, "").message
    except BadAnswer:
        said = raw[:MAX_REFUSAL].decode("utf-8", "replace")
    text = " ".join("".join(mark if mark.isprintable() else " " for mark in said[:500]).split())
    return EnrolmentRefused(text or "The centre refused without a reason. Look at the centre's log.")


def _raise_refusal(raw: bytes) -> None:
    try:
        _decode(raw, MAX_REFUSAL, _Refusal, BadAnswer, "")
    except BadAnswer:
        return
    raise refused_in_words(raw)


_T = TypeVar("_T", _Envelope, _Refusal, Request, Answer)


def _decode(raw: bytes, limit: int, form: type[_T], error: type[EnrolmentError], words: str) -> _T:
    if len(raw) > limit:
        raise error(words)
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as reason:
        raise error(words) from reason


def _mac(key: bytes, domain: bytes, message: bytes) -> bytes:
    return hmac.digest(key, domain + message, hashlib.sha256)
