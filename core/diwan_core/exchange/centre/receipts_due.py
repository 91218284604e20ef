"""Receipts that the centre owes for committed rows: one for each epoch, a moment after the commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import (
    RECEIPT_DOMAIN,
    VERSION,
    BoundReceipt,
    Receipt,
    encode,
    signed_part,
)
from diwan_core.exchange.wire.parcel import raw_id
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register import Transaction
from diwan_core.register.admission.scope_log import NATIONAL, Run
from diwan_core.register.exchange_state.epochs import standing
from diwan_core.register.exchange_state.nodes import latest_hello
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys

CREDIT: Final = 256 * 1024
"""Bytes one node may have on their way: enough for a fast line, little enough that another node's save, which comes
behind them through the broker, is admitted within a quarter of a second."""
RECEIPT_WITHIN_S: Final = 0.05
RECEIPT_BYTES: Final = 64 * 1024
"""A receipt goes out this long after the first commit it covers, or after so many bytes: a row at a time, 100 times a
second, costs 150 bytes less each. Nobody waits for it: what is committed is committed."""

RECEIPTS_AT_ONCE: Final = 100
"""Each costs a signature: a hello may ask for a thousand."""


@dataclass(slots=True)
class Answer:
    """The receipt that one transaction owes the sender of an epoch."""

    node: str
    epoch: str
    ask: bool
    runs: list[Run]


class OwedReceipts:
    """Gathers what is owed until it is due."""

    def __init__(self, centre: str, keys: NodeKeys, monotonic: Callable[[], float]) -> None:
        self._centre = centre
        self._keys = keys
        self._now = monotonic
        self._owed: dict[tuple[str, str], Answer] = {}
        self._bytes = 0
        self._since = 0.0

    def add(self, answers: Mapping[tuple[str, str], Answer], size: int) -> None:
        """Owe these, for a transaction of so many bytes that is committed."""
        if answers and not self._owed:
            self._since = self._now()
        self._bytes += size
        for name, answer in answers.items():
            held = self._owed.setdefault(name, answer)
            if held is not answer:
                held.ask = held.ask or answer.ask
                held.runs += answer.runs

    def due_in(self) -> float:
        """Seconds until receipts are due; a long time when none are owed."""
        if not self._owed:
            return 30.0
        if self._bytes >= RECEIPT_BYTES or any(answer.ask for answer in self._owed.values()):
            return 0.0
        return max(0.0, self._since + RECEIPT_WITHIN_S - self._now())

    def written(self, transaction: Transaction) -> list[Message]:
        """The receipts that are owed, signed: at most RECEIPTS_AT_ONCE, one of every node before any node has a
        second. What is left is due at once."""
        taken = self._first(RECEIPTS_AT_ONCE) if len(self._owed) > RECEIPTS_AT_ONCE else list(self._owed)
        answers = [self._owed.pop(name) for name in taken]
        self._bytes = RECEIPT_BYTES if self._owed else 0
        return [self._receipt(transaction, answer) for answer in answers]

    def _first(self, many: int) -> list[tuple[str, str]]:
        turn: Counter[str] = Counter()
        ranked = []
        for name in self._owed:
            turn[name[0]] += 1
            ranked.append((turn[name[0]], name))
        return [name for _, name in sorted(ranked, key=lambda found: found[0])[:many]]

    def _receipt(self, transaction: Transaction, answer: Answer) -> Message:
        stored, safe, head = standing(transaction, answer.epoch, answer.node)
        moment = now_ms()
        runs = [(NATIONAL, run.first, run.first_seq, run.last_seq - run.first_seq + 1) for run in answer.runs]
        _, nonce = latest_hello(transaction, answer.node)
        said = (VERSION, raw_id(answer.epoch), stored, safe, CREDIT, moment, answer.ask, runs)
        topic = topics.down(answer.node, topics.RECEIPT)
        if nonce:
            bound = BoundReceipt(*said, bytes(64), nonce)
            return topic, sign_message(bound, self._centre, answer.node, self._keys.sign, head)
        message = signed_part(answer.node, answer.epoch, stored, safe, moment, head)
        return topic, encode(Receipt(*said, self._keys.sign(RECEIPT_DOMAIN, message)))
