"""Agreements at the command line: recorded at the centre, ended there, and what leaves under one is logged record by
record."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run.agreements import agreed_by, agreement_named
from diwan_core.leaving.released import digest_of
from diwan_core.register import Edit, Register
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog

from .conftest import Post

TODAY = datetime.now(UTC).date()
BEGAN, ENDS = (TODAY - timedelta(days=30)).isoformat(), (TODAY + timedelta(days=30)).isoformat()
PERSON: dict[str, Any] = {
    "family_name": "Testman", "given_names": "Karim", "name_as_written": "Karim Testman", "sex": "M",
    "birth_date": "1990-02-03", "status": "submitted", "document": {"1": {"kind": "passport", "number": "P778"}},
}  # fmt: skip
CASE: dict[str, Any] = {
    "type": "seizure", "country": "JO", "date": BEGAN, "office": "JOAQJ", "direction": "import", "status": "submitted",
    "detection_method": "xray_cargo", "concealment_method": "vehicle_cabin",
    "goods": {"1": {"product_group": "currency", "sub_group": "cash", "value": "12000", "currency": "EUR"}},
    "leg": {"1": {"role": "departure", "country": "SY", "date": BEGAN, "mode": "3"},
            "2": {"role": "destination", "country": "JO"}},
    "means": {"1": {"kind": "car", "plate": "34-56789"}},
}  # fmt: skip


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Post:
    """A centre with a case of cash, a person it links, and an agreement."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig(role="central", id=node.mint_id(), label="Centre"))
    NodeKeys.create(folder)
    found = Post(folder)
    agree(found)
    with Register.open(folder, role="writer") as register:
        person = register.save([Edit("person", PERSON)], author="amal").records[0]
        party = {"1": {"role": "courier", "subject": person, "name": "K. Testman"}}
        register.save([Edit("case", CASE | {"party": party})], author="amal")
    return found


def agree(centre: Post, title: str = "Cash", **more: str) -> Any:
    words = {"partner": "Partner", "from": BEGAN, "until": ENDS, "fields-of": "eu-cash-declaration"} | more
    return centre.run(
        "export-map agree", title, *(word for name, value in words.items() for word in (f"--{name}", value))
    )


def release(centre: Post, title: str = "Cash") -> str:
    """What the page does when a person presses Release."""
    with Register.open(centre.folder, role="writer") as register:
        [case] = register.ids("case")
        record = register.get(case)
        assert record is not None
        today = register.sure_day()
        assert today is not None
        agreed = agreed_by(register, agreement_named(register, title), today)
        digest = digest_of(agreed.content(DICTIONARY.type("case"), record.values))
        held = {"r": {"path": agreed.path, "digest": digest, "by": "amal"}}
        register.save([Edit("case", {"text_release": held}, record=case, seen=record.heads)], author="amal")
        return case


def write(centre: Post, *words: str) -> Any:
    return centre.run("export-map write", "eu-cash-declaration", "--output", "out.csv", *words)


def rows() -> list[dict[str, str]]:
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_form_is_filled_from_a_released_case_and_each_record_is_logged(centre: Post) -> None:
    refused = write(centre, "--agreement", "Cash")
    assert refused.code == 3 and "nobody has released it under this agreement" in refused.out
    assert rows() == [] and b"Testman" not in Path("out-refused.csv").read_bytes()
    case = release(centre)
    answer = write(centre, "--agreement", "Cash")
    assert answer.code == 0, answer
    [row] = rows()
    assert (row["2 Last name(s)"], row["2 ID document number"], row["4 Value 1"]) == ("Testman", "P778", "12000")
    log = ReadLog.open(centre.folder)
    try:
        given = [row for row in log.page(how="export") if (one := event_of(row.detail)) and one.code == "record.given"]
    finally:
        log.close()
    with centre.register() as register:
        assert {row.record for row in given} == {case, *register.ids("person")}


