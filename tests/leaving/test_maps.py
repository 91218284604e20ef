"""Templates of other administrations: what they may name, what leaves by them, and what is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving.agreed import agreed_field
from diwan_core.leaving.maps import Made, Setting, Template, TemplateError, load, make, parse, shipped, what_leaves
from diwan_core.leaving.released import digest_of
from diwan_core.leaving.small_cells import FEW_CASES, FEW_ROWS
from diwan_core.leaving.templates import TEMPLATES

SPECIES = "Loxodonta africana"
RELEASED = {"r": {"path": "goods.1.species", "digest": digest_of(SPECIES)}}
CASE: dict[str, Any] = {
    "type": "seizure", "date": "2026-03-04", "country": "JO", "office": "JOAQJ", "locode": "JOAQJ",
    "direction": "import", "status": "validated", "narrative": "Karim Testman did it",
    "goods": {
        "1": {"product_group": "fauna_flora", "sub_group": "ivory", "specimen": "raw", "specimen_term": "TUS",
              "species": SPECIES, "quantity": "12500", "unit": "GRM", "pieces": "4", "value": "500", "currency": "USD"},
        "2": {"product_group": "drugs", "quantity": "1", "unit": "KGM", "value": "20.5", "currency": "USD"},
    },
    "leg": {"z": {"role": "transit", "country": "AE", "order": 2},
            "a": {"role": "transit", "country": "TZ", "order": 3},
            "o": {"role": "origin", "country": "KE"}, "d": {"role": "destination", "country": "CN", "mode": "1"}},
    "party": {"1": {"role": "courier", "country": "SY"}, "2": {"role": "driver", "country": "SY"},
              "3": {"role": "consignee", "country": "CN"}},
    "text_release": RELEASED,
}  # fmt: skip
BLANK = 'blank = "why"'
BUSY = {"JOAQJ": FEW_CASES}


def template(columns: str, top: str = 'single_cases = "a law"') -> Template:
    return parse(f'title = "Test"\n{top}\n{columns}', "test")


def column(head: str, *settings: str) -> str:
    return "\n".join(["[[column]]", f'head = "{head}"', *settings, ""])


def made(found: Template, *documents: dict[str, Any], **more: Any) -> Made:
    records = [(f"id{number}", document) for number, document in enumerate(documents, 1)]
    return make(found, records, Setting("2026-11-29", cases_in_a_year=BUSY, **more))


def cells(found: Template, document: dict[str, Any]) -> list[str]:
    [row] = made(found, document).rows
    return row


def by_head(found: Template, row: list[str]) -> dict[str, str]:
    return {column.head: cell for column, cell in zip(found.columns, row, strict=True) if cell}


def problems(text: str) -> list[str]:
    with pytest.raises(TemplateError) as error:
        parse(text, "wrong")
    return error.value.problems


@pytest.mark.parametrize(
    ("settings", "cell"),
    [
        (['from = "date"'], "2026-03-04"),
        (['from = "date"', 'as = "year"'], "2026"),
        (['from = "date"', 'as = "month"'], "2026-03"),
        (['from = "locode"', 'as = "label"'], "Al 'Aqabah"),
        (['from = "office"', 'as = "region"'], "SOUTH"),
        (['from = "leg.country"', 'where = { role = "transit" }'], "AE; TZ"),
        (['from = "party.country"', 'where = { role = ["courier", "driver"] }'], "SY"),
        (['from = "party.country"', 'unless = { role = "consignee" }'], "SY"),
        (['from = "goods.value"', 'as = "sum"'], "520.5"),
        (['from = "goods.value"', 'as = "sum"', 'one = "goods.currency"'], "520.5 USD"),
        (['amount = "kilograms"'], "13.5"),
        (['amount = "kilograms"', 'where = { sub_group = "ivory" }'], "12.5"),
        (['amount = ["litres", "pieces"]'], "4"),
        (['amount = ["litres", "pieces"]', 'as = "unit"'], "pieces"),
        (['from = ["procedure", "country"]'], "JO"),
        (['from = ["country", "type"]', "all = true", 'join = "/"'], "JO/seizure"),
        (['from = "country"', 'given = { sub_group = "ivory" }'], "JO"),
        (['from = "country"', 'given = { sub_group = "timber" }'], ""),
        (['from = "goods.species"', 'where = { species = "loxodonta*" }'], SPECIES),
        (['text = "customs"'], "customs"),
        (['make = "today"'], "2026-11-29"),
        (['make = "number"'], "JO-2026-0001"),
        (['blank = "nobody knows"'], ""),
    ],
)  # fmt: skip
def test_a_column_says(settings: list[str], cell: str) -> None:
    found = template(column("A", *settings))
    assert made(found, CASE, region_of={"JOAQJ": "SOUTH"}.__getitem__).rows == [[cell]]


@pytest.mark.parametrize(
    ("more", "cell"),
    [
        ({"date_precision": "exact"}, "2026-03-04"),
        ({"date_precision": "month"}, "2026-03"),
        ({"date_precision": "year"}, "2026"),
        ({"date_precision": "range", "date_to": "2026-03-09"}, "2026-03-04/2026-03-09"),
    ],
)
def test_a_day_is_no_finer_than_it_is_known(more: dict[str, str], cell: str) -> None:
    assert cells(template(column("Day", 'from = "date"')), CASE | more) == [cell]


@pytest.mark.parametrize(("rank", "cell"), [("species", SPECIES), ("genus", "Loxodonta spp."), ("family", "Loxodonta")])
def test_a_species_known_to_its_genus_only_is_written_so(rank: str, cell: str) -> None:
    goods = {"1": CASE["goods"]["1"] | {"species_rank": rank}}
    assert cells(template(column("Species", 'from = "goods.species"', 'as = "taxon"')), CASE | {"goods": goods}) == [
        cell
    ]


def test_values_in_two_currencies_are_not_added_up() -> None:
    goods = {"1": CASE["goods"]["1"], "2": CASE["goods"]["2"] | {"currency": "EUR"}}
    found = template(column("Value", 'from = "goods.value"', 'as = "sum"', 'one = "goods.currency"'))
    assert cells(found, CASE | {"goods": goods}) == [""]


@pytest.mark.parametrize(
    "path",
    [
        f"{part}.{field.name}" if part else field.name
        for part, field in DICTIONARY.type("case").every_field()
        if (f"{part}.{field.name}" if part else field.name) not in TEMPLATES["case"]
    ],
)
def test_no_setting_of_a_template_can_name_what_may_not_leave(path: str) -> None:
    part, _, name = path.rpartition(".")
    for settings in ([f'from = "{path}"'], ['from = "goods.value"', 'as = "sum"', f'one = "{path}"']):
        said = problems(f'title = "x"\n{column("Theirs", *settings)}')
        assert any("column 'Theirs'" in one and f"{path} may not leave" in one for one in said)
    if part:
        settings = [f'from = "{part}.{name}"', f'where = {{ {name} = "x" }}']
        assert sum(f"{path} may not leave" in one for one in problems(f'title = "x"\n{column("T", *settings)}')) == 2
    else:
        said = problems(f'title = "x"\nrecords = {{ {name} = "x" }}\n{column("T", BLANK)}')
        assert any(f"{path} may not leave" in one for one in said)


def test_everything_wrong_is_said_at_once_with_its_line_and_a_remedy() -> None:
    said = problems(
        'title = "x"\nneeds = ["Datum"]\n[[column]]\nhead = "Serial"\nfrom = "goods.weapon_serial"\n[[column]]\n'
        'head = "A"\nfrom = "goods.speces"\n[[column]]\nhead = "B"\nform = "date"\nfrom = "leg.country"\n'
        'where = { role = "orign" }\nas = "year"\n[[column]]\nhead = "C"\n[[column]]\nfrom = "date"\n'
    )
    assert said == [
        "line 5, column 1, column 'Serial': goods.weapon_serial may not leave (only to a partner whose agreement names "
        'it); take it out, or write blank = "why" in its place',
        "line 8, column 1, column 'A': case has no field goods.speces; is it goods.species?",
        "line 11, column 1, column 'B': there is no setting form; is it from?",
        "line 14, column 1, column 'B': year is for days, and country is none",
        "line 13, column 1, column 'B': role has no value orign; is it origin?",
        "line 15, column 1, column 'C': it says exactly one of from, amount, text, make, blank",
        'line 17, column 1: each column has a head: head = "…"',
        "line 2, column 1, needs: no column is called 'Datum'",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = x", "line 1, column 9"),
        ('title = "x"', "begin each with [[column]]"),
        ('title = "x"\ntype = "person"', "line 2, column 1: records of this type do not leave"),
        ('title = "x"\nrows = "cargo"\n' + column("A", 'text = "x"'), "line 2, column 1, rows"),
        ('title = "x"\n' + column("A", 'text = "x"') * 2, "two columns have this head"),
        ('title = "x"\n' + column("A", 'amount = "tonnes"'), "there are kilograms, pieces, litres, cubic_metres"),
        ('title = "x"\n' + column("A", 'make = "up"'), "make is one of today, number"),
        ('title = "x"\n' + column("A", 'from = "date"', 'where = { role = "x" }'), "take them out"),
        ('title = "x"\n[small_cells]\nplaces = ["A"]\n' + column("A", 'text = "x"'), "line 3, column 1, places"),
        (column("A", 'text = "x"'), "say what it is"),
    ],
)
def test_a_wrong_template_is_refused_with(text: str, said: str) -> None:
    assert any(said in one for one in problems(text)), problems(text)


def test_a_row_that_lacks_what_is_needed_is_refused_with_record_field_and_reason_and_without_any_value() -> None:
    found = load("cites-illegal-trade")
    nobody = {name: value for name, value in CASE.items() if name != "text_release"}
    nameless = CASE | {"goods": {"7": {"product_group": "fauna_flora", "quantity": "1", "unit": "KGM"}}}
    outcome = made(found, nobody, CASE, nameless)
    assert len(outcome.rows) == 1 and outcome.refused_rows == 2
    assert [tuple(one) for one in outcome.refused] == [
        ("id1", "Species", "goods.1.species", "it is recorded, and nobody has released this text"),
        ("id3", "Species", "goods.7.species", "it is not recorded"),
    ]


def test_exercises_drafts_and_demonstration_cases_make_no_rows() -> None:
    found = template(column("Day", 'from = "date"'))
    left = [CASE | more for more in ({"exercise": True}, {"status": "draft"}, {"status": "withdrawn"})]
    outcome = made(found, *left, CASE | {"derived": True})
    assert outcome.rows == [] and outcome.left_out == {
        "exercises": 1, "drafts and withdrawn records": 2, "demonstration cases": 1,
    }  # fmt: skip
    assert len(made(found, CASE | {"derived": True}, demonstration=True).rows) == 1


def test_the_shipped_templates_name_only_what_may_leave_and_show_it() -> None:
    assert list(shipped()) == ["cites-illegal-trade", "etis", "eu-cash-declaration", "object-id"]
    for name in shipped():
        found = load(name)
        named = {path for one in found.columns for path in one.fields} - set(TEMPLATES["case"])
        assert all(found.agreement and agreed_field(found.type, path) for path in named), named
        shown = {one.head: one for one in what_leaves(found)}
        assert len(shown) == len(found.columns) and all(one.leaves or one.how for one in shown.values())
        if "Species" in shown:
            assert shown["Species"].leaves == "leaves where somebody released the text"


def test_etis_has_forty_four_columns_of_which_it_fills_six_itself() -> None:
    found = load("etis")
    assert len(found.columns) == 44
    assert [one.head for one in found.columns if one.blank == "ETIS fills it in"] == [
        "ETIS ID No.", "Folio number", "Status ID", "Updated at", "Data Rank", "Mode of data collection",
    ]  # fmt: skip


def test_an_object_id_has_the_texts_that_somebody_released() -> None:
    line = {"product_group": "culture", "description": "Statuette", "object_maker": "Unknown", "object_title": "Lion"}
    released = {
        name: {"path": f"goods.1.{name}", "digest": digest_of(line[name])} for name in ("description", "object_title")
    }
    found = load("object-id")
    [row] = made(found, CASE | {"goods": {"1": line}, "text_release": released}).rows
    assert by_head(found, row) == {"Type of object": "Statuette", "Title": "Lion"}


def test_cites_has_a_row_for_each_line_of_animals_or_plants() -> None:
    found = load("cites-illegal-trade")
    rows = made(found, *[CASE] * FEW_ROWS).rows
    assert len(rows) == FEW_ROWS
    assert by_head(found, rows[1]) == {
        "Number": "JO-2026-0002", "Date of seizure": "2026-03-04", "Species": SPECIES,
        "Description of specimen": "Tusks", "Quantity": "4", "Unit": "pieces", "Location of incident": "Al 'Aqabah",
        "Mode of transport": "Maritime transport", "Alleged country of origin": "KE",
        "Country(ies) of transit": "AE; TZ",
        "Alleged final destination": "CN", "Estimated value in country": "500", "Currency": "USD",
        "Nationality of offenders": "SY",
    }  # fmt: skip


def test_etis_has_a_row_for_each_case_with_ivory_and_parts_raw_from_worked() -> None:
    found = load("etis")
    worked = CASE["goods"]["1"] | {"specimen": "worked", "pieces": "7", "quantity": "250", "value": "1"}
    document = CASE | {"goods": CASE["goods"] | {"3": worked}}
    other = CASE | {"goods": {"1": {"product_group": "tobacco"}}}
    rows = made(found, *[document] * FEW_ROWS, other).rows
    assert len(rows) == FEW_ROWS
    assert by_head(found, rows[0]) == {
        "Report Date": "2026-11-29", "Seizure year": "2026", "Seizure Date": "2026-03-04", "Source of Data": "customs",
        "Activities": "Import; Seizure", "Discovered city": "Al 'Aqabah", "Cty Dis": "JO", "Cty Org": "KE",
        "Raw country codes": "KE", "Worked country codes": "KE", "Cty Tra": "AE; TZ", "Cty Des": "CN",
        "Species": SPECIES, "Raw Iv No. Pcs": "4", "Raw Iv Wt (kg)": "12.5", "Worked Iv No. Pcs": "7",
        "Worked Iv Wt (kg)": "0.25", "Other contraband": "Drugs", "Estimated value": "521.5 USD",
        "Mode of transport": "Maritime transport", "Susp Nat": "SY",
    }  # fmt: skip


def test_rows_of_too_few_cases_name_neither_place_nor_day_nor_nationality() -> None:
    for name, heads in (
        ("cites-illegal-trade", ("Location of incident", "Date of seizure", "Nationality of offenders")),
        ("etis", ("Discovered city", "Seizure Date", "Susp Nat")),
    ):
        found = load(name)
        outcome = made(found, *[CASE] * (FEW_ROWS - 1))
        assert outcome.coarser is not None and outcome.coarser.coarsest == FEW_ROWS - 1
        for row in outcome.rows:
            assert [by_head(found, row).get(head) for head in heads] == [None, "2026", None]


def test_rows_at_different_places_of_one_office_are_not_alike() -> None:
    elsewhere = CASE | {"locode": "JOAMM"}
    found = load("cites-illegal-trade")
    rows = made(found, CASE, CASE, elsewhere).rows
    assert [by_head(found, row).get("Location of incident") for row in rows] == [None] * 3


def test_the_goods_lines_of_one_case_are_one_case() -> None:
    """Three lines of one seizure are three rows that look alike, and still one seizure."""
    lines = {str(number): CASE["goods"]["1"] for number in range(1, FEW_ROWS + 1)}
    released = {f"r{key}": {"path": f"goods.{key}.species", "digest": digest_of(SPECIES)} for key in lines}
    one = CASE | {"goods": lines, "text_release": released}
    found = load("cites-illegal-trade")
    outcome = made(found, one)
    assert len(outcome.rows) == FEW_ROWS
    assert [by_head(found, row)["Date of seizure"] for row in outcome.rows] == ["2026"] * FEW_ROWS
    assert [by_head(found, row)["Date of seizure"] for row in made(found, *[one] * FEW_ROWS).rows] == ["2026-03-04"] * 9


def test_rows_that_were_made_coarser_stand_behind_in_an_order_of_what_they_say() -> None:
    """The place of a row between two others would tell its day, and its number too."""
    found = template(
        column("No", 'make = "number"') + column("Day", 'from = "date"') + column("Way", 'from = "direction"'),
        '[small_cells]\ndate = ["Day"]\n',
    )
    busy = [CASE | {"date": day} for day in ("2026-03-02", "2026-03-04", "2026-03-06") for _ in range(FEW_ROWS)]
    lone = [CASE | {"date": "2026-03-03", "direction": "transit"}, CASE | {"date": "2026-03-05", "direction": "export"}]
    mixed = [*busy[:3], lone[0], *busy[3:6], lone[1], *busy[6:]]
    assert made(found, *mixed).rows[-2:] == made(found, *lone[::-1], *busy).rows[-2:]
    assert [row[1] for row in made(found, *mixed).rows][:9] == [one["date"] for one in busy]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ('from = "office"', "place"), ('from = "location_type"', "place"), ('from = "leg.locode"', "place"),
        ('from = ["direction", "unit"]', "place"), ('from = "leg.date"', "date"),
        ('from = "date"\nas = "month"', "date"),
        ('from = "party.country"', "nationality"),
    ],
)  # fmt: skip
def test_whatever_says_where_or_when_is_named_where_few_cases_are_made_coarser(settings: str, key: str) -> None:
    text = f'title = "T"\n[small_cells]\n[[column]]\nhead = "A"\n{settings}\n'
    [problem] = problems(text)
    assert f"name it under {key} in [small_cells]" in problem
    assert parse(text.replace("[small_cells]", f'[small_cells]\n{key} = ["A"]'), "right")


def test_a_template_that_forgets_few_cases_is_refused_and_one_that_names_the_law_is_not() -> None:
    text = 'title = "T"\n[[column]]\nhead = "A"\nfrom = "date"\n'
    [problem] = problems(text)
    assert "name it under date in [small_cells], or name the law" in problem
    law = parse(f'single_cases = "Customs Act, article 12"\n{text}', "right")
    assert law.single_cases == "Customs Act, article 12" and made(law, CASE).rows == [["2026-03-04"]]
    both = 'title = "T"\nsingle_cases = "a law"\n[small_cells]\ndate = ["A"]\n' + text.partition("\n")[2]
    assert "contradicts small_cells" in problems(both)[0]
    assert "name the law" in problems(f"single_cases = true\n{text}")[0]


def test_lines_chosen_by_nationality_tell_it_although_no_column_names_it() -> None:
    chosen = 'title = "T"\n[[column]]\nhead = "A"\nfrom = "party.role"\nwhere = { country = "SY" }\n'
    assert "name it under nationality in [small_cells]" in problems(chosen)[0]


def test_columns_that_count_people_are_blank_in_the_coarsest_rows_without_being_named() -> None:
    columns = column("Persons", 'from = "persons_involved"') + column("Roles", 'from = "party.role"')
    found = template(columns + column("Way", 'from = "direction"'), "")
    people = CASE | {"persons_involved": 4}
    assert made(found, people).rows == [["", "", "import"]]
    assert made(found, *[people] * FEW_ROWS).rows == [["4", "courier; driver; consignee", "import"]] * FEW_ROWS


@pytest.mark.parametrize(("more", "cell"), [({}, "Al 'Aqabah"), ({"locode": None}, "SOUTH")])
def test_a_place_is_its_label_else_the_region_of_the_office(more: dict[str, Any], cell: str) -> None:
    found = template(column("Where", 'from = ["locode", "office"]', 'as = "place"'))
    assert made(found, CASE | more, region_of={"JOAQJ": "SOUTH"}.__getitem__).rows == [[cell]]


@pytest.mark.parametrize(
    "settings", ['from = "date"\nas = "year"', 'from = "office"\nas = "region"', 'from = "country"']
)
def test_what_a_coarse_row_says_anyway_needs_no_naming(settings: str) -> None:
    assert parse(f'title = "T"\n[small_cells]\n[[column]]\nhead = "A"\n{settings}\n', "right")


HOSTILE = {
    "rows of another kind": 'rows = ["a"]',
    "a function of another kind": 'column = [{ head = "A", from = "date", as = ["x"] }]',
    "columns that are no tables": "column = [1, 2]",
    "lists within lists": "x = " + "[" * 20_000 + "]" * 20_000,
    "very many columns": "".join(f'[[column]]\nhead = "A{n}"\nfrom = "date"\n' for n in range(600)),
    "an escape sequence": '[[column]]\nhead = "A\\u001b[31m"\nfrom = "date"',
    "an escape sequence in a key": '"a\\u001b[31m" = 1',
    "a type with a path": 'type = "../../case"',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_template_is_refused_with_its_reason(text: str) -> None:
    found = problems(f'title = "T"\n{text}\n')
    assert found and not any("\x1b" in problem or "\\x1b" in problem for problem in found)


def test_of_very_many_problems_the_first_are_named() -> None:
    columns = "".join(f'[[column]]\nhead = "A{number}"\nfrom = "dat"\n' for number in range(400))
    assert len(problems(f'title = "T"\n{columns}')) == 51


def test_a_file_that_is_larger_than_a_template_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text("#" * 300_000)
    with pytest.raises(TemplateError, match="larger than"):
        load(str(path))
    with pytest.raises(TemplateError, match="larger than"):
        load_forever("/dev/zero")


def load_forever(device: str) -> Template:
    """A device that never ends, under a name that ends as a template's does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zero.toml"
        path.symlink_to(device)
        return load(str(path))


@pytest.mark.parametrize("name", ["../../templates/etis", "/etc/passwd", "etis.toml/../etis", "..", ""])
def test_a_name_of_a_shipped_template_is_no_path(name: str) -> None:
    with pytest.raises(TemplateError):
        load(name)
