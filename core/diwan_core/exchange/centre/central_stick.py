"""USB sticks at the centre: reads what posts wrote, and writes what each of them needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.carriers.envelope import DOMAIN, Letter, Verify, enclose
from diwan_core.exchange.carriers.folder import DOWN, UP, Looked, Stick
from diwan_core.exchange.centre.announcements import Voice
from diwan_core.exchange.centre.feed_out import FeedOut
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.centre.log_keeper import LogKeeper
from diwan_core.exchange.centre.receipts_due import CREDIT
from diwan_core.exchange.centre.relay import LEDGER_PAGE, SNAPSHOT_BEHIND
from diwan_core.exchange.centre.scopes_out import ScopeOut, ScopesOut
from diwan_core.exchange.centre.snapshot_out import SnapshotOut, is_snapshot_due
from diwan_core.exchange.pieces import Way, names_lacking, standing_of
from diwan_core.exchange.reopening import challenge_held, is_closed
from diwan_core.exchange.stick_files import (
    EXPORTED,
    IMPORTED,
    LEAVES,
    Moved,
    StickHello,
    Wanted,
    blob_files,
    erasure_mark,
    reach_mark,
)
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import (
    RECEIPT_DOMAIN,
    VERSION,
    BadMessage,
    BoundReceipt,
    Piece,
    Receipt,
    SignedHello,
    decode,
    encode,
    signed_part,
)
from diwan_core.exchange.wire.parcel import PIECE, BadParcel, raw_id, read_header, text_id, unpack
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.exchange.wire.snapshot import SnapshotAsk
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.register.admission.scope_log import NATIONAL, feed_head, is_place
from diwan_core.register.exchange_state.epochs import others_received, standing
from diwan_core.register.exchange_state.ledger_entries import entries_after, ledger_length
from diwan_core.register.exchange_state.nodes import kept_hellos
from diwan_core.register.exchange_state.picture_state import is_named, whole
from diwan_core.register.inspection.read_logs import anchors_in
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import NodeKeys, ScopeKey, verify
from diwan_core.trust.network.ledger import Ledger

BATCH_BYTES = 400_000
_KNOWN = "stick:"


def import_from_stick(register: Register, keys: NodeKeys, stick: Stick, logs: LogKeeper | None = None) -> Moved:
    """Admit what posts wrote on a stick; what one of them says of itself is remembered for the way back."""
    moved = Moved(missing=stick.missing())
    before = _received(register)
    read = _Reading(register, keys, stick, logs)
    for node in read.nodes:
        # The ledger first: a centre that was put back stays closed until posts have shown theirs.
        read.take_ledger(node)
        read.take_hello(node)
    # Rows of all posts before any picture: a picture is taken only where a record names it. A log of reads needs the
    # anchors among the rows.
    is_open = not _is_closed(register)
    for kind in (topics.PARCEL, topics.PIECE, topics.LOG):
        read.take_all(kind, is_open)
    moved.taken = read.taken
    moved.rows = _received(register) - before
    moved.left = read.looked.left
    with register.store.write() as transaction:
        set_state(transaction, IMPORTED, now_ms())
    register.wake(b"stick")
    return moved


class _Reading:
    """One reading of a stick. `looked` notes what is left on it and why."""

    def __init__(self, register: Register, keys: NodeKeys, stick: Stick, logs: LogKeeper | None) -> None:
        self.looked = Looked()
        self.taken = 0
        self.nodes = stick.nodes(UP, self.looked)
        self._register, self._keys, self._stick = register, keys, stick
        self._inbox = Inbox(register, keys, logs=logs)
        self._signed = _Signed(register)

    def take_ledger(self, node: str) -> None:
        """Take what a post holds of the ledger."""
        for letter in self._letters(node, topics.LEDGER, _by_anybody if _is_closed(self._register) else self._signed):
            self._inbox.handle([(topics.up(node, topics.LEDGER), letter.payload)])
            self.taken += 1

    def take_hello(self, node: str) -> None:
        """Take what a post says of itself, unless with keys that are revoked."""
        for letter in self._letters(node, topics.HELLO, self._signed):
            if self._signed.revoked:
                self.looked.leave(letter.name, f"signed with keys of {node} that are revoked")
            elif (hello := _remember(self._register, node, letter, self.looked)) is not None:
                self._inbox.hello_by_stick(node, hello)
                self.taken += 1

    def take_all(self, kind: str, is_open: bool) -> None:
        """Take the messages of one kind of all posts, several in a transaction."""
        batch: list[Message] = []
        size = 0
        for node in self.nodes:
            for letter in self._letters(node, kind, self._signed):
                if reason := self._why_left(node, kind, letter, is_open):
                    self.looked.leave(letter.name, reason)
                    continue
                batch.append((topics.up(node, kind), letter.payload))
                size += len(letter.payload)
                self.taken += 1
                if size > BATCH_BYTES:
                    self._inbox.handle(batch)
                    batch, size = [], 0
        if batch:
            self._inbox.handle(batch)

    def _letters(self, node: str, kind: str, signed: Verify) -> Iterator[Letter]:
        for letter in self._stick.letters(UP, node, signed, self.looked, kind):
            if _is_ours(self._register, node, letter, self.looked):
                yield letter

    def _why_left(self, node: str, kind: str, letter: Letter, is_open: bool) -> str:
        """Why a message is not taken, "" where it is; the quarantine shows rows signed with revoked keys."""
        if self._signed.revoked:
            if kind == topics.PARCEL:
                self._inbox.from_revoked_keys(node, letter.payload)
            return f"signed with keys of {node} that are revoked"
        if not is_open:
            return "this centre was put back and waits for its posts: import it again then"
        if kind == topics.PIECE and not _is_named(self._register, self._keys, letter):
            return "a picture that no record here names (yet)"
        return ""


def _by_anybody(_sender: str, _content: bytes, _signature: bytes) -> bool:
    """Of the ledger, at a centre that was put back: it may know all its posts by other keys than they have now, and
    what is not signed by itself it does not take."""
    return True


def _is_closed(register: Register) -> bool:
    with register.store.read() as transaction:
        return is_closed(transaction)


def _received(register: Register) -> int:
    return others_received(register.store)


class _Signed:
    """Signatures of the nodes the ledger knows, made with present keys or earlier ones: what revoked keys signed is for
    the quarantine to see. `revoked` says so of the latest signature."""

    def __init__(self, register: Register) -> None:
        self.revoked = False
        self._register = register
        self._facts: Ledger | None = None

    def __call__(self, sender: str, content: bytes, signature: bytes) -> bool:
        facts = self._known()
        fact = facts.nodes.get(sender)
        keys = [] if fact is None else [fact.identity]
        if sender == self._register.config.id:  # its own tail, from a second disk (`tail`)
            keys.append(NodeKeys.load(self._register.folder).identity_public)
        keys += [key for key, gone in facts.revoked.items() if gone.node == sender]
        found = next((key for key in keys if verify(key, DOMAIN, content, signature)), None)
        self.revoked = found in facts.revoked
        return found is not None

    def _known(self) -> Ledger:
        with self._register.store.read() as transaction:
            length = ledger_length(transaction)
        if self._facts is None or self._facts.length != length:  # the stick itself brings facts
            self._facts = ledger.load(self._register)
        return self._facts


def _is_ours(register: Register, node: str, letter: Letter, looked: Looked) -> bool:
    if letter.reader != register.config.id:
        looked.leave(letter.name, "for another centre")
    elif letter.sender != node:
        looked.leave(letter.name, f"it is from {letter.sender} and lies in the folder of {node}")
    else:
        return True
    return False


def _is_named(register: Register, keys: NodeKeys, letter: Letter) -> bool:
    """Whether a piece is of a picture that some record here names; what cannot be read is for the inbox to refuse."""
    try:
        head, start = read_header(letter.payload)
        if head.kind != PIECE:
            return True
        piece = decode(unpack(letter.payload, start, keys), Piece, 1 << 20)
    except (BadParcel, BadMessage):
        return True
    return is_named(register.store, piece.sha256.hex())


def _remember(register: Register, node: str, letter: Letter, looked: Looked) -> SignedHello | None:
    """Keep the latest hello of a post, so that any stick can carry the answer; None for one that says nothing new."""
    try:
        said = decode(letter.payload, StickHello)
    except BadMessage as error:
        looked.leave(letter.name, str(error))
        return None
    with register.store.write() as transaction:
        known = get_state(transaction, _KNOWN + node)
        if known is not None and msgspec.msgpack.decode(known, type=StickHello).time >= said.time:
            return None
        set_state(transaction, _KNOWN + node, letter.payload)
    return said.hello


def export_to_stick(
    register: Register,
    keys: NodeKeys,
    scope_key: ScopeKey,
    stick: Stick,
    snapshot_behind: int = SNAPSHOT_BEHIND,
    logs: LogKeeper | None = None,
) -> Moved:
    """Bring a stick to what every post that ever sent one needs to know now. Raises NoStick."""
    stick.make()
    written = 0

    def mine(sender: str, content: bytes, signature: bytes) -> bool:
        return sender == register.config.id and verify(keys.identity_public, DOMAIN, content, signature)

    for node, reader, is_confirmed, raw in kept_hellos(register.store, _KNOWN):
        hello = msgspec.msgpack.decode(raw, type=StickHello).hello
        way = Way(register.config.id, node, reader, keys.sign)
        answer = _Answer(register, keys, scope_key, way, hello, snapshot_behind, is_confirmed, logs)
        with register.store.read() as transaction:
            looked = Looked()
            for _ in stick.letters(DOWN, node, mine, looked, LEAVES):
                pass  # what of the files there is whole
            damaged = {name.rsplit("/", 1)[-1] for name, _ in looked.left}
            written += stick.place(DOWN, node, answer.wanted(transaction), damaged)
    moment = now_ms()
    stick.manifest(moment)
    with register.store.write() as transaction:
        set_state(transaction, EXPORTED, moment)
    return Moved(written=written)


class _Answer:
    """The answer to one post's hello."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        scope_key: ScopeKey,
        way: Way,
        hello: SignedHello,
        snapshot_behind: int,
        is_confirmed: bool,
        logs: LogKeeper | None,
    ) -> None:
        self._logs = logs
        self._register = register
        self._keys = keys
        self._centre = register.config.id
        self._node = way.reader
        self._way = way
        self._voice = Voice(self._centre, keys)
        self._hello = hello
        self._behind = snapshot_behind
        self._is_confirmed = is_confirmed
        self._scope_key = scope_key
        self._feed = FeedOut(NATIONAL, self._centre, keys, scope_key.id, scope_key.public)
        self._snapshot = SnapshotOut(register, keys, NATIONAL, scope_key)
        self._scopes = ScopesOut(register, keys)

    def wanted(self, transaction: Transaction) -> Wanted:
        """Name of a file -> what makes it."""
        found: Wanted = {}
        for leaf, rest, payload in self._messages(transaction):
            found[f"{leaf}-{rest}.dwn"] = self._sealed(leaf, payload)
        may_fetch = MayFetch(transaction, self._node)
        for sha256, have in self._hello.wants if self._is_confirmed and not is_closed(transaction) else ():
            held = whole(transaction, sha256.hex())
            if held is not None and may_fetch(sha256.hex()):
                for name, make in blob_files(
                    self._register, self._way, held.name, held.size, held.media_type, min(have, held.size)
                ):
                    found[name] = lambda make=make: self._sealed(topics.PIECE, make())()  # type: ignore[misc]
        return found

    def _sealed(self, leaf: str, payload: bytes) -> Callable[[], bytes]:
        return lambda: enclose(leaf, self._centre, self._node, payload, self._keys.sign)

    def _messages(self, transaction: Transaction) -> Iterator[tuple[str, str, bytes]]:
        after = self._hello.ledger
        while entries := entries_after(transaction, after, LEDGER_PAGE):
            yield topics.LEDGER, f"{after + 1:012d}-{len(entries)}", encode((after + 1, entries))
            after += len(entries)
        moment = now_ms()
        nonce, closing = self._hello.nonce, challenge_held(transaction)
        if nonce and closing is not None:
            yield topics.QUESTION, f"{moment:015d}", self._voice.question(self._node, nonce, 0, closing)[1]
        for raw, _ in self._hello.epochs:
            yield topics.RECEIPT, f"{text_id(raw)}-{moment:015d}", self._receipt(transaction, text_id(raw), moment)
        held = self._logs.standing(self._node, anchors_in(transaction, self._node)) if self._logs and nonce else None
        if held is not None:
            yield topics.LOG, f"{moment:015d}", self._voice.log_standing(self._node, held, nonce)[1]
        lacking = names_lacking(transaction, self._node)
        for sha256 in dict.fromkeys((*self._hello.offers, *lacking)):
            standing = standing_of(self._register, transaction, sha256, self._node)
            receipt = self._voice.blob_receipt(self._node, standing, nonce)
            yield topics.BLOB_RECEIPT, f"{sha256.hex()[:32]}-{moment:015d}", receipt[1]
        if self._is_confirmed and not is_closed(transaction):
            yield from self._of_the_scope(transaction, moment)
            for scope in self._scopes.of_member(transaction, self._node):
                yield from self._of_another(transaction, scope, moment)

    def _of_another(self, transaction: Transaction, scope: ScopeOut, moment: int) -> Iterator[tuple[str, str, bytes]]:
        """The files of a scope beside the national one."""
        name, key, nonce = scope.name, scope.key, self._hello.nonce
        yield topics.KEY, f"{name}-{key.id.hex()}", encode((name, key.id, key.sealed_to(self._way.sealing)))
        cursor, head = self._hello.cursors.get(name, 0), feed_head(transaction, name)[0]
        short = hashlib.sha256(name.encode()).hexdigest()[:5]
        if nonce and not is_place(transaction, name, cursor, self._hello.feeds.get(name, b"")):
            told = {name: head if cursor > head else 0}
            yield topics.HEADS, f"{short}-{moment:015d}", self._voice.told(self._node, told, nonce)[1]
        mark = f"-{key.id.hex()[:8]}{erasure_mark(transaction)}{reach_mark(transaction)}"
        for first, last, payload in scope.feed.pages(transaction, self._node, cursor, whole=self._hello.whole):
            yield topics.FEED, f"u{short}-{first:012d}-{last:012d}{mark}", payload

    def _of_the_scope(self, transaction: Transaction, moment: int) -> Iterator[tuple[str, str, bytes]]:
        """The files that only a member gets: the scope's key, and what others reported."""
        nonce = self._hello.nonce
        key = self._scope_key
        sealed = encode((NATIONAL, key.id, key.sealed_to(self._way.sealing)))
        yield topics.KEY, f"{NATIONAL}-{key.id.hex()}", sealed
        # What is sealed to a key that is no longer the scope's, or holds what was erased since, has another name.
        mark = f"-{key.id.hex()[:8]}{erasure_mark(transaction)}{reach_mark(transaction)}"
        cursor, head = self._hello.cursors.get(NATIONAL, 0), feed_head(transaction, NATIONAL)[0]
        if not is_place(transaction, NATIONAL, cursor, self._hello.feeds.get(NATIONAL, b"")):
            told = {NATIONAL: head if cursor > head else 0}
            if nonce:
                yield topics.HEADS, f"{moment:015d}", self._voice.told(self._node, told, nonce)[1]
            else:
                yield topics.HEAD, f"{moment:015d}", encode(told)
        elif cursor == 0 and is_snapshot_due(transaction, self._hello, behind=head > self._behind):
            for _, payload in self._snapshot.offer(self._node):
                number, part = read_header(payload)[0].number, 0
                which = self._snapshot.mark(number)
                while payload:
                    yield topics.SNAPSHOT, f"{number:012d}-{part:08d}-{which}{mark}", payload
                    part += 1
                    more = list(self._snapshot.part(self._node, SnapshotAsk(VERSION, number, part)))
                    payload = more[0][1] if more else b""  # noqa: PLW2901  from here on it is the changed one
                cursor = number
            if not cursor:
                return  # it holds parts of a snapshot that do not go with pages, and does not know the types of another
        whole = self._hello.whole
        pages = self._feed.pages(transaction, self._node, cursor, whole=whole, first_form=not nonce)
        for first, last, payload in pages:
            yield topics.FEED, f"{first:012d}-{last:012d}{mark}", payload

    def _receipt(self, transaction: Transaction, epoch: str, moment: int) -> bytes:
        stored, safe, head = standing(transaction, epoch, self._node)
        said = (VERSION, raw_id(epoch), stored, safe, CREDIT, moment, True, list[tuple[str, int, int, int]]())
        if self._hello.nonce:
            bound = BoundReceipt(*said, bytes(64), self._hello.nonce)
            return sign_message(bound, self._centre, self._node, self._keys.sign, head)
        message = signed_part(self._node, epoch, stored, safe, moment, head)
        return encode(Receipt(*said, self._keys.sign(RECEIPT_DOMAIN, message)))
