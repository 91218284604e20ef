"""Signing in: slow for those who guess, plain for those who belong here."""

import multiprocessing
import stat
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.trust import BadName, passwords
from diwan_core.trust.accounts import (
    ROLES,
    Account,
    AccountExists,
    Accounts,
    AccountsUnusable,
    PasswordRefused,
    SignInBusy,
    SignInRefused,
    TooManyTries,
    UnknownAccount,
    UnknownRole,
)
from diwan_core.trust.passwords import Cost
from diwan_core.trust.store import Store
from hypothesis import given, settings
from hypothesis import strategies as st

CHEAP = Cost(memory_kib=64, iterations=1)
GOOD = "three words together"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    found = Accounts.open(tmp_path, clock=clock, cost=CHEAP)
    yield found
    found.close()


@pytest.fixture
def huda(accounts: Accounts) -> str:
    """An officer who has chosen a password."""
    one_time = accounts.add("huda", "officer", "هدى")
    accounts.change_password("huda", one_time, GOOD)
    return "huda"


def test_a_new_officer_signs_in_with_the_one_time_password_and_must_change_it(accounts: Accounts) -> None:
    one_time = accounts.add("Huda", "officer", "هدى")
    assert [len(part) for part in one_time.split("-")] == [4, 4, 4]
    first = accounts.sign_in("HUDA", one_time)
    assert first.account.must_change and first.account.display_name == "هدى"
    changed = accounts.change_password("huda", one_time, GOOD)
    assert not changed.account.must_change
    assert accounts.session(first.token) is None
    assert accounts.session(changed.token) == accounts.get("huda")
    with pytest.raises(SignInRefused):
        accounts.sign_in("huda", one_time)


def test_a_one_time_password_may_be_typed_in_capitals_without_hyphens(accounts: Accounts) -> None:
    one_time = accounts.add("huda", "officer")
    assert accounts.sign_in("huda", f" {one_time.replace('-', ' ').upper()} ").account.name == "huda"


def test_a_chosen_password_is_taken_as_it_is(accounts: Accounts, huda: str) -> None:
    with pytest.raises(SignInRefused):
        accounts.sign_in(huda, GOOD.upper())
    assert accounts.sign_in(huda, GOOD).account.role == "officer"


def test_accounts_are_still_there_after_a_restart(tmp_path: Path, accounts: Accounts, huda: str, clock: Clock) -> None:
    token = accounts.sign_in(huda, GOOD).token
    again = Accounts.open(tmp_path, clock=clock, cost=CHEAP)
    assert again.session(token) == accounts.get(huda)
    assert [account.name for account in again.all()] == ["huda"]
    again.close()


def test_only_the_owner_can_read_the_accounts(tmp_path: Path, accounts: Accounts, huda: str) -> None:
    files = [file for file in tmp_path.iterdir() if file.name.startswith("accounts.db")]
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_neither_password_nor_session_is_in_the_file(tmp_path: Path, accounts: Accounts, huda: str) -> None:
    token = accounts.sign_in(huda, GOOD).token
    with pytest.raises(SignInRefused):
        accounts.sign_in("my password typed as name", GOOD)
    accounts.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (GOOD, token, "my password typed as name"):
        assert secret.encode() not in content


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


def test_a_session_ends_by_signing_out_by_idleness_and_after_a_shift(
    accounts: Accounts, huda: str, clock: Clock
) -> None:
    out, idle, used = (accounts.sign_in(huda, GOOD).token for _ in range(3))
    accounts.sign_out(out)
    assert accounts.session(out) is None
    for _ in range(23):
        clock.seconds += 1800
        assert accounts.session(used) is not None
    assert accounts.session(idle) is None
    clock.seconds += 1800  # twelve hours
    assert accounts.session(used) is None


def test_a_session_ends_when_the_clock_goes_back(accounts: Accounts, huda: str, clock: Clock) -> None:
    token = accounts.sign_in(huda, GOOD).token
    clock.seconds -= 3600
    assert accounts.session(token) is None
    clock.seconds += 3600
    assert accounts.session(token) is None


def test_sessions_end_when_role_or_rights_change(accounts: Accounts, huda: str) -> None:
    token = accounts.sign_in(huda, GOOD).token
    accounts.set_role(huda, "supervisor")
    assert accounts.session(token) is None
    token = accounts.sign_in(huda, GOOD).token
    accounts.disable(huda)
    assert accounts.session(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in(huda, GOOD)
    accounts.enable(huda)
    assert accounts.sign_in(huda, GOOD).account.role == "supervisor"


def test_all_sessions_of_a_person_can_be_ended(accounts: Accounts, huda: str) -> None:
    tokens = [accounts.sign_in(huda, GOOD).token for _ in range(2)]
    assert accounts.end_sessions(huda) == 3  # the one that changing the password began is the third
    assert [accounts.session(token) for token in tokens] == [None, None]


def test_a_forgotten_password_is_reset_to_a_one_time_one(accounts: Accounts, huda: str) -> None:
    token = accounts.sign_in(huda, GOOD).token
    one_time = accounts.reset_password(huda)
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


def test_names_and_roles_are_checked(accounts: Accounts, huda: str) -> None:
    with pytest.raises(AccountExists, match="already"):
        accounts.add("HUDA", "officer")
    with pytest.raises(UnknownRole, match="officer, supervisor"):
        accounts.add("omar", "boss")
    for name in ("", "x", "a b", "-a", "هدى", "a" * 33):
        with pytest.raises(BadName, match="user name"):
            accounts.add(name, "officer")
    for role in ROLES:
        accounts.add(f"some-{role}", role)
    assert len(accounts.all()) == 1 + len(ROLES)


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


def test_an_account_does_not_show_its_verifier_and_a_session_not_its_token(accounts: Accounts, huda: str) -> None:
    signed_in = accounts.sign_in(huda, GOOD)
    assert signed_in.token not in repr(signed_in)
    assert set(Account.__dataclass_fields__) == {
        "name", "display_name", "role", "must_change", "disabled", "created",
    }  # fmt: skip


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(AccountsUnusable, match="move it away"):
        Accounts.open(tmp_path)
    with pytest.raises(AccountsUnusable, match="cannot be used"):
        Accounts.open(tmp_path / "missing")


def _open_and_add(folder: Path, name: str) -> None:
    accounts = Accounts.open(folder, cost=CHEAP)
    accounts.add(name, "officer")
    accounts.close()


def test_several_processes_open_the_same_accounts_at_once(tmp_path: Path) -> None:
    start = multiprocessing.get_context("fork")
    for round_ in range(5):
        folder = tmp_path / str(round_)
        folder.mkdir()
        processes = [start.Process(target=_open_and_add, args=(folder, f"name{number}")) for number in range(5)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert {process.exitcode for process in processes} == {0}
        accounts = Accounts.open(folder, cost=CHEAP)
        assert len(accounts.all()) == 5
        accounts.close()


def test_opening_the_file_again_does_not_drop_the_locks_of_this_process(tmp_path: Path) -> None:
    """SQLite holds its locks by (process, file): any close of the file elsewhere in the process would drop them."""
    store = Store.open(tmp_path)
    store.rows("select 1 from account")
    inode = f":{(tmp_path / 'accounts.db').stat().st_ino} "

    def locks() -> list[str]:
        return [line for line in Path("/proc/locks").read_text().splitlines() if inode in line]

    before = len(locks())
    assert before > 0
    again = Store.open(tmp_path)
    assert len(locks()) >= before
    again.close()
    assert len(locks()) >= before
    store.close()
