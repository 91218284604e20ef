"""Export maps as a person writes them, and read back by an import mapping."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from diwan_core.intake.mapping.map_proposal import heads_in, propose_map
from diwan_core.leaving.maps import parse
from diwan_core.leaving.released import digest_of
from diwan_core.leaving.small_cells import FEW_CASES
from diwan_core.register import Edit, Register
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Post

SPECIES = ["Loxodonta africana", "Manis javanica", "Dalbergia cochinchinensis"]
DAY = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
METHOD = "in_cargo"
ALIKE = 7
"""Cases of each species: with fewer in all than FEW_CASES their office would be named by its region."""


def case(species: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "seizure", "date": DAY, "country": "JO", "office": "JOAQJ", "locode": "JOAQJ",
        "direction": "import", "status": "submitted", "concealment_method": METHOD, "selection_basis": "profile",
        "found_with": {"1": "dog"},
        "goods": {"1": {"product_group": "fauna_flora", "sub_group": "ivory", "species": species, "specimen": "raw",
                        "quantity": "12.5", "unit": "KGM", "value": "500", "currency": "USD"}},
        "leg": {"1": {"role": "origin", "country": "KE"}, "2": {"role": "transit", "country": "AE"},
                "3": {"role": "destination", "country": "CN", "mode": "4"},
                "4": {"role": "departure", "country": "ET"}},
        "party": {"1": {"role": "courier", "country": "SY", "name": "Karim Testman"}},
        "text_release": {"1": {"path": "goods.1.species", "digest": digest_of(species)}},
        **more,
    }  # fmt: skip


def save(post: Post, *documents: dict[str, Any]) -> None:
    with Register.open(post.folder, role="writer") as register:
        saved = register.save_many([[Edit("case", one)] for one in documents], author="test")
        assert not saved.refused, saved.refused


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def full(post: Post) -> Post:
    """A post with alike cases of each species, and one without a
    release."""
    save(post, *(case(species) for species in SPECIES for _ in range(ALIKE)), case("Panthera tigris", text_release={}))
    return post


INVERSE = """
type = "case"
system = "cites-report"
[source]
key = ["Number"]
ignore = [IGNORED]
[constants]
status = "submitted"
type = "seizure"
goods.1.product_group = "fauna_flora"
leg.1.role = "origin"
leg.2.role = "transit"
leg.3.role = "destination"
leg.4.role = "departure"
goods.1.unit = "KGM"
goods.1.sub_group = "ivory"
party.1.role = "courier"
[fields]
date = { column = "Date of seizure", format = "YYYY-MM-DD" }
locode = { column = "Location of incident", values = { "Al 'Aqabah" = "JOAQJ" } }
concealment_method = { column = "Method of concealment", values = { CONCEALED = "METHOD" } }
selection_basis = { column = "Method of detection", values = { SELECTED = "profile" } }
goods.1.species = { column = "Species" }
goods.1.specimen = { column = "Description of specimen", values = { SPECIMEN = "raw" } }
goods.1.quantity = { column = "Quantity", decimal = "." }
goods.1.value = { column = "Estimated value in country", decimal = "." }
goods.1.currency = { column = "Currency" }
leg.1.country = { column = "Alleged country of origin" }
leg.2.country = { column = "Country(ies) of transit" }
leg.3.country = { column = "Alleged final destination" }
leg.4.country = { column = "Alleged country of (re-)export" }
leg.3.mode = { column = "Mode of transport", values = { "Air transport" = "4" } }
party.1.country = { column = "Nationality of offenders" }
"""
HELD = (
    ("date",), ("locode",), ("concealment_method",), ("selection_basis",), ("type",),
    *(("goods", "1", name) for name in ("product_group", "sub_group", "species", "specimen")),
    *(("goods", "1", name) for name in ("quantity", "unit", "value", "currency")),
    *(("leg", number, "country") for number in "1234"), ("leg", "3", "mode"), ("party", "1", "country"),
)  # fmt: skip
"""What the template can hold of these cases."""


def held(document: dict[str, Any]) -> list[Any]:
    found = []
    for path in HELD:
        value: Any = document
        for step in path:
            value = value[step]
        found.append(value)
    return found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_cites_report_read_back_by_an_import_mapping_gives_the_same_values(full: Post, form: str) -> None:
    before = [held(one) for one in full.documents()]
    answer = full.run("export-map", "write", "cites-illegal-trade", "-o", "plain.csv")
    assert answer.code == 3, answer.err
    first = rows(Path("plain.csv"))[0]
    named = {line.split('"')[1] for line in INVERSE.splitlines() if "column =" in line} | {"Number"}
    ignored = ", ".join(f'"{head}"' for head in first if head not in named)
    mapping = INVERSE.replace("IGNORED", ignored)
    for word, head in (("CONCEALED", "Method of concealment"), ("SPECIMEN", "Description of specimen"),
                       ("SELECTED", "Method of detection")):  # fmt: skip
        mapping = mapping.replace(word, f'"{first[head]}"')
    mapping = mapping.replace("METHOD", METHOD)
    Path("inverse.toml").write_text(mapping)
    assert full.run("export-map", "write", "cites-illegal-trade", "-o", f"report.{form}", "--format", form).code == 3
    answer = full.run("import", f"report.{form}", "--mapping", "inverse.toml", "--json")
    assert answer.code == 0, answer.out + answer.err
    after = [held(one) for one in full.documents() if one.get("source_system") == "cites-report"]
    assert len(after) == ALIKE * len(SPECIES) >= FEW_CASES
    assert sorted(after, key=repr) == sorted((one for one in before if "Panthera tigris" not in one), key=repr)


def test_refused_rows_lie_beside_the_file_with_record_and_field_and_no_value(full: Post) -> None:
    answer = full.run("export-map", "write", "cites-illegal-trade", "-o", "report.csv", "--year", DAY[:4])
    assert answer.code == 3
    assert f"{ALIKE * len(SPECIES)} rows written to report.csv" in answer.out and "1 rows refused" in answer.out
    [refused] = rows(Path("report-refused.csv"))
    assert refused["column"] == "Species" and refused["field"] == "goods.1.species"
    assert refused["reason"] == "it is recorded, and nobody has released this text"
    assert full.run("show", refused["record"]).code == 0
    assert b"tigris" not in Path("report-refused.csv").read_bytes()
    assert b"Testman" not in Path("report.csv").read_bytes()
    answer = full.run("export-map", "write", "cites-illegal-trade", "-o", "none.csv", "--year", "2001", "--json")
    assert answer.json["rows"] == 0 and answer.code == 0


def test_a_check_shows_the_first_row_and_writes_nothing(full: Post) -> None:
    answer = full.run("export-map", "write", "etis", "--check")
    assert (
        answer.code == 0
        and f"{ALIKE * len(SPECIES) + 1} rows would be written" in answer.out
        and "Raw Iv Wt (kg): 12.5" in answer.out
    )
    assert list(Path().iterdir()) == []


def test_what_leaves_is_shown_for_each_column(post: Post) -> None:
    answer = post.run("export-map show", "cites-illegal-trade")
    assert "Species: goods.species (leaves where somebody released the text" in answer.out
    assert "Folio number: stays blank" in post.run("export-map show", "etis").out
    listed = post.run("export-map list", "--json").json["templates"]
    assert sorted(listed) == ["cites-illegal-trade", "etis", "eu-cash-declaration", "object-id"]


def test_a_wrong_template_is_named_with_its_line(post: Post) -> None:
    Path("mine.toml").write_text('title = "x"\n[[column]]\nhead = "Who"\nfrom = "party.name"\n')
    answer = post.run("export-map show", "mine.toml")
    assert answer.code == 2 and "line 4, column 1, column 'Who': party.name may not leave" in answer.err


def test_every_report_is_logged(full: Post) -> None:
    assert full.run("export-map", "write", "etis", "--where", "office=JOAQJ").code == 0
    log = ReadLog.open(full.folder)
    try:
        exported = event_of(log.page()[0].detail)
    finally:
        log.close()
    assert exported is not None and exported.code == "list.exported_by_command"
    assert exported.parameters == {"type": "case", "form": "csv", "personal": False, "filters": "office=JOAQJ"}


HEADS = (
    "Date of seizure",
    "Country of origin",
    "Weight (kg)",
    "Nationality",
    "Suspect",
    "Place",
    "Sky",
    "Sky",
    "Brand",
)


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_a_pasted_header_row_becomes_a_template_that_can_be_used(full: Post, mark: str) -> None:
    Path("members.txt").write_text(f"\n{mark.join(HEADS)}\nsomething else\n", encoding="utf-8-sig")
    assert full.run("export-map new", "members.txt", "-o", "mine.toml").code == 0
    shown = {one["head"]: one for one in full.run("export-map show", "mine.toml", "--json").json["columns"]}
    assert list(shown) == [*HEADS[:7], "Sky (2)", "Brand"]
    assert {head: one["fields"] for head, one in shown.items()} == {
        "Date of seizure": "date", "Country of origin": "leg.country", "Weight (kg)": "goods.quantity",
        "Nationality": "party.country", "Suspect": "", "Place": "locode", "Sky": "", "Sky (2)": "",
        "Brand": "goods.brand",
    }  # fmt: skip
    assert "party.name may not leave" in shown["Suspect"]["how"]
    assert "nobody has said yet" in shown["Sky"]["how"]
    assert "few cases" in shown["Place"]["how"] and "few cases" in shown["Nationality"]["how"]
    assert full.run("export-map", "write", "mine.toml").code == 0
    written = rows(Path("mine.csv"))
    assert len(written) == ALIKE * len(SPECIES) + 1
    assert (written[0]["Weight (kg)"], written[0]["Country of origin"], written[0]["Suspect"]) == ("12.5", "KE", "")


def test_the_header_of_a_workbook_is_read_too_and_an_empty_one_refused(full: Post) -> None:
    assert full.run("export-map", "write", "etis", "--format", "xlsx").code == 0
    answer = full.run("export-map new", "etis.xlsx", "--json")
    assert answer.code == 0 and answer.json["template"].count("[[column]]") == 44
    Path("empty.txt").write_text("\n\n")
    answer = full.run("export-map new", "empty.txt")
    assert answer.code == 2 and "no header row" in answer.err


@given(st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=12))
def test_whatever_is_pasted_the_proposal_is_a_template(heads: list[str]) -> None:
    if found := heads_in("\t".join(heads)):
        assert len(parse(propose_map("Form", found), "proposal").columns) == len(found)


@pytest.mark.parametrize(
    "heads",
    [["a", "a", "a (2)"], ["A\x1b[31m", "A [31m"], ["\x00", "\x01"], ["=cmd|' /C calc'!A0", "@x", "'=1"]],
)
def test_hostile_heads_become_heads_of_a_template(heads: list[str]) -> None:
    found = parse(propose_map("Form", heads), "proposed")
    assert len({column.head for column in found.columns}) == len(heads)
    assert all(column.head.isprintable() for column in found.columns)


def test_a_head_that_a_spreadsheet_would_run_is_guarded(full: Post) -> None:
    Path("form.csv").write_text("=HYPERLINK(1),country\n")
    assert full.run("export-map new", "form.csv", "-o", "mine.toml").code == 0
    assert full.run("export-map", "write", "mine.toml", "-o", "out.csv").code == 0
    assert next(iter(rows(Path("out.csv"))[0])) == "'=HYPERLINK(1)"


def test_a_row_of_very_many_heads_is_no_form(full: Post) -> None:
    Path("form.csv").write_text(",".join(f"h{number}" for number in range(5000)))
    answer = full.run("export-map new", "form.csv")
    assert answer.code == 2 and "5000 heads" in answer.err
