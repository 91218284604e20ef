"""A journal row: a change as it is written, hashed, sent and kept, one line on the wire.

A line is a JSON array of three parts, kept byte for byte from the moment its author saved it:

    [meta, rest, nominal]

`meta` says which record, when and by whom; `rest` and `nominal` are the two halves of the values set, nominal
being what identifies a person or a private business (`null` where a change sets none). The two halves are
committed to separately, so that one can be erased under the law while the chain still verifies (docs/protocol.md,
"Row, commitments, chain").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec

Ref = tuple[str, int]
"""A change's name everywhere: (epoch id, seq)."""

OPENING: Final = "epoch"
"""Type of the first row of every epoch; it names the epoch's parent and belongs to no record."""

ANCHOR: Final = "audit-anchor"
"""Type of a row that holds the head of the log of reads; it belongs to no record either
(`register.journal.log_anchors`)."""

MOST_SET_BYTES: Final = 3 * 1024 * 1024
"""Of the values of one change set. It travels whole, in one parcel, however badly it can be compressed."""
NO_COMMITMENT: Final = bytes(32)


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Name = Annotated[str, msgspec.Meta(max_length=200)]


class Meta(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=False):
    """The first part of a line. Times: `hlc` is milliseconds since 1970 UTC << 16 | counter; `offset` minutes of
    local time east of UTC; `mono` milliseconds since the epoch's writer booted. `more` is 1 while the next row
    belongs to the same change set. `seen` maps a group key to the heads its author saw, "*" standing for every key
    not listed; `None` in the change that creates the record."""

    record: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")]
    type: _Name
    hlc: _Count
    offset: Annotated[int, msgspec.Meta(ge=-1440, le=1440)]
    mono: _Count
    author: _Name
    more: Annotated[int, msgspec.Meta(ge=0, le=1)]
    dictionary: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    seen: dict[str, list[tuple[_Name, _Count]]] | None


class Row(msgspec.Struct, eq=False):
    """A journal row in memory. The `*_json` are its halves as sent; `rest` and `nominal`, the decoded ones, are made
    when each is asked for, and again after `forget_values`: decoding takes less time than fetching what was decoded
    long before."""

    seq: int
    meta: Meta
    meta_json: bytes
    rest_json: bytes
    nominal_json: bytes | None
    decoded_rest: dict[str, Any] | None
    decoded_nominal: dict[str, Any] | None
    salt: bytes
    hash: bytes
    commitments: bytes | None = None
    """C_rest ‖ C_nominal once a half was erased; an erased half is b"" or None, `salt` the one of the half left."""

    @property
    def rest(self) -> dict[str, Any]:
        """The values of the half that identifies nobody."""
        if self.decoded_rest is None:
            self.decoded_rest = _half_decoder.decode(self.rest_json) if self.rest_json else {}
        return self.decoded_rest

    @property
    def nominal(self) -> dict[str, Any] | None:
        """The nominal values; None where there are none."""
        if self.decoded_nominal is None and self.nominal_json is not None:
            self.decoded_nominal = _half_decoder.decode(self.nominal_json)
        return self.decoded_nominal

    @property
    def size(self) -> int:
        """Bytes of its three parts."""
        return len(self.meta_json) + len(self.rest_json) + len(self.nominal_json or b"")

    def forget_values(self) -> None:
        """Keep only their bytes: the row was applied, or is to be looked at later."""
        self.decoded_rest = self.decoded_nominal = None


class BrokenLine(Exception):
    """A line is not what the protocol says; the message names the part."""


_half_decoder = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder(order=None)
encode = _encoder.encode
_sha256 = hashlib.sha256


def chain_start(origin: str, epoch: str) -> bytes:
    """The hash before the first row of an epoch."""
    return _sha256(f"diwan/1 epoch {origin} {epoch}".encode()).digest()


def half_salts(salt: bytes) -> tuple[bytes, bytes]:
    """The salts of the two commitments, derived so that erasing one half can forget its salt and keep the other's."""
    return _sha256(b"rest" + salt).digest()[:16], _sha256(b"nominal" + salt).digest()[:16]


def commitments(salt: bytes, rest: bytes, nominal: bytes | None) -> tuple[bytes, bytes]:
    """SHA-256 commitments to the two halves; 32 zero bytes where there is no nominal half."""
    committed = _sha256(_sha256(b"rest" + salt).digest()[:16] + rest).digest()
    if nominal is None:
        return committed, NO_COMMITMENT
    return committed, _sha256(_sha256(b"nominal" + salt).digest()[:16] + nominal).digest()


def row_hash(previous: bytes, meta: bytes, commitment_rest: bytes, commitment_nominal: bytes) -> bytes:
    """The chain: hash of the previous row's hash, both commitments and the meta part as sent."""
    return _sha256(previous + commitment_rest + commitment_nominal + meta).digest()


def link(previous: bytes, salt: bytes, meta: bytes, rest: bytes, nominal: bytes | None) -> bytes:
    """`row_hash` over `commitments`, in one call."""
    committed, secret = commitments(salt, rest, nominal)
    return _sha256(previous + committed + secret + meta).digest()


def kept_halves(kept: bytes, salt: bytes, rest: bytes, nominal: bytes | None) -> tuple[bytes, bytes | None]:
    """The halves of an erased row that are left, by its commitments; b"" for a rest that is gone. Raises BrokenLine."""
    if len(kept) != 64:
        raise BrokenLine("an erased row's commitments are not 64 bytes")
    whole = _sha256(salt + rest).digest() == kept[:32]
    if not whole and rest != b"{}":
        raise BrokenLine("an erased row's values do not fit its commitments")
    if nominal is not None and _sha256(salt + nominal).digest() != kept[32:]:
        raise BrokenLine("an erased row's nominal values do not fit its commitments")
    return rest if whole else b"", nominal


def keys_of(half: Mapping[str, Any], group_of: Mapping[str, Any]) -> Iterable[str]:
    """The group keys a half sets. `group_of` maps a field to its group's key, a part to its own such mapping. Of a part
    of a newer dictionary each field is a key of its own, since it may have fields in both halves."""
    for name, value in half.items():
        inner = group_of.get(name, name)
        if isinstance(inner, str):
            if not isinstance(value, dict):
                yield inner
                continue
            for element, content in value.items():
                if isinstance(content, dict) and name not in group_of:
                    yield from _keys_within(f"{name}.{element}", content)
                else:
                    yield f"{name}.{element}"
            continue
        if not isinstance(value, dict):
            yield name
            continue
        for part, fields in value.items():
            if not isinstance(fields, dict):
                yield f"{name}.{part}"
                continue
            for field, content in fields.items():
                key = inner.get(field, field)
                if isinstance(content, dict):
                    for element in content:
                        yield f"{name}.{part}.{field}.{element}"
                else:
                    yield f"{name}.{part}.{key}"


def _keys_within(part: str, fields: Mapping[str, Any]) -> Iterable[str]:
    for field, content in fields.items():
        if isinstance(content, dict):
            for element in content:
                yield f"{part}.{field}.{element}"
        else:
            yield f"{part}.{field}"
