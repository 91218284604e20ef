"""Passwords: chosen, refused, forgotten, kept as verifiers that show nothing."""

import sqlite3
import time
from pathlib import Path

import pytest
from diwan_core.trust.people import passwords
from diwan_core.trust.people.accounts import (
    Accounts,
    OneTimeEnded,
    PasswordRefused,
    SignInRefused,
    TooManyTries,
    UnknownAccount,
)
from diwan_core.trust.people.passwords import Cost
from hypothesis import given, settings
from hypothesis import strategies as st

from .accounts_kit import CHEAP, GOOD, Clock, reset


def test_a_one_time_password_may_be_typed_in_capitals_without_hyphens(accounts: Accounts) -> None:
    one_time = accounts.add("huda", "officer")
    assert accounts.sign_in("huda", f" {one_time.replace('-', ' ').upper()} ").account.name == "huda"


def test_a_chosen_password_is_taken_as_it_is(accounts: Accounts, huda: str) -> None:
    with pytest.raises(SignInRefused):
        accounts.sign_in(huda, GOOD.upper())
    assert accounts.sign_in(huda, GOOD).account.role == "officer"


def test_a_forgotten_password_is_reset_to_a_one_time_one(accounts: Accounts, huda: str) -> None:
    token = accounts.sign_in(huda, GOOD).token
    one_time = reset(accounts, huda)
    assert accounts.session(token) is None
    assert accounts.sign_in(huda, one_time).account.must_change
    with pytest.raises(UnknownAccount, match="no account"):
        accounts.reset_password("nobody")


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("short", "at least 10 characters"),
        ("x" * 201, "at most 200"),
        ("aaaaaaaaaaaaa", "5 different"),
        ("Huda is my name", "user name"),
        (GOOD, "differ"),
    ],
)
def test_a_bad_new_password_is_refused_with_every_reason(accounts: Accounts, huda: str, new: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason):
        accounts.change_password(huda, GOOD, new)
    assert accounts.sign_in(huda, GOOD)


def test_a_stolen_session_cannot_guess_the_current_password_freely(accounts: Accounts, huda: str) -> None:
    for _ in range(5):
        with pytest.raises(PasswordRefused, match="current password is wrong"):
            accounts.change_password(huda, "wrong password", "another good password")
    with pytest.raises(TooManyTries):
        accounts.change_password(huda, GOOD, "another good password")


def test_the_same_letters_from_another_keyboard_are_the_same_password(accounts: Accounts) -> None:
    accounts.change_password("huda", accounts.add("huda", "officer"), "caf\u00e9 au lait")
    assert accounts.sign_in("huda", "cafe\u0301 au lait")


def test_a_cheaper_verifier_is_replaced_at_the_next_sign_in(tmp_path: Path, accounts: Accounts, huda: str) -> None:
    dearer = Accounts.open(tmp_path, clock=accounts._clock, cost=Cost(memory_kib=128, iterations=2))
    dearer.sign_in(huda, GOOD)
    row = dearer._store.row("select verifier from account")
    assert row is not None and passwords.cost_of(row["verifier"]) == Cost(128, 2, 1)
    assert dearer.sign_in(huda, GOOD)
    dearer.close()


def test_the_default_cost_is_what_the_design_says() -> None:
    with passwords.one_at_a_time():
        verifier = passwords.make_verifier(GOOD)
        assert verifier.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
        assert passwords.matches(GOOD, verifier)
        assert not passwords.matches(GOOD + " ", verifier)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80) | st.text(st.characters(codec=None, categories=("Cs", "L")), max_size=9))
def test_whatever_is_typed_only_our_own_errors_come_out(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    clock = Clock()
    accounts = Accounts.open(tmp_path_factory.mktemp("typed"), clock=clock, cost=CHEAP)
    accounts.add("huda", "officer")
    for name, password in ((text, text), ("huda", text)):
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, password, address=text)
    assert accounts.session(text) is None
    accounts.sign_out(text)
    accounts.close()


def test_a_one_time_password_ends_after_three_days_and_only_its_owner_is_told(accounts: Accounts, clock: Clock) -> None:
    one_time = accounts.add("huda", "officer")
    clock.seconds += 3 * 86400 - 1
    assert accounts.sign_in("huda", one_time)
    clock.seconds += 1
    with pytest.raises(OneTimeEnded, match="Ask your administrator"):
        accounts.sign_in("huda", one_time)
    with pytest.raises(SignInRefused):
        accounts.sign_in("huda", "wrong password")
    again = reset(accounts, "huda")
    assert accounts.sign_in("huda", again).account.must_change


def test_a_one_time_password_ends_when_the_clock_is_set_back_by_days(accounts: Accounts, clock: Clock) -> None:
    one_time = accounts.add("huda", "officer")
    clock.seconds -= 2 * 86400
    with pytest.raises(OneTimeEnded):
        accounts.sign_in("huda", one_time)


def test_a_password_of_ones_own_does_not_end(accounts: Accounts, huda: str, clock: Clock) -> None:
    clock.seconds += 400 * 86400
    assert accounts.sign_in(huda, GOOD)


def test_the_first_password_is_chosen_with_the_session_of_the_one_time_password(accounts: Accounts) -> None:
    one_time = accounts.add("huda", "officer")
    token = accounts.sign_in("huda", one_time).token
    with pytest.raises(PasswordRefused, match="one-time"):
        accounts.choose_password(token, one_time)
    with pytest.raises(PasswordRefused, match="at least"):
        accounts.choose_password(token, "short")
    chosen = accounts.choose_password(token, GOOD)
    assert not chosen.account.must_change and accounts.session(token) is None
    for dead in (token, chosen.token, "none of ours"):
        with pytest.raises(SignInRefused, match="one-time"):
            accounts.choose_password(dead, "another good password")
    assert accounts.sign_in("huda", GOOD)


def test_accounts_of_the_release_before_open_and_their_one_time_passwords_have_three_days(
    tmp_path: Path, clock: Clock
) -> None:
    clock.seconds = time.time()
    accounts = Accounts.open(tmp_path, clock=clock, cost=CHEAP)
    one_time = accounts.add("huda", "officer")
    accounts.close()
    connection = sqlite3.connect(tmp_path / "accounts.db", isolation_level=None)
    for sql in (
        "drop table known_device",
        "drop table known_address",
        "drop index failure_by_account",
        "alter table failure drop column account",
        "alter table account drop column one_time_until",
        "alter table account drop column vouched",
        "drop table grant_request",
        "delete from _sqlite_migrations where name like 'm02%'",
        "pragma user_version = 3",
    ):
        connection.execute(sql)
    connection.close()
    accounts = Accounts.open(tmp_path, clock=clock, cost=CHEAP)
    assert accounts.sign_in("huda", one_time)
    clock.seconds += 4 * 86400
    with pytest.raises(OneTimeEnded):
        accounts.sign_in("huda", one_time)
    assert [account.vouched for account in accounts.all()] == [""], "nobody approved it, and the auditor sees that"
    accounts.close()
