"""`diwan central confirm` and `reject`, `diwan post status` and what `diwan enrol` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from diwan_appliance import setup as post_setup
from diwan_appliance.cli import enrol as enrol_command
from diwan_appliance.cli import post as post_command
from diwan_central.cli import central
from diwan_central.network import scopes
from diwan_core.exchange import ledger
from diwan_core.register.exchange_state.nodes import note_dictionary
from diwan_core.register.standing import standing_of_post
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.people.accounts import Accounts

from tests.enrolment.people import add_everybody
from tests.exchange.network import Network, mailbox, network
from tests.web.conftest import CHEAP, let_in


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=0) as made:
        accounts = Accounts.open(made.register.folder, cost=CHEAP)
        add_everybody(accounts)
        let_in(accounts, "gone", "analyst")
        accounts.disable("gone")
        accounts.close()
        yield made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(central, [str(argument) for argument in arguments])


def code_of(net: Network) -> str:
    said = run("code", "--dir", net.register.folder, "--label", "Gate 9", "--office", "JOAMM")
    return str(said.output.strip())


def test_a_person_with_case_rights_confirms_by_the_command_and_it_is_written_down(net: Network) -> None:
    post, folder = net.add_post("Gate 9", confirmed=False), net.register.folder
    node, words = post.register.config.id, standing_of_post(post.register).words.split()
    for name, reason in (
        ("technician", "only an analyst or a supervisor"),
        ("administrator", "only an analyst or a supervisor"),
        ("auditor", "only an analyst or a supervisor"),
        ("gone", "not an account that may sign in"),
        ("nobody", "not an account that may sign in"),
    ):
        refused = run("confirm", node, *words, "--by", name, "--dir", folder)
        assert (refused.exit_code, reason in refused.output) == (1, True), refused.output
    wrong = run("confirm", node, *reversed(words), "--by", "analyst", "--dir", folder)
    assert wrong.exit_code == 1
    assert "not the words of Gate 9" in wrong.output
    assert not ledger.load(net.register).is_confirmed(node)
    done = run("confirm", node, "-".join(words).upper(), "--by", "Analyst", "--dir", folder, "--json")
    assert json.loads(done.output) == {"node": node, "label": "Gate 9", "by": "analyst"}
    assert run("confirm", node, *words, "--by", "analyst", "--dir", folder).exit_code == 0, "again, after a power cut"
    log = ReadLog.open(folder)
    events = [(row.role, one) for row in log.page() if (one := event_of(row.detail)) is not None]
    log.close()
    role, told = next(item for item in events if item[1].code == "node.confirmed")
    assert (role, told.parameters) == ("command line", {"post": node, "label": "Gate 9", "by": "analyst"})
    enrolled = next(one for _, one in events if one.code == "node.enrolled")
    assert enrolled.parameters == {"post": node, "label": "Gate 9", "office": "JOAQJ"}


@pytest.mark.parametrize("said", ["when it was enrolled", "since"])
def test_a_post_that_would_stand_still_is_not_confirmed_without_a_warning(
    net: Network, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    folder = net.register.folder
    scopes.set_reach(folder, ["message"], "addressed")
    if said == "when it was enrolled":
        monkeypatch.setattr(post_setup, "DICTIONARY", SimpleNamespace(version=3))
    post = net.add_post("Gate 9", confirmed=False)
    node, words = post.register.config.id, standing_of_post(post.register).words.split()
    if said == "since":
        with net.register.store.write() as transaction:
            note_dictionary(transaction, node, 3)
    refused = run("confirm", node, *words, "--by", "analyst", "--dir", folder)
    assert refused.exit_code == 1 and "it stands still" in refused.output
    assert f"diwan central reach --dir {folder} message --nominal all" in " ".join(refused.output.split())
    assert not ledger.load(net.register).is_confirmed(node)
    if said == "since":
        with net.register.store.write() as transaction:
            note_dictionary(transaction, node, 4)
        done = run("confirm", node, *words, "--by", "analyst", "--dir", folder)
    else:
        done = run("confirm", node, *words, "--by", "analyst", "--dir", folder, "--older")
    assert done.exit_code == 0 and ledger.load(net.register).is_confirmed(node)


def test_a_post_that_nobody_knows_is_shut_out_by_the_command(net: Network) -> None:
    node = net.add_post("Gate 9", confirmed=False).register.config.id
    assert f"{node} Gate 9 (not confirmed)" in run("status", "--dir", net.register.folder).output
    assert run("reject", node, "--dir", net.register.folder).exit_code == 0
    assert f"{node} Gate 9 (revoked)" in run("status", "--dir", net.register.folder).output
    again = run("reject", node, "--dir", net.register.folder)
    assert again.exit_code == 1
    assert "not an enrolled node" in again.output


def test_the_post_says_its_words_when_it_enrols_and_in_its_status(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "gate"
    post_setup.create(place, "Gate 9", "JOAMM", "127.0.0.1", 0)
    runner = CliRunner()
    before = json.loads(runner.invoke(post_command, ["status", "--dir", str(place), "--json"]).output)
    assert before["state"] == "not enrolled"
    with mailbox(net.register.folder):
        said = runner.invoke(enrol_command, ["--dir", str(place), "--central", "http://centre.test", code_of(net)])
    assert said.exit_code == 0, said.output
    assert f"diwan central confirm {before['node']} {before['words']} --by ACCOUNT" in said.output
    assert "as Gate 9 (JOAMM)" in said.output
    net.start(place)
    for _ in range(4):
        net.turn()
    told = runner.invoke(post_command, ["status", "--dir", str(place)]).output
    assert before["words"] in told
    assert "not confirmed yet: read the words" in told


def test_the_code_of_the_command_line_is_confirmed_by_any_account_with_the_right(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "gate"
    post_setup.create(place, "Gate 9", "JOAMM", "127.0.0.1", 0)
    with mailbox(net.register.folder):
        done = post_setup.enrol(place, "http://centre.test", code_of(net))
    said = run("confirm", done.node, *done.words.split(), "--by", "analyst", "--dir", net.register.folder)
    assert said.exit_code == 0, said.output
