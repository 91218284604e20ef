"""How often a node tries to reach a broker that is not there."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from itertools import pairwise

import pytest
from diwan_core.exchange.carriers import mqtt
from diwan_core.exchange.carriers.mqtt import LAST_RETRY_S, SERVICE_RETRY_S, MqttCarrier


class Clock:
    """Time that passes where the carrier waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def ready(self, _reading: Sequence[int], timeout_s: float) -> set[int]:
        self.now += timeout_s
        return set()


def pauses(monkeypatch: pytest.MonkeyPatch, longest_s: float) -> list[float]:
    """Seconds between the attempts of the last two of ten minutes."""
    clock, attempts = Clock(), list[float]()

    def no_line() -> ssl.SSLContext:
        attempts.append(clock.now)
        raise OSError("no line")

    monkeypatch.setattr(mqtt, "time", clock)
    monkeypatch.setattr(mqtt, "ready", clock.ready)
    carrier = MqttCarrier("node", "127.0.0.1", 1, no_line, [], lambda: None, last_retry_s=longest_s)
    while clock.now < 1600.0:
        carrier.poll(5.0)
    late = [moment for moment in attempts if moment > 1480.0]
    return [after - before for before, after in pairwise(late)]


def test_a_post_is_back_within_a_minute_after_a_long_outage_and_not_in_step_with_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = pauses(monkeypatch, LAST_RETRY_S)
    assert all(LAST_RETRY_S / 2 <= pause <= LAST_RETRY_S < 60 for pause in found)
    assert len({round(pause, 3) for pause in found}) > 1


def test_a_service_beside_the_broker_is_back_before_the_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(pause <= SERVICE_RETRY_S for pause in pauses(monkeypatch, SERVICE_RETRY_S))
