"""`diwan post user …`: accounts at the machine itself, each deed in the log of reads."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import mint_id
from diwan_core.trust.access_log.events import Written, event_of
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.people.accounts import Accounts, SignInRefused, TooManyTries
from diwan_core.user_commands import user_group

from .accounts_kit import GOOD

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "post"
    node.create(made, NodeConfig(role="post", id=mint_id(), label="Gate", office="JOAQJ"))
    return made


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(user_group("post"), [*words, "--dir", str(folder)])


def events(folder: Path) -> list[Written]:
    log = ReadLog.open(folder)
    try:
        rows = list(log.rows())
    finally:
        log.close()
    assert {row.role for row in rows} == {"command line"} and all(row.person for row in rows)
    return [held for held in (event_of(row.detail) for row in rows) if held is not None]


def test_a_forgotten_password_is_reset_at_the_machine(folder: Path) -> None:
    first = json.loads(run(folder, "add", "huda", "--role", "officer", "--json").stdout)["one_time_password"]
    assert "waits for a second person" in run(folder, "reset", "Huda").stdout
    assert "reset\thuda" in run(folder, "requests").stdout
    second = run(folder, "approve", "1", "--alone", "nobody else is here").stdout.strip()
    accounts = Accounts.open(folder)
    with pytest.raises(SignInRefused):
        accounts.sign_in("huda", first)
    assert accounts.sign_in("huda", second).account.must_change
    accounts.close()
    assert [held.code for held in events(folder)] == ["account.added", "grant.asked", "grant.alone"]
    assert events(folder)[-1].parameters["reason"] == "nobody else is here"


def test_a_technician_is_added_and_reset_at_once(folder: Path) -> None:
    for name in ("huda", "omar", "tarek"):
        run(folder, "add", name, "--role", "technician")
    assert len(run(folder, "reset", "tarek").stdout.strip()) == 14
    assert events(folder)[-1].code == "account.password_reset"


def test_the_third_account_waits_until_a_second_person_approves_with_a_password(folder: Path) -> None:
    one_time = run(folder, "add", "sana", "--role", "supervisor").stdout.strip()
    run(folder, "add", "adam", "--role", "administrator")
    accounts = Accounts.open(folder)
    accounts.change_password("sana", one_time, GOOD)
    accounts.close()
    said = json.loads(run(folder, "add", "huda", "--role", "officer", "--json").stdout)
    assert said == {"request": 1, "name": "huda", "role": "officer"}
    alone = run(folder, "approve", "1", "--alone", "quickly")
    assert alone.exit_code == 1 and "sana can approve this" in alone.stderr
    wrong = CliRunner().invoke(user_group("post"), ["approve", "1", "--by", "sana", "--dir", str(folder)], input="x\n")
    assert wrong.exit_code == 1 and "password is wrong" in wrong.stderr
    right = CliRunner().invoke(
        user_group("post"), ["approve", "1", "--by", "sana", "--dir", str(folder), "--json"], input=f"{GOOD}\n"
    )
    accounts = Accounts.open(folder)
    password = json.loads(right.stdout.splitlines()[-1])["one_time_password"]
    assert accounts.sign_in("huda", password).account.vouched == "approved"
    accounts.close()
    log = ReadLog.open(folder)
    row = log.page(limit=1)[0]
    log.close()
    held = event_of(row.detail)
    assert (row.person, row.role) == ("sana", "supervisor") and held is not None and held.code == "grant.approved"


def test_wrong_tries_are_lifted_at_the_machine(folder: Path) -> None:
    run(folder, "add", "huda", "--role", "officer")
    accounts = Accounts.open(folder)
    for _ in range(6):
        with pytest.raises((SignInRefused, TooManyTries)):
            accounts.sign_in("huda", "wrong password")
    assert accounts.is_slowed_down("huda")
    assert "nobody has to wait for huda" in run(folder, "unlock", "huda").stdout
    assert not accounts.is_slowed_down("huda")
    accounts.close()
    assert events(folder)[-1].code == "account.throttle_lifted"


def test_what_cannot_be_done_is_one_line_with_the_remedy(folder: Path) -> None:
    for words in (("reset", "nobody"), ("unlock", "nobody"), ("reset", "../x")):
        answer = run(folder, *words)
        assert answer.exit_code == 1 and "There is no account" in answer.stderr and "Traceback" not in answer.stderr
