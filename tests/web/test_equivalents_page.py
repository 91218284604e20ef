"""The national table of doses and equivalents: entered on a page or from a file at the centre, and said in reports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.dictionary.national_equivalents import NationalEquivalent
from diwan_core.intake.cli.commands_codes import codes_group
from diwan_core.register import Edit, Register
from diwan_core.register.national_equivalents import declare_equivalent, national_equivalents, withdraw_equivalent
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.record_pages.pdf import reduced_report_of, report_of

from .conftest import SHORT, Site, text_of

HEROIN = {
    "product_group": "drugs", "sub_group": "heroin", "counted": "E27", "typical": "100", "lowest": "50",
    "highest": "200", "size_unit": "MGM", "valid_from": "2026-01-01", "source": "Decree 4 of the laboratory",
}  # fmt: skip


def entry(**said: str) -> NationalEquivalent:
    return NationalEquivalent(**{**dict.fromkeys(NationalEquivalent._fields, ""), **HEROIN, **said})


def typed(centre: Site) -> list[tuple[str, str, str]]:
    with centre.console.writing() as register:
        return [(one.typical, one.valid_from, one.valid_until) for one in national_equivalents(register.store)]


@pytest.fixture(name="centre")
def centre_without_a_table(centre: Site) -> Iterator[Site]:
    """The centre of the whole session, and what a test enters is taken out again."""
    yield centre
    with centre.console.writing() as register:
        for one in national_equivalents(register.store):
            withdraw_equivalent(register, one.record, author="x")


def test_an_entry_is_added_followed_ended_and_withdrawn_and_never_corrected(centre: Site) -> None:
    analyst = centre.browser("analyst")
    assert "There are no doses or equivalents yet" in text_of(analyst.get("/equivalents"))
    assert analyst.post("/equivalents", HEROIN).status_code == 303
    assert analyst.post("/equivalents", HEROIN).status_code == 303, "the same again changes nothing"
    page = analyst.get("/equivalents")
    shown = text_of(page)
    assert "1 dose" in shown and "100 mg" in shown and "50 mg – 200 mg" in shown
    assert "Decree 4 of the laboratory" in shown
    again = analyst.post("/equivalents", {**HEROIN, "typical": "90"})
    assert again.status_code == 422 and "Withdraw it if it is wrong, or give a later day" in text_of(again)
    assert analyst.post("/equivalents", {**HEROIN, "typical": "90", "valid_from": "2026-02-01"}).status_code == 303
    assert typed(centre) == [("90", "2026-02-01", ""), ("100", "2026-01-01", "")]
    ends = re.findall(r'action="(/equivalents/[^"]+/end)"', analyst.get("/equivalents").text)
    assert analyst.post(ends[1], {"valid_until": "2025-12-31"}).status_code == 422, "before it began"
    assert analyst.post(ends[1], {"valid_until": "soon"}).status_code == 422
    assert analyst.post(ends[1], {"valid_until": "2026-06-30"}).status_code == 303
    assert analyst.post("/equivalents", HEROIN).status_code == 303, "the same entry is not opened again"
    assert typed(centre)[1] == ("100", "2026-01-01", "2026-06-30")
    form = analyst.get("/equivalents", record=ends[0].split("/")[2]).text
    assert '<option value="heroin" selected>' in form and 'value="90"' in form
    withdraw = ends[0].replace("/end", "/withdraw")
    assert [analyst.post(withdraw).status_code for _ in range(2)] == [303, 404]
    assert analyst.post(ends[0], {"valid_until": "2026-06-30"}).status_code == 404
    assert analyst.post("/equivalents", {**HEROIN, "typical": "95", "valid_from": "2026-02-01"}).status_code == 303
    for role in ("technician", "auditor", "supervisor"):
        assert centre.browser(role).get("/equivalents").status_code == 403, role
        assert centre.browser(role).get("/equivalents/table.csv").status_code == 403, role


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"product_group": ""}, "product_group", "is needed"),
        ({"sub_group": "unobtainium"}, "sub_group", "Choose one from the list"),
        ({"sub_group": "cigarettes"}, "sub_group", "does not belong to drugs"),
        ({"drug_form": "tablet", "product_group": "tobacco", "sub_group": ""}, "drug_form", "Leave it empty"),
        ({"counted": ""}, "counted", "is needed"),
        ({"counted": "CT"}, "counted", "Choose a dose, tablet"),
        ({"typical": "-5"}, "typical", "is not more than zero"),
        ({"lowest": "0"}, "lowest", "is not more than zero"),
        ({"typical": "much"}, "typical", "is not a plain number"),
        ({"lowest": "150"}, "lowest", "Put the three sizes in order"),
        ({"highest": "60"}, "typical", "Put the three sizes in order"),
        ({"highest": ""}, "highest", "is needed"),
        ({"size_unit": "MTR"}, "size_unit", "measures no weight, volume or number"),
        ({"counted": "U2", "size_unit": "MLT"}, "size_unit", "is no weight"),
        ({"valid_from": ""}, "valid_from", "is needed"),
        ({"valid_from": "2199-01-01"}, "valid_from", "still to come"),
        ({"valid_from": "05/03/2026"}, "valid_from", "5 Mar 2026"),
        ({"source": ""}, "source", "is needed"),
    ],
)
def test_what_makes_no_entry_is_said_beside_its_field_with_what_to_do(
    centre: Site, wrong: dict[str, str], field: str, said: str
) -> None:
    page = centre.browser("administrator").post("/equivalents", {**HEROIN, **wrong})
    message = page.text.partition(f'id="{field}-message">')[2].partition("<")[0]
    assert page.status_code == 422 and said in message, message
    assert typed(centre) == []


def test_sizes_are_read_however_they_are_written(centre: Site) -> None:
    eastern = {**HEROIN, "typical": "٠٫١", "lowest": "0,05", "highest": "0.2", "size_unit": "GRM"}
    assert centre.browser("analyst").post("/equivalents", eastern).status_code == 303
    assert typed(centre) == [("0.1", "2026-01-01", "")]


def test_a_file_is_read_line_by_line_and_the_table_for_review_reads_back_without_effect(
    centre: Site, tmp_path: Path
) -> None:
    file, review = tmp_path / "doses.csv", tmp_path / "review.csv"
    heads = "product_group;sub_group;counted;typical;lowest;highest;size_unit;valid_from;source"
    lines = [
        heads,
        "drugs;heroin;E27;100;50;200;MGM;2026-01-01;=HYPERLINK(1)",
        "drugs;cocaine;E27;-1;50;200;MGM;2026-01-01;Decree 4",
        "drugs;heroin;E27;110;50;200;MGM;2026-01-01;Decree 5",
        "drugs;captagon;U2;0.17;0.15;0.18;GRM;2026-01-01;Laboratory",
        "drugs;heroin;E27;110;50;200;MGM;2199-01-01;Decree 6",
    ]
    file.write_text("\n".join(lines), "utf-8")
    arguments = ["equivalents", str(file), "--dir", str(centre.folder)]
    done = CliRunner().invoke(codes_group, arguments)
    assert done.exit_code == 3 and "Entries written: 2; known before: 0; lines not taken: 3." in done.output, (
        done.output
    )
    for said in ("line 3: Typical size", "line 4: Valid from: there is an entry", "line 6: Valid from"):
        assert said in done.output, said
    again = CliRunner().invoke(codes_group, arguments)
    assert "Entries written: 0; known before: 2;" in again.output, again.output
    list_it = ["equivalents", "--dir", str(centre.folder), "--output", str(review)]
    listed = CliRunner().invoke(codes_group, list_it)
    with centre.console.writing() as register:
        edition = next(one.edition for one in national_equivalents(register.store) if one.counted == "U2")
    captagon = f"drugs/captagon: 1 U2 = 0.17 (0.15 to 0.18) GRM from 2026-01-01 (entry {edition}); Laboratory"
    assert captagon in listed.output, "as a report calls it"
    assert CliRunner().invoke(codes_group, list_it).exit_code == 2, "no file is written over"
    page = centre.browser("analyst").get("/equivalents/table.csv").text
    assert page.removeprefix("\ufeff") == review.read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(page.removeprefix("\ufeff"))))
    assert [row["source"] for row in rows] == ["Laboratory", "'=HYPERLINK(1)"], "no spreadsheet takes it for a formula"
    read = CliRunner().invoke(codes_group, ["equivalents", str(review), "--dir", str(centre.folder)])
    assert "Entries written: 0; known before: 2; lines not taken: 0." in read.output, read.output
    file.write_text("what;counted\ngold;3", "utf-8")
    assert CliRunner().invoke(codes_group, arguments).exit_code == 2


def test_a_file_may_write_sizes_and_days_as_a_form_takes_them(centre: Site, tmp_path: Path) -> None:
    file = tmp_path / "doses.csv"
    lines = [
        "source,valid_from,typical,lowest,highest,size_unit,counted,product_group",
        "Decree 4,٢٠٢٦-٠٢-٠١,٠٫١,٠٫٠٥,٠٫٢,GRM,E27,drugs",
        'Decree 4,15/03/2026,"0,1","0,05","0,20",GRM,E27,drugs',
        "Decree 4,05/03/2026,0.1,0.05,0.2,GRM,E27,drugs",
        'Decree 4,2026-04-01,0.1,0.05,"48,000",GRM,E27,drugs',
    ]
    file.write_text("\ufeff" + "\r\n".join(lines), "utf-8")
    done = CliRunner().invoke(codes_group, ["equivalents", str(file), "--dir", str(centre.folder)])
    assert done.exit_code == 3 and "Entries written: 2; known before: 0; lines not taken: 2." in done.output
    assert "line 4: Valid from" in done.output and "line 5: Highest size" in done.output, "what can mean two is refused"
    assert typed(centre) == [("0.1", "2026-03-15", ""), ("0.1", "2026-02-01", "")]


@pytest.mark.parametrize(("content", "said"), [("", "doses.csv is empty"), (None, "No such file or directory")])
def test_a_file_that_cannot_be_read_is_named_once_with_the_reason(
    centre: Site, tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "doses.csv"
    if content is not None:
        file.write_text(content, "utf-8")
    done = CliRunner().invoke(codes_group, ["equivalents", str(file), "--dir", str(centre.folder)])
    assert done.exit_code == 2 and said in done.output and "Errno" not in done.output, done.output
    assert done.output.count("doses.csv") == 1, done.output


@contextmanager
def as_the_centre(post: Site) -> Iterator[Register]:
    with post.console.writing() as register:
        register.config, kept = replace(register.config, role="central"), register.config
        try:
            yield register
        finally:
            register.config = kept


def reports(post: Site, record: str) -> tuple[str, str]:
    """What the whole report says, and the reduced one, without bidirectional isolates."""
    browser = post.browser("supervisor")
    with post.app.test_request_context(headers={"Cookie": f"{browser.cookie}={browser.token}"}):
        post.app.preprocess_request()
        return report_of(CASE, record)[0], reduced_report_of(CASE, record)[0]


def test_reports_say_doses_with_range_day_and_source_and_nothing_is_kept_of_it(post: Site) -> None:
    own = {name: value for name, value in SHORT.items() if "." not in name}
    goods = {
        "1": {"product_group": "drugs", "sub_group": "heroin", "quantity": "2.5", "unit": "KGM"},
        "2": {"product_group": "drugs", "sub_group": "captagon", "quantity": "1000", "unit": "U2"},
    }
    legs = {"1": {"role": "departure", "country": "SY", "mode": "3"}, "2": {"role": "destination", "country": "JO"}}
    values = {**own, "leg": legs, "type": "seizure", "country": "JO", "status": "submitted", "goods": goods}
    with post.console.writing() as register:
        record = register.save([Edit(CASE.type, values)], author="officer").records[0]
    for page in reports(post, record):
        assert "dose" not in page.split("<body", 1)[-1].replace("dose-", ""), "without an entry nothing is said"
    with as_the_centre(post) as register:
        tablet = {"counted": "U2", "typical": "170", "lowest": "150", "highest": "180", "sub_group": "captagon"}
        for made in (entry(valid_from="2020-01-01"), entry(**tablet, valid_from="2020-01-01")):
            declare_equivalent(register, made, author="x")
        known = {one.counted: one for one in national_equivalents(register.store)}
        rows = register.store.one("SELECT count(*) FROM journal")
    try:
        whole, reduced = reports(post, record)
        doses = "about 25\u202f000 doses (12\u202f500 to 50\u202f000), by the national table of 1 Jan 2020"
        assert f"{doses} (entry {known['E27'].edition}); source: Decree 4 of the laboratory" in whole
        assert "about 0.17 kg (0.15 to 0.18), by the national table of 1 Jan 2020" in whole
        assert re.search('<td><span class="whole">[^ ]*Heroin', whole), "no word is broken beside the long text"
        assert "in sums: an assumption" not in whole, "where the country says it, nobody else's assumption counts"
        assert f"{doses} (entry {known['E27'].edition})" in reduced
        assert "Decree 4" not in reduced, "a text that somebody wrote leaves only when it was released"
        assert "doses" not in text_of(post.browser("supervisor").get(f"/cases/{record}"))
        with post.console.writing() as register:
            assert register.store.one("SELECT count(*) FROM journal") == rows
    finally:  # the post is that of the whole session
        with as_the_centre(post) as register:
            for one in known.values():
                withdraw_equivalent(register, one.record, author="x")
