"""Two clients of one name, as a copied card makes them: they do not take the line from each other for ever."""

from __future__ import annotations

import time

import pytest
from diwan_core.exchange.carriers.mqtt import FIRST_CONTEST_S, LAST_CONTEST_S, SHORT_SESSIONS, Contest, MqttCarrier
from diwan_core.trust.network.tls import client_context

from .broker_kit import Broker, needs_mosquitto

pytestmark = [needs_mosquitto, pytest.mark.slow]


def carrier(network: Broker, came_up: list[float]) -> MqttCarrier:
    context = client_context(network.nodes["aqaba"].folder)
    return MqttCarrier(
        "aqaba", "127.0.0.1", network.port, lambda: context, [], lambda: came_up.append(time.monotonic())
    )


def test_of_two_clients_of_one_name_the_one_that_loses_its_sessions_waits_and_says_so(network: Broker) -> None:
    came_up: list[float] = []
    first, second = carrier(network, came_up), carrier(network, came_up)
    try:
        turn([first, second], lambda: first.contested or second.contested)
        loser, winner = (first, second) if first.contested else (second, first)
        turn([first, second], lambda: winner.up)
        fought, end = len(came_up), time.monotonic() + 6
        turn([first, second], lambda: time.monotonic() > end)
        assert fought <= 2 * SHORT_SESSIONS + 1
        assert len(came_up) == fought, "within six seconds they took the session from each other eighteen times"
        assert winner.up and not winner.contested and not loser.up
    finally:
        first.close()
        second.close()


def turn(carriers: list[MqttCarrier], until: object, seconds: float = 60.0) -> None:
    assert callable(until)
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        for one in carriers:
            one.poll(0.05)


def test_the_pause_grows_and_is_forgotten_when_a_session_has_stood() -> None:
    contest = Contest()
    assert not any(contest.ended(0.3) for _ in range(SHORT_SESSIONS - 1)), (
        "a broker that starts anew ends some sessions"
    )
    pauses = []
    for _ in range(8):
        assert contest.ended(0.3)
        pauses.append(contest.pause_s)
    assert pauses[:3] == [FIRST_CONTEST_S, 2 * FIRST_CONTEST_S, 4 * FIRST_CONTEST_S]
    assert pauses[-1] == pauses[-2] == LAST_CONTEST_S
    contest.stands(100)
    assert contest.wait_s == LAST_CONTEST_S and contest.pause_s == 0
    contest.stands(1300)
    assert contest.wait_s == 0 and not contest.ended(0.3)


@pytest.mark.parametrize(("seconds", "taken"), [([1, 1, 1, 1], True), ([1, 1, 60, 1, 1, 1], False), ([6] * 9, False)])
def test_only_short_sessions_in_a_row_are_a_sign(seconds: list[float], taken: bool) -> None:
    contest = Contest()
    assert any(contest.ended(after) for after in seconds) is taken
