"""The files of a stick, as both halves of the exchange write and read them: which there are, and what is in each.

They hold the same parcels and messages as go over a line. Each is signed whole by its sender, since nobody watches a
stick on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec

from diwan_core.exchange.carriers.envelope import DOMAIN, enclose
from diwan_core.exchange.pieces import Way, piece_parcel
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import SignedHello, encode
from diwan_core.exchange.wire.parcel import ROWS, header, pack, rows_content
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.reach import latest_entry
from diwan_core.register.erasure.orders import ordered_so_far
from diwan_core.register.exchange_state.epochs import behind
from diwan_core.register.exchange_state.ledger_entries import entries_after
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.stretches import signed_stretch
from diwan_core.trust import NodeKeys, verify

STICK_PIECE: Final = 7 * 65_536
"""Bytes of a blob in one file: a stick has no line to be shared with records."""
LEDGER_PAGE: Final = 200
TIDY_FILES: Final = 100
"""Files of one epoch above which a mirror writes its rows anew in fewer."""
EXPORTED: Final = "stick_exported"
IMPORTED: Final = "stick_imported"
MIRRORED: Final = "stick_mirrored"
LEAVES: Final = "lkqrcsfbnag"
"""What a post takes off a stick, in this order. `n` is what earlier releases wrote for `a`."""

Wanted = dict[str, Callable[[], bytes]]


class StickHello(msgspec.Struct, array_like=True, frozen=True):
    """A post's hello on a stick, and when it was said (ms since 1970 by the post's own clock, but later than the
    hello before, also after that clock was put back)."""

    time: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    hello: SignedHello


@dataclass(slots=True)
class Moved:
    """The result of reading or writing a stick: files written, messages taken, rows new here, and every file left,
    with the reason."""

    written: int | None = None
    taken: int = 0
    rows: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def said(self) -> str:
        """The result in one line for a person."""
        text = f"{self.taken} messages taken, {self.rows} new rows"
        if self.written is not None:
            text = f"{self.written} files written; what else belongs on this stick was there"
        lines = [text, *(f"left alone: {name}: {reason}" for name, reason in self.left)]
        return "\n".join([*lines, *(f"listed but not there: {name}" for name in self.missing)])


def signed_by(keys: dict[str, bytes]) -> Callable[[str, bytes, bytes], bool]:
    """Signatures of these nodes, and of nobody else."""
    return lambda sender, content, signature: sender in keys and verify(keys[sender], DOMAIN, content, signature)


def sealed_file(way: Way, leaf: str, payload: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: enclose(leaf, way.sender, way.reader, payload(), way.sign)


def ledger_files(way: Way, transaction: Transaction) -> Wanted:
    """The ledger whole: a centre that was put back to an older copy gets what it lost from any of its posts."""
    entries = entries_after(transaction, 0)
    wanted: Wanted = {}
    for at in range(0, len(entries), LEDGER_PAGE):
        page = entries[at : at + LEDGER_PAGE]
        payload = encode((at + 1, page))
        wanted[f"l-{at + 1:012d}-{len(page)}.dwn"] = sealed_file(way, topics.LEDGER, lambda raw=payload: raw)  # type: ignore[misc]
    return wanted


def erasure_mark(transaction: Transaction) -> str:
    """The end of the names of files that carry values: another one after every order of erasure, so that what was
    sealed before it does not stay on a stick."""
    orders = ordered_so_far(transaction)
    return f"-{orders:06d}" if orders else ""


def reach_mark(transaction: Transaction) -> str:
    """The very end of the names of files for posts: another one whenever the ledger says that something travels less or
    further than before."""
    entry = latest_entry(transaction)
    return f"-r{entry}" if entry else ""


def row_files(
    way: Way,
    keys: NodeKeys,
    transaction: Transaction,
    ours: set[str],
    after: Literal["stored", "safe"],
) -> Wanted:
    """Rows after `after`: the files that are there already as far as they reach, then new ones."""
    mark = erasure_mark(transaction)
    wanted: Wanted = {}
    for number, epoch, at, head in behind(transaction, after):
        present = sorted(name for name in ours if name.startswith(f"p-{epoch}-"))
        for name in present if len(present) <= TIDY_FILES else ():
            first, last = (int(part) for part in name.removesuffix(".dwn").split("-")[2:4])
            if first <= at + 1 <= last <= head and name == f"p-{epoch}-{first:012d}-{last:012d}{mark}.dwn":
                wanted[name] = bytes
                at = last  # noqa: PLW2901  from here on it is the changed one
        while at < head:
            rows = signed_stretch(transaction, number, at, head)
            if rows is None or rows.signature is None:
                break
            about = header(ROWS, way.sender, epoch=epoch, first=rows.first, last=rows.last)
            signature = _with_present_key(
                keys, checkpoint_message(way.sender, epoch, rows.last, rows.head), rows.signature
            )
            parcel = pack(about, rows_content(signature, rows.salts, rows.lines, rows.erased), way.sealing)
            name = f"p-{epoch}-{rows.first:012d}-{rows.last:012d}{mark}.dwn"
            wanted[name] = sealed_file(way, topics.PARCEL, lambda parcel=parcel: parcel)  # type: ignore[misc]
            at = rows.last  # noqa: PLW2901  from here on it is the changed one
    return wanted


def _with_present_key(keys: NodeKeys, message: bytes, signature: bytes) -> bytes:
    """A checkpoint that other keys made (see `register.journal.resign`), made by these: the centre knows no others."""
    good = verify(keys.identity_public, CHECKPOINT_DOMAIN, message, signature)
    return signature if good else keys.sign(CHECKPOINT_DOMAIN, message)


def blob_files(
    register: Register, way: Way, name: str, size: int, media_type: str, have: int
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files that carry a blob from `have` on: name, and what makes its content. None where the blob's own file is
    gone: it was erased, and the database was put back to a copy from before that."""
    if register.blobs.size(name) is None:
        return
    for offset in range(have, size, STICK_PIECE):

        def payload(offset: int = offset) -> bytes:
            return piece_parcel(register, way, name, size, media_type, offset, STICK_PIECE)

        yield f"b-{name[:32]}-{offset:012d}.dwn", payload
