"""Remembers which nodes sign their messages: the unsigned form is accepted only from nodes that have never signed.

What was heard is remembered in the register for good (`node.signs`), so that nobody in the middle can talk two nodes
that sign down to the form that can be forged. A node that does not sign yet is a finding of `status`."""

from __future__ import annotations

from typing import Final

from diwan_core import __version__
from diwan_core.exchange.wire.messages import BadMessage

SIGNED_ONLY_FROM: Final = (0, 2, 0)
"""From this release on no node takes the unsigned form from anybody."""


class Unsigned(BadMessage):
    """A message without a signature, from a node that signs or to a release that takes no other."""

    code = "unsigned"


def takes_unsigned(release: str = __version__) -> bool:
    """Whether this release takes the unsigned form at all."""
    numbers = [int(part) if part.isdigit() else 0 for part in release.split("+", maxsplit=1)[0].split(".")[:3]]
    return tuple(numbers) < SIGNED_ONLY_FROM


def refuse_unsigned(what: str, *, signing: bool) -> None:
    """The unsigned form came from a node. Raises Unsigned."""
    if signing:
        raise Unsigned(f"{what} without a signature, from a node that signs: somebody on the line made it")
    if not takes_unsigned():
        raise Unsigned(f"{what} without a signature: the sender's release is too old; update it")
