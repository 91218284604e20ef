"""Whoever guesses is slowed down and learns nothing; whoever is right is let in."""

import statistics
import threading
import time
from pathlib import Path

import pytest
from diwan_core.trust import passwords
from diwan_core.trust.accounts import (
    Accounts,
    SignInBusy,
    SignInRefused,
    TooManyTries,
)
from diwan_core.trust.passwords import Cost

from .accounts_kit import GOOD, Clock


@pytest.mark.parametrize("name", ["huda", "nobody"])
def test_wrong_name_and_wrong_password_are_answered_alike(accounts: Accounts, huda: str, name: str) -> None:
    with pytest.raises(SignInRefused, match="The user name or the password is wrong"):
        accounts.sign_in(name, "wrong password")


@pytest.mark.parametrize("name", ["huda", "nobody"])
def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(
    accounts: Accounts, huda: str, clock: Clock, name: str
) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong password")
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyTries) as refused:
            accounts.sign_in(name, GOOD)
        waits.append(refused.value.seconds)
        clock.seconds += refused.value.seconds
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong password")
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_the_right_password_after_the_wait_starts_afresh(accounts: Accounts, huda: str, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            accounts.sign_in(huda, "wrong password")
    clock.seconds += 2
    accounts.sign_in(huda, GOOD)
    with pytest.raises(SignInRefused):
        accounts.sign_in(huda, "wrong password")


def test_an_address_that_tries_many_names_is_slowed_down_and_others_are_not(accounts: Accounts, huda: str) -> None:
    for number in range(20):
        with pytest.raises(SignInRefused):
            accounts.sign_in(f"name{number}", "wrong password", address="10.0.0.66")
    with pytest.raises(TooManyTries, match="Wait 2 seconds"):
        accounts.sign_in(huda, GOOD, address="10.0.0.66")
    assert accounts.sign_in(huda, GOOD, address="10.0.0.7")


def test_a_clock_set_back_locks_nobody_out(accounts: Accounts, huda: str, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            accounts.sign_in(huda, "wrong password")
    clock.seconds -= 10 * 365 * 86400
    with pytest.raises(TooManyTries) as refused:
        accounts.sign_in(huda, GOOD)
    assert refused.value.seconds <= 900


def test_parallel_guesses_do_not_slip_through_the_throttle(accounts: Accounts, huda: str) -> None:
    refused: list[type[Exception]] = []

    def guess() -> None:
        try:
            accounts.sign_in(huda, "wrong password")
        except (SignInRefused, TooManyTries) as error:
            refused.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(SignInRefused) == 5
    assert refused.count(TooManyTries) == 15


def test_unknown_names_take_as_long_as_known_ones(tmp_path: Path, clock: Clock) -> None:
    accounts = Accounts.open(tmp_path, clock=clock, cost=Cost(memory_kib=8192, iterations=3))
    accounts.change_password("huda", accounts.add("huda", "officer"), GOOD)

    def seconds(name: str) -> float:
        clock.seconds += 100_000
        begin = time.process_time()
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong password")
        return time.process_time() - begin

    times = [(seconds("huda"), seconds("nobody")) for _ in range(9)]
    known, unknown = (statistics.median(column) for column in zip(*times, strict=True))
    accounts.close()
    assert 0.5 < unknown / known < 2


def test_people_wait_their_turn_and_are_told_when_it_takes_too_long() -> None:
    with passwords.one_at_a_time(), pytest.raises(SignInBusy, match="Wait a minute"), passwords.one_at_a_time(0.01):
        pass
