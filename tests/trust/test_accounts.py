"""Signing in: slow for those who guess, plain for those who belong here."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from diwan_core.trust import BadName
from diwan_core.trust.people.accounts import (
    Account,
    AccountExists,
    Accounts,
    AccountsUnusable,
    SignInRefused,
    UnknownRole,
)
from diwan_core.trust.people.accounts_db import Store

from .accounts_kit import CHEAP, GOOD, Clock


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
    accounts.set_role(huda, "technician")
    assert accounts.session(token) is None
    token = accounts.sign_in(huda, GOOD).token
    accounts.disable(huda)
    assert accounts.session(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in(huda, GOOD)
    accounts.enable(huda)
    assert accounts.sign_in(huda, GOOD).account.role == "technician"


def test_all_sessions_of_a_person_can_be_ended(accounts: Accounts, huda: str) -> None:
    tokens = [accounts.sign_in(huda, GOOD).token for _ in range(2)]
    assert accounts.end_sessions(huda) == 3  # the one that changing the password began is the third
    assert [accounts.session(token) for token in tokens] == [None, None]


def test_names_and_roles_are_checked(accounts: Accounts, huda: str) -> None:
    with pytest.raises(AccountExists, match="already"):
        accounts.add("HUDA", "officer")
    with pytest.raises(UnknownRole, match="officer, supervisor"):
        accounts.add("omar", "boss")
    for name in ("", "x", "a b", "-a", "هدى", "a" * 33):
        with pytest.raises(BadName, match="user name"):
            accounts.add(name, "officer")
    for number in range(3):
        accounts.add(f"some-{number}", "technician")
    assert len(accounts.all()) == 4


def test_an_account_does_not_show_its_verifier_and_a_session_not_its_token(accounts: Accounts, huda: str) -> None:
    signed_in = accounts.sign_in(huda, GOOD)
    assert signed_in.token not in repr(signed_in) and signed_in.device not in repr(signed_in)
    assert set(Account.__dataclass_fields__) == {
        "name", "display_name", "role", "must_change", "disabled", "created", "one_time_until", "vouched",
    }  # fmt: skip


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(AccountsUnusable, match="move it away"):
        Accounts.open(tmp_path)
    with pytest.raises(AccountsUnusable, match="cannot be used"):
        Accounts.open(tmp_path / "missing")


def _open_and_add(folder: Path, name: str) -> None:
    accounts = Accounts.open(folder, cost=CHEAP)
    accounts.add(name, "technician")
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
