"""The envelope of a message in a file, signed by its sender; on the line TLS says who the sender is, on a stick the
envelope does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from diwan_core.exchange.wire.parcel import MAX_PARCEL, raw_id, text_id

DOMAIN: Final = b"diwan/1/file"
MAGIC: Final = b"DWN1"
HEAD: Final = len(MAGIC) + 1 + 8 + 8
SIGNATURE: Final = 64
MAX_FILE: Final = HEAD + MAX_PARCEL + SIGNATURE

Sign = Callable[[bytes, bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]
"""(sender's id, what was signed, signature) -> whether it is theirs."""


class BadFile(Exception):
    """A file of a stick that is not for us, or not what its sender wrote."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message taken off a stick. `leaf` is its topic's last level."""

    name: str
    leaf: str
    sender: str
    reader: str
    payload: bytes


def enclose(leaf: str, sender: str, reader: str, payload: bytes, sign: Sign) -> bytes:
    """A message in its envelope."""
    content = MAGIC + leaf.encode("ascii") + raw_id(sender) + raw_id(reader) + payload
    return content + sign(DOMAIN, content)


def disclose(name: str, content: bytes, verify: Verify) -> Letter:
    """The message of a file's content. Raises BadFile."""
    if len(content) < HEAD + SIGNATURE or len(content) > MAX_FILE or not content.startswith(MAGIC):
        raise BadFile("not a file of this protocol, or cut short")
    leaf = chr(content[len(MAGIC)])
    sender, reader = text_id(content[HEAD - 16 : HEAD - 8]), text_id(content[HEAD - 8 : HEAD])
    if leaf != name[:1].lower():
        raise BadFile("its name says another kind of message than it holds")
    if not verify(sender, content[:-SIGNATURE], content[-SIGNATURE:]):
        raise BadFile(f"damaged, or not signed by {sender}")
    return Letter(name, leaf, sender, reader, content[HEAD:-SIGNATURE])
