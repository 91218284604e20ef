"""The log of reads of a post on its way to the centre, a stretch at a time and never further than the post has anchored
it in its journal.

Nothing is sent before the centre has said up to which row it has the log, so a centre that keeps none is sent none. A
log that was put back to an older copy goes on from the last place that both know."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.post.own_hellos import Said
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import VERSION, LogRows, LogStanding, decode
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register import Register
from diwan_core.register.journal.log_anchors import last_anchor
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.handed_in import STRETCH, sealed_stretch
from diwan_core.trust.access_log.log import FILE, AuditUnusable, ReadLog

STATE: Final = "log_at_centre"
"""State: the places up to which the centre has this log, as it said last: "row:seal", the furthest first."""
ON_A_STICK: Final = 200
"""Stretches that a stick takes along: a hundred thousand rows."""

log = logging.getLogger("diwan.agent")


class OwnLog:
    """The log of a post on its way; one object for each exchange of a post."""

    def __init__(self, register: Register, keys: NodeKeys, centre: Centre, said: Said) -> None:
        self._register = register
        self._keys = keys
        self._centre = centre
        self._said = said
        self._due = False
        self._answered = (0, "")
        """The hello and the places that the last stretch was sent for: it is sent once."""

    def told(self, payload: bytes) -> None:
        """The centre says up to which row it has the log. Raises BadMessage."""
        standing = decode(payload, LogStanding)
        self._centre.vouches(LogStanding, payload, standing.signature, self._register.config.id)
        hello = self._said.number(standing.nonce)
        text = " ".join(f"{row}:{seal.hex()}" for row, seal in standing.places)
        if not hello or (hello, text) == self._answered:
            return
        self._answered, self._due = (hello, text), True
        with self._register.store.read() as transaction:
            known = get_state(transaction, STATE) == text
        if not known:
            with self._register.store.write() as transaction:
                set_state(transaction, STATE, text)

    def messages(self) -> Iterator[Message]:
        """The next stretch, where the centre waits for one: it answers each."""
        if self._due:
            self._due = False
            for _, make in self.stretches(1):
                yield topics.up(self._register.config.id, topics.LOG), make()

    def stretches(self, most: int = ON_A_STICK) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """What the centre lacks, as (rows, what makes the message); nothing where it never said what it has, and of a
        log that is damaged what stands before: rows and pictures travel on."""
        for after, last in self._lacking(most):
            yield f"{after + 1:012d}-{last:012d}", self._making(after, last)

    def _lacking(self, most: int) -> list[tuple[int, int]]:
        """The next stretches, each as the row before it and its last: from what the centre has of this log as it is now
        up to what is anchored, as far as it can be read."""
        found: list[tuple[int, int]] = []
        anchor = last_anchor(self._register.store)
        with self._register.store.read() as transaction:
            told = get_state(transaction, STATE)
        if anchor is None or told is None or not (self._register.folder / FILE).exists():
            return found
        try:
            with closing(ReadLog.reading(self._register.folder)) as there:
                if there.seal_of(anchor.rows).hex() != anchor.seal:
                    return found  # it was put back behind what is anchored: the next anchor is of what there is now
                places = (place.split(":") for place in str(told).split())
                after = next((int(row) for row, seal in places if there.seal_of(int(row)).hex() == seal), 0)
                while after < anchor.rows and len(found) < most:
                    last = min(anchor.rows, after + STRETCH)
                    there.stretch(after, last)
                    found.append((after, last))
                    after = last
        except AuditUnusable as error:
            log.warning("the log of reads is not sent: %s", error)
        return found

    def _making(self, after: int, last: int) -> Callable[[], bytes]:
        def message() -> bytes:
            node = self._register.config.id
            sealed, _ = sealed_stretch(self._register.folder, node, after, last)
            return sign_message(LogRows(VERSION, sealed), node, self._centre.id, self._keys.sign)

        return message
