"""The commands of retention and of reports to persons, with the password of the account in whose name they run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from diwan_central.cli import central
from diwan_core.audit.commands import audit
from diwan_core.trust.access_log.events import event
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.people.accounts import Accounts
from diwan_core.trust.people.passwords import Cost

from tests.exchange.network import Network, network, record_in
from tests.privacy.kit import old_case, save

pytestmark = pytest.mark.slow

PASSWORD = "seven grey herons at dawn"
PEOPLE = {"huda": "administrator", "samir": "supervisor", "amal": "analyst", "rima": "supervisor"}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as made:
        made.settle()
        accounts = Accounts.open(made.register.folder, cost=Cost(memory_kib=64, iterations=1))
        for name, role in PEOPLE.items():
            if len(accounts.all()) < 2:
                once = accounts.add(name, role)
            else:
                asked = accounts.ask("add", name, accounts.actor("huda"), role=role)
                once = accounts.approve(asked.number, accounts.actor("samir"))[1]
            accounts.change_password(name, once, PASSWORD)
        accounts.close()
        yield made


def run(net: Network, *arguments: str, typed: str = PASSWORD, code: int = 0) -> Any:
    done: Result = CliRunner().invoke(
        central, [*arguments, "--dir", str(net.register.folder), "--json"], input=f"{typed}\n"
    )
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1]) if code == 0 else done.output


def test_a_country_sets_a_rule_and_two_people_erase_what_is_due(net: Network) -> None:
    record, kept = old_case(net, date="2021-01-01"), old_case(net, date="2021-01-01")
    run(net, "retention", "set", "case", "--months", "36", "--after", "date", "--law", "Act 20")
    assert not run(net, "retention", "set", "case", "--months", "36", "--after", "date", "--law", "Act 20")["new"]
    assert [rule["months"] for rule in run(net, "retention", "rules")["rules"]] == [36]
    hold = ("retention", "hold", kept, "--reason", "Court 12", "--review", "2027-01-01")
    run(net, *hold, "--by", "samir")
    assert "may not" in run(net, *hold, "--by", "huda", code=1)
    assert "is held back by samir" in run(net, "erase", kept, "--basis", "Act 3", code=1)
    first = run(net, "retention", "due", "--limit", "1")
    second = run(net, "retention", "due", "--limit", "1", "--after", first["after"])
    assert {row["id"]: row["stop"] for row in first["due"] + second["due"]} == {record: "", kept: "held"}
    assert second["after"] == ""
    for number in ("0", "9" * 30, f"-{'9' * 30}"):
        done = CliRunner().invoke(central, ["retention", "show", "--dir", str(net.register.folder), "--", number])
        assert done.exit_code == 1 and "There is no run" in done.output, done.output
    for nowhere in ("case.²", "case.", "1", "ship.1", "case." + "9" * 30):
        assert "give the place as" in run(net, "retention", "due", "--after", nowhere, code=2)
    propose = ("retention", "propose", "--basis", "Act 20, section 3", "--by")
    assert "password is wrong" in run(net, *propose, "samir", typed="guessed", code=1)
    number = str(run(net, *propose, "samir")["run"])
    assert "Somebody else" in run(net, "retention", "approve", number, "--by", "samir", code=1)
    assert "may not" in run(net, "retention", "approve", number, "--by", "amal", code=1)
    assert run(net, "retention", "approve", number, "--by", "rima")["state"] == "approved"
    assert run(net, "retention", "run")["runs"] == [{"run": 1, "outcomes": {"erased": 1}}]
    assert run(net, "retention", "run")["runs"] == []
    assert [one["outcome"] for one in run(net, "retention", "show", number)["records"]] == ["erased"]
    assert run(net, "retention", "runs")["runs"][0]["state"] == "done"
    assert record_in(net.register, record).values == {}
    (held,) = run(net, "retention", "holds")["holds"]
    run(net, "retention", "let-go", str(held["number"]), "--reason", "acquitted", "--by", "amal")
    again = str(run(net, *propose, "amal")["run"])
    assert run(net, "retention", "refuse", again, "--reason", "appeal", "--by", "rima")["state"] == "refused"
    (rule,) = run(net, "retention", "rules")["rules"]
    run(net, "retention", "withdraw", rule["record"])
    assert run(net, "retention", "rules")["rules"] == []
    log = ReadLog.reading(net.register.folder)
    told = [(row.person, row.role) for row in log.rows() if row.detail and '"erasure.' in row.detail]
    log.close()
    assert told == [("samir", "supervisor"), ("rima", "supervisor"), ("amal", "analyst"), ("rima", "supervisor")]


def test_a_report_is_made_in_two_languages_and_every_look_is_logged(net: Network, tmp_path: Path) -> None:
    values = {"latin_name": "SAMI ALMITHAL", "notes": "Brother of Zephyrine Oldfield"}
    person = save(net, "person", values)
    subject = {"1": {"kind": "person", "subject": person}}
    save(net, "suspect", {"title": "File", "requested_action": "discreet", "subject": subject})
    found = run(net, "subject", "find", "almithal", "--by", "samir")
    assert [row["id"] for row in found["records"]] == [person]
    assert "may not" in run(net, "subject", "find", "almithal", "--by", "amal", code=1)
    for language in ("en", "ar"):
        paths = {form: tmp_path / f"{language}.{form}" for form in ("json", "xlsx", "pdf")}
        made = run(
            net, "subject", "report", "--person", person, "--reason", "asked on 2026-11-12", "--by", "samir",
            "--file-json", str(paths["json"]), "--xlsx", str(paths["xlsx"]), "--pdf", str(paths["pdf"]),
            "--language", language,
        )  # fmt: skip
        assert (made["records"], made["black"]) == (1, 1)
        assert [one["law"] for one in made["held_back"]] == ["Who or what is looked for stays inside."]
        assert [log["label"] for log in made["logs_elsewhere"]] == [net.posts[0].register.config.label]
        assert paths["pdf"].read_bytes().startswith(b"%PDF-")
        assert json.loads(paths["json"].read_bytes())["language"] == language
        assert b"Oldfield" not in paths["json"].read_bytes()
        assert all(path.stat().st_mode & 0o077 == 0 for path in paths.values())
    assert "name what to write" in run(
        net, "subject", "report", "--person", person, "--reason", "x", "--by", "samir", code=2
    )
    run(net, "subject", "hold-back", "suspect", "--tell", "--law", "Act 4")
    assert "suspect" not in run(net, "subject", "held-back")["held_back"]
    log = ReadLog.reading(net.register.folder)
    looks = [row.person for row in log.rows() if row.record == person]
    log.close()
    assert looks == ["samir", "samir"]


def test_a_post_hands_its_log_in_and_the_centre_takes_it(net: Network, tmp_path: Path) -> None:
    post, file = net.posts[0], tmp_path / "log"
    person = save(net, "person", {"latin_name": "SAMI ALMITHAL"})
    log = ReadLog.open(post.register.folder)
    log.note("omar", "officer", [event("record.shown", record=person, view="record.page")])
    log.close()
    done = CliRunner().invoke(audit, ["hand-in", "--dir", str(post.register.folder), "-o", str(file)])
    assert (done.exit_code, done.stdout.startswith("1 rows;")) == (0, True), done.output
    assert b"omar" not in file.read_bytes()
    assert "confirms this log" in run(net, "subject", "take-log", str(file), code=1)
    post.exchange.woken()
    net.settle()
    assert run(net, "subject", "take-log", str(file))["rows"] == 1
    file.write_bytes(file.read_bytes()[:-1])
    assert "does not open with our key" in run(net, "subject", "take-log", str(file), code=1)
