"""Whoever guesses is slowed down and learns nothing; whoever is right is let in."""

import statistics
import threading
import time
from pathlib import Path

import pytest
from diwan_core.trust.people import passwords
from diwan_core.trust.people.accounts import Accounts, SignInBusy, SignInRefused, TooManyTries
from diwan_core.trust.people.familiar_devices import KEPT
from diwan_core.trust.people.passwords import Cost
from diwan_core.trust.people.throttle import ANYWHERE_FREE, DEVICE_FREE, FORGIVEN_MS, network_of

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


def wrong(accounts: Accounts, name: str, address: str, tries: int, device: str = "") -> None:
    for _ in range(tries):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, "wrong password", address=address, device=device)


def test_others_behind_the_same_address_are_not_held_up(accounts: Accounts, huda: str) -> None:
    """A whole post sits behind one address."""
    for number in range(20):
        wrong(accounts, f"name{number}", "10.0.0.66", 5)
    assert accounts.sign_in(huda, GOOD, address="10.0.0.66")


def test_a_stranger_who_knows_the_name_holds_up_nobody_at_another_address(accounts: Accounts, huda: str) -> None:
    wrong(accounts, huda, "10.0.0.66", 5)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD, address="10.0.0.66")
    assert accounts.sign_in(huda, GOOD, address="10.0.0.7")


def test_at_a_browser_of_ones_own_nobody_else_can_hold_one_up(accounts: Accounts, huda: str) -> None:
    device = accounts.sign_in(huda, GOOD, address="10.0.0.7").device
    wrong(accounts, huda, "10.0.0.7", 5)  # a colleague at the same address
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD, address="10.0.0.7")
    assert accounts.sign_in(huda, GOOD, address="10.0.0.7", device=device)


def test_a_browser_of_ones_own_is_slowed_down_too(accounts: Accounts, huda: str) -> None:
    device = accounts.sign_in(huda, GOOD).device
    wrong(accounts, huda, "10.0.0.7", DEVICE_FREE, device)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD, address="10.0.0.7", device=device)


def test_the_browser_of_a_colleague_is_no_browser_of_ones_own(accounts: Accounts, huda: str) -> None:
    """Or an insider would have as many counts as browsers."""
    accounts.change_password("omar", accounts.add("omar", "officer"), GOOD)
    devices = [accounts.sign_in("omar", GOOD, address="10.0.0.7").device for _ in range(3)]
    for device in devices:
        assert accounts.knows_device("omar", device) and not accounts.knows_device(huda, device)
    wrong(accounts, huda, "10.0.0.7", 5, devices[0])
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, "wrong password", address="10.0.0.7", device=devices[1])


def test_a_shared_computer_is_known_to_all_who_use_it_and_gets_a_new_name_each_time(
    accounts: Accounts, huda: str
) -> None:
    accounts.change_password("omar", accounts.add("omar", "officer"), GOOD)
    first = accounts.sign_in(huda, GOOD).device
    second = accounts.sign_in("omar", GOOD, device=first).device
    assert not accounts.knows_device(huda, first), "a name somebody planted or read is worth nothing afterwards"
    assert accounts.knows_device(huda, second) and accounts.knows_device("omar", second)


def test_only_the_newest_browsers_are_remembered_and_none_for_ever(accounts: Accounts, huda: str, clock: Clock) -> None:
    devices = []
    for _ in range(KEPT + 5):
        clock.seconds += 60
        devices.append(accounts.sign_in(huda, GOOD).device)
    assert [accounts.knows_device(huda, device) for device in devices] == [False] * 5 + [True] * KEPT
    clock.seconds += 181 * 86400
    assert not accounts.knows_device(huda, devices[-1])


def test_guessing_from_ever_new_addresses_is_slowed_down_but_not_where_the_person_works(
    accounts: Accounts, huda: str
) -> None:
    accounts.sign_in(huda, GOOD, address="192.168.7.2")
    for number in range(ANYWHERE_FREE):
        wrong(accounts, huda, f"10.0.{number}.1", 1)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD, address="10.9.9.9")
    assert accounts.sign_in(huda, GOOD, address="192.168.7.2")


def test_all_addresses_of_one_ipv6_subscriber_are_one(accounts: Accounts, huda: str) -> None:
    for number in range(5):
        wrong(accounts, huda, f"2001:db8:0:7::{number}", 1)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD, address="2001:db8:0:7:ffff::1")
    assert network_of("::ffff:10.0.0.1") == "10.0.0.1" and network_of("not an address") == "not an address"


def test_wrong_tries_are_forgiven_with_time(accounts: Accounts, huda: str, clock: Clock) -> None:
    wrong(accounts, huda, "", 5)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD)
    clock.seconds += 3 * FORGIVEN_MS / 1000
    wrong(accounts, huda, "", 3)
    with pytest.raises(TooManyTries):
        accounts.sign_in(huda, GOOD)


def test_an_administrator_lifts_the_waiting(accounts: Accounts, huda: str) -> None:
    wrong(accounts, huda, "10.0.0.66", 5)
    assert accounts.is_slowed_down("HUDA")
    assert accounts.lift_throttle(huda) > 0 and not accounts.is_slowed_down(huda)
    assert accounts.sign_in(huda, GOOD, address="10.0.0.66")


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