def test_what_is_written_reads_back_as_it_was(centre: Post) -> None:
    release(centre)
    write(centre, "--agreement", "Cash")
    Path("inverse.toml").write_text(
        'type = "case"\nsystem = "back"\n[source]\nkey = ["2 ID document number"]\n'
        f'[constants]\nstatus = "submitted"\nparty.1.role = "courier"\ndate = "{BEGAN}"\n'
        'goods.1.product_group = "currency"\ngoods.1.sub_group = "cash"\nleg.1.role = "departure"\n[fields]\n'
        'direction = { column = "1 Entering or leaving", values = { entering = "import", leaving = "export" } }\n'
        'party.1.name = { column = "2 Name as written" }\nparty.1.identifier = { column = "2 ID document number" }\n'
        'goods.1.value = { column = "4 Value 1" }\ngoods.1.currency = { column = "4 Currency 1" }\n'
        'leg.1.country = { column = "3 Country of first departure" }\n'
        'means.1.plate = { column = "3 Reference number" }\n'
    )
    answer = centre.run("import", "out.csv", "--mapping", "inverse.toml", "--json")
    assert answer.code == 0, answer
    [_first, back] = centre.documents("case")
    assert back["direction"] == "import" and back["goods"]["1"] == CASE["goods"]["1"]
    assert (back["party"]["1"]["name"], back["party"]["1"]["identifier"]) == ("Karim Testman", "P778")
    assert back["leg"]["1"]["country"] == "SY" and back["means"]["1"]["plate"] == "34-56789"


def test_without_an_agreement_or_after_its_end_nothing_is_written(centre: Post) -> None:
    release(centre)
    for words, said in (
        ((), "say under which agreement"),
        (("--agreement", "No such"), "no agreement is called 'No such'"),
    ):
        answer = write(centre, *words)
        assert answer.code == 2 and said in answer.err and not Path("out.csv").exists()
    agree(centre, "Old", until=BEGAN)
    answer = write(centre, "--agreement", "Old")
    assert answer.code == 2 and "nothing leaves under Old: the agreement is in force from" in answer.err
    assert centre.run("export-map end", "Cash").code == 0
    answer = write(centre, "--agreement", "Cash")
    assert answer.code == 2 and "the agreement is withdrawn" in answer.err and not Path("out.csv").exists()
    listed = centre.run("export-map agreements", "--json").json["agreements"]
    assert [(one["title"], one["in_force"]) for one in listed] == [("Cash", False), ("Old", False)]
    assert "Cash, with Partner: the agreement is withdrawn" in centre.run("export-map agreements").out


def test_a_check_shows_no_values_of_persons(centre: Post) -> None:
    release(centre)
    answer = write(centre, "--agreement", "Cash", "--check")
    assert "1 rows would be written" in answer.out and "Testman" not in answer.out and not Path("out.csv").exists()


def test_two_of_one_title_are_told_apart_by_their_ids(centre: Post) -> None:
    release(centre)
    told = agree(centre, "Cash")
    assert told.code == 2 and "is recorded from" in told.err and "Give another title" in told.err
    with Register.open(centre.folder, role="writer") as register:
        [held] = register.ids("agreement")
        record = register.get(held)
        assert record is not None
        [second] = register.save([Edit("agreement", record.values)], author="from an older release").records
    answer = write(centre, "--agreement", "Cash")
    assert answer.code == 2 and "2 agreements are called 'Cash'" in answer.err
    assert write(centre, "--agreement", second).code == 3, "it was released under the other one"


def test_agreements_are_recorded_at_the_centre_and_name_fields_one_by_one(centre: Post, post: Post) -> None:
    answer = agree(post)
    assert answer.code == 2 and "recorded at the centre" in answer.err
    answer = centre.run("export-map agree", "X", "--partner", "P", "--from", BEGAN, "--until", ENDS)
    assert answer.code == 2 and "name the fields" in answer.err
    for field in ("case.narrative", "user.email", "person.notes", "nonsense"):
        answer = centre.run(
            "export-map agree", "X", "--partner", "P", "--from", BEGAN, "--until", ENDS, "--field", field
        )
        assert answer.code == 2 and f"{field} cannot be in an agreement" in answer.err
    assert centre.run("export-map end", "Nobody").code == 2


def test_a_post_whose_clock_is_not_sure_fills_nothing(
    centre: Post, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agreement has days, and a clock that was set back would make it last for ever."""
    release(centre)
    monkeypatch.setattr(Register, "sure_day", lambda _register: None)
    answer = write(centre, "--agreement", "Cash")
    assert answer.code == 2 and "does not know the date for sure" in answer.err
    monkeypatch.undo()
    with Register.open(post.folder) as register:
        assert register.sure_day() is None, "it has never heard the centre"
    with Register.open(centre.folder) as register:
        began = datetime.now(UTC).date()
        sure = register.sure_day()
        assert sure is not None and began <= sure <= datetime.now(UTC).date()
