"""A post's agent without a process of its own: the real register, exchange and carrier, driven by the caller's loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType

from diwan_core import node
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.post.feed_pacing import FEED_BYTES
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import Receipt, decode
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.trust import ScopeKeyring
from diwan_core.trust.network.tls import client_context

from diwan_bench.live import TimedRegister


@dataclass
class Agent:
    """What `diwan post agent` does between a save and a receipt."""

    register: TimedRegister
    exchange: PostExchange
    carrier: MqttCarrier
    stored: dict[str, int] = field(default_factory=dict)
    """What receipts said: epoch -> its rows at the centre."""

    @classmethod
    def of(cls, folder: Path) -> Agent:
        """The agent of the post in this folder. Raises what opening a register raises."""
        config = node.load(folder, role="post")
        register = TimedRegister.open(folder, role="writer")
        if not isinstance(register, TimedRegister) or register.keys is None:
            raise TypeError("open makes what it was called on, and a writer has keys")
        exchange = PostExchange(
            register, register.keys, ScopeKeyring(folder), take_ledger=partial(take_entries, register)
        )
        exchange.feed.step = FEED_BYTES
        carrier = MqttCarrier(
            config.id, config.broker_host, config.broker_port, partial(client_context, folder),
            exchange.subscriptions(), exchange.came_up,
        )  # fmt: skip
        return cls(register, exchange, carrier)

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.exchange.flush(force=True)
        self.carrier.close()
        self.register.close()

    def turn(self, timeout: float = 0.0, *, feed: bool = True) -> None:
        """One turn of its loop, which waits at most so many seconds for a message; others' rows are left for a later
        one unless `feed`."""
        messages = self.carrier.poll(0.0 if self.exchange.paced or self.exchange.feed.left else timeout)
        self.exchange.handle(self.exchange.paced.set_aside(messages))
        self._send()
        if feed and (self.exchange.paced or self.exchange.feed.left):
            self.exchange.handle([] if self.exchange.feed.left else self.exchange.paced.next())
            self._send()
        for topic, payload in messages:
            if topics.leaf(topic) == topics.RECEIPT:
                receipt = decode(payload, Receipt)
                self.stored[text_id(receipt.epoch)] = receipt.stored
        self.exchange.flush()

    def _send(self) -> None:
        if self.carrier.up:
            for topic, payload in self.exchange.outgoing():
                self.carrier.publish(topic, payload)

    def unreceipted(self) -> int:
        """Rows without a receipt, receipts that are not written down yet counted as none."""
        return int(self.register.store.one("SELECT coalesce(sum(seq - stored), 0) FROM epoch WHERE own=1"))
