"""The relay's answers to requests of members, given in short slices of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from diwan_core import world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.centre.relay import RelayExchange

from diwan_central.exchange.request_queue import Questions, member_of


class Answers:
    """Makes answers, one at a time. What it costs is noted for its member."""

    def __init__(
        self, exchange: RelayExchange, questions: Questions, monotonic: Callable[[], float] = world.monotonic_s
    ) -> None:
        self._exchange = exchange
        self._questions = questions
        self._now = monotonic
        self._answer: Iterator[Message] | None = None
        self._member = ""

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return self._answer is not None

    def slice(self, seconds: float) -> Iterator[Message]:
        """Messages of the answer under way, or of the next one, for so long."""
        end = self._now() + seconds
        while self._now() < end:
            began = self._now()
            if self._answer is None:
                questions = self._questions.next()
                if not questions:
                    return
                self._member, self._answer = member_of(questions[0][0]), self._exchange.handle(questions)
            message = next(self._answer, None)
            self._questions.charge(self._member, self._now() - began)
            if message is None:
                self._answer = None
            else:
                yield message
