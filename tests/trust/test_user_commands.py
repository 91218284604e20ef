"""`diwan post user …`: accounts at the machine itself, each deed in the log of reads."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import mint_id
from diwan_core.trust.accounts import Accounts, SignInRefused, TooManyTries
from diwan_core.trust.events import Written, written
from diwan_core.trust.reads import ReadLog
from diwan_core.user_commands import user_group


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
    return [held for held in (written(row.detail) for row in rows) if held is not None]


def test_a_forgotten_password_is_reset_at_the_machine(folder: Path) -> None:
    first = json.loads(run(folder, "add", "huda", "--role", "officer", "--json").stdout)["one_time_password"]
    second = run(folder, "reset", "Huda").stdout.strip()
    accounts = Accounts.open(folder)
    with pytest.raises(SignInRefused):
        accounts.sign_in("huda", first)
    assert accounts.sign_in("huda", second).account.must_change
    accounts.close()
    assert [held.code for held in events(folder)] == ["account.added", "account.password_reset"]


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
