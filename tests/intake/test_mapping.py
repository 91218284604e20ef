"""A mapping is checked before the first row, and everything wrong with it is said at once."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import (
    Compiled,
    Mapping,
    MappingError,
    Reader,
    RowRefused,
    Unreadable,
    check_columns,
    load_mapping,
    mapping_check,
    mapping_rows,
)
from diwan_core.intake.mapping import parse, shipped

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "mappings.md"
HEAD = 'type = "case"\nsystem = "test"\n'
W1_MAPPING = Path(__file__).parents[2] / "bench" / "w1_mapping.toml"


def mapping(text: str) -> Mapping:
    return parse(HEAD + text, "test", DICTIONARY)


def document(text: str, **row: Any) -> dict[str, Any]:
    made = Compiled(mapping(text)).document(row, "k")
    assert made.pop("source_system") == "test" and made.pop("source_key") == "k"
    return made


def problems(text: str) -> list[str]:
    with pytest.raises(MappingError) as error:
        parse(text, "test", DICTIONARY)
    return error.value.problems


def test_everything_wrong_is_named_at_once() -> None:
    found = problems(
        """
        typo = 1
        type = "case"
        system = "Has Blanks"
        [source]
        format = "xls"
        encoding = "utf-16"
        delimiter = ";;"
        [[where]]
        is = "1"
        [constants]
        status = "sumbitted"
        source_key = "x"
        goods.1.unit = "POUNDS"
        [fields]
        dates = { column = "A" }
        date = { column = "A", colunm = "B", unit = "LBR" }
        time = "A"
        place = { column = "A", columns = ["B"] }
        operation = { column = "A" }
        goods.quantity = { column = "A" }
        goods.1.quantity = { column = "A", unit = "LBR", to = "LTR" }
        """
    )
    text = "\n".join(found)
    for words in (
        "typo: there is no such setting",
        "system: a short name",
        "'xls' is not one of csv, json, jsonl",
        "'utf-16' is not an encoding",
        "source.delimiter",
        "where 1: column",
        "where 1: reason",
        "'sumbitted' is not a value of status",
        "source_key: the import fills it",
        "'POUNDS' is not a value of goods.1.unit",
        "fields.dates: case has no such field; did you mean date",
        "date.colunm: there is no such setting; did you mean column",
        "date.unit: it does not apply to a field of kind date",
        'fields.time: write { column = "…" }',
        "fields.place: name exactly one of",
        "operation: a reference",
        "goods.quantity: write goods.1.FIELD",
        "no exact conversion is known from LBR to LTR",
    ):
        assert words in text, words
    assert len(found) == 18


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= nonsense", "it is not TOML"),
        ("", "type: it is missing"),
        ('type = "person"\nsystem = "a"\n[fields]\n', "cannot be imported: they have no field source_system"),
        ('type = "nothing"\nsystem = "a"\n[fields]\n', "there is no record type 'nothing'"),
        (HEAD + '[fields]\ndate = { column = "A", format = "DD" }', "has no year, month"),
        (HEAD + '[fields]\ndate = { column = "A" }\n[constants]\ndate = "2020-01-01"', "both a constant and mapped"),
        (HEAD + "[constants]\ngoods.1.quantity = 1.5\n[fields]", "decimals: text"),
        (HEAD + "fields = 3", "it has to be a table"),
        (HEAD + '[fields]\nrisk_indicators = { column = "A" }', "needs split"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_reason(text: str, words: str) -> None:
    assert words in "\n".join(problems(text))


def test_an_unknown_mapping_names_the_shipped_ones() -> None:
    with pytest.raises(MappingError, match="shipped are cbp, colombia, kcs"):
        load_mapping("nonsense", DICTIONARY)
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping("/no/such.toml", DICTIONARY)


@pytest.mark.parametrize("name", list(shipped()))
def test_every_shipped_mapping_is_right_and_says_what_it_is(name: str) -> None:
    assert len(load_mapping(name, DICTIONARY).title) > 10


@pytest.mark.parametrize("blank", ["", "  ", "-", "N/A", "n/a", "NULL", "—", None])
def test_what_is_not_known_is_absent_never_zero(blank: str | None) -> None:
    text = '[constants]\ngoods.1.unit = "KGM"\n[fields]\ndate = { column = "D" }\ngoods.1.quantity = { column = "Q" }'
    assert document(text, D="2020-01-01", Q=blank) == {"date": "2020-01-01"}


def test_namibia_is_not_blank() -> None:
    assert document('[fields]\ncountry = { column = "C" }', C="NA") == {"country": "NA"}


def test_a_zero_the_source_gives_is_kept() -> None:
    text = '[constants]\ngoods.1.unit = "KGM"\n[fields]\ngoods.1.quantity = { column = "Q" }'
    assert document(text, Q="0.0") == {"goods": {"1": {"quantity": "0", "unit": "KGM"}}}


def test_a_currency_given_as_constant_is_left_out_with_its_value() -> None:
    text = """
    [constants]
    goods.1.currency = "KRW"
    [fields]
    goods.1.value = { column = "V" }
    goods.1.description = { column = "D" }
    """
    assert document(text, V="", D="shoes") == {"goods": {"1": {"description": "shoes"}}}
    assert document(text, V="5", D="shoes")["goods"]["1"]["currency"] == "KRW"


def test_several_goods_lines_and_legs_keep_their_numbers() -> None:
    text = """
    [constants]
    leg.1.role = "origin"
    leg.2.role = "destination"
    leg.2.country = "JO"
    [fields]
    goods.1.description = { column = "A" }
    goods.2.description = { column = "B" }
    leg.1.country = { column = "C" }
    """
    assert document(text, A="", B="tea", C="CN") == {
        "goods": {"2": {"description": "tea"}},
        "leg": {"1": {"role": "origin", "country": "CN"}, "2": {"role": "destination", "country": "JO"}},
    }


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ('place = { columns = ["A", "B"], join = ", " }', {"A": "x", "B": "y"}, "x, y"),
        ('place = { columns = ["A", "B"], join = ", " }', {"A": "-", "B": "y"}, "y"),
        ('place = { columns = ["A", "B"], join = "; ", labelled = true }', {"A": "x", "B": "y"}, "A: x; B: y"),
        ('place = { template = "{A} {{{B}}}" }', {"A": "x", "B": "y"}, "x {{y}}"),
        ('place = { template = "{A} {B}" }', {"A": "x", "B": ""}, None),
        ('place = { column = "A", if_blank = "nowhere" }', {"A": ""}, "nowhere"),
        ('place = { column = "A", remove = "*", first = 3 }', {"A": "**abcd"}, "abc"),
        ('place = { column = "A", values = { Ankara = "x" }, ignore_case = true }', {"A": "ANKARA"}, "x"),
        ('place = { column = "A", values = { a = "x" }, otherwise = "y" }', {"A": "b"}, "y"),
        ('place = { column = "a.b.c" }', {"a": {"b": {"c": "deep"}}}, "deep"),
        ('place = { column = "a.b" }', {"a.b": "flat"}, "flat"),
        ('place = { column = "A" }', {"A": 12}, "12"),
        ('place = { column = "A" }', {"A": True}, "true"),
        ('derived = { column = "A" }', {"A": "no"}, False),
        ('derived = { column = "A", values = { J = true, N = false } }', {"A": "N"}, False),
        ('risk_indicators = { column = "A", split = ";" }', {"A": "a; b;;c"}, {"1": "a", "2": "b", "3": "c"}),
        ('position = { template = "{A},{B}" }', {"A": "-1.5", "B": "30.25"}, "-1.5,30.25"),
        ('time = { column = "A", format = "h:mm" }', {"A": "7:05"}, "07:05"),
    ],
)
def test_a_rule_makes_its_value(rule: str, row: dict[str, Any], expected: object) -> None:
    name = rule.partition(" ")[0]
    assert document("[fields]\n" + rule, **row).get(name) == expected


@pytest.mark.parametrize(
    ("settings", "text", "expected"),
    [
        ('decimal = ",", thousands = "."', "1.234,50", "1234.5"),
        ('thousands = ","', "1,234.5", "1234.5"),
        ('remove = "$ "', "$ 12", "12"),
        ("places = 2", "1.005", "1"),
        ("places = 2", "1.015", "1.02"),
        ('unit = "LBR", to = "KGM"', "2", "0.90718474"),
        ('unit = "GRM", to = "KGM", places = 3', "14776.4", "14.776"),
    ],
)
def test_numbers_are_read_as_the_file_writes_them(settings: str, text: str, expected: str) -> None:
    rule = f'goods.1.quantity = {{ column = "A", {settings} }}'
    assert document("[fields]\n" + rule, A=text) == {"goods": {"1": {"quantity": expected}}}


def test_quantities_are_brought_to_kilograms_pieces_or_litres_on_request() -> None:
    text = """
    normalise = true
    [fields]
    goods.1.quantity = { column = "Q" }
    goods.1.unit = { column = "U" }
    """
    assert document(text, Q="500", U="GRM")["goods"]["1"]["mass_kg"] == "0.5"
    assert document(text, Q="3", U="DZN")["goods"]["1"]["pieces"] == "36"
    assert set(document(text, Q="3", U="BG")["goods"]["1"]) == {"quantity", "unit"}


def test_every_cell_that_cannot_be_used_is_named_at_once() -> None:
    made = Compiled(
        mapping(
            """
            [fields]
            date = { column = "A" }
            country = { column = "B", values = { Jordan = "JO" } }
            goods.1.quantity = { column = "C" }
            goods.1.packages = { column = "D" }
            derived = { column = "E" }
            place = { column = "F" }
            """
        )
    )
    row = {"A": "1/1/20", "B": "Narnia", "C": "many", "D": "1.5", "E": "perhaps", "F": ["x"]}
    with pytest.raises(RowRefused) as refused:
        made.document(row, "k")
    assert [(fault.column, fault.value) for fault in refused.value.faults] == [
        ("A", "1/1/20"),
        ("B", "Narnia"),
        ("E", "perhaps"),
        ("F", "(list)"),
        ("C", "many"),
        ("D", "1.5"),
    ]


def test_a_huge_json_number_is_refused_with_words() -> None:
    with pytest.raises(RowRefused, match="thousands of digits"):
        document('[fields]\nplace = { column = "A" }', A=10**5000)


def test_a_blank_key_is_refused() -> None:
    made = Compiled(mapping('[source]\nkey = ["A", "B"]\n[fields]\nplace = { column = "C" }'))
    assert made.key({"A": "1", "B": "2"}) == "1|2"
    with pytest.raises(RowRefused, match="part of the key"):
        made.key({"A": "1", "B": "-"})


def test_the_documents_of_w1_are_fine_and_drop_nothing(w1gen: ModuleType) -> None:
    found = load_mapping(str(W1_MAPPING), DICTIONARY)
    made = Compiled(found)
    for record in w1gen.records(300):
        row = {name: str(value) for name, value in record.items()}
        assert set(row) == set(found.columns)
        values = made.document(row, made.key(row))
        assert found.type.check(values, creating=True) == []
        text = repr(values).replace("'", "")
        for name, value in row.items():
            if name in ("unit", "transport_mode"):
                continue  # coded
            pieces = [value[:10], value[11:16]] if name == "seized_at" else [value.removesuffix(".0")]
            for piece in pieces if name != "hs_code" else [value.replace(".", "")]:
                assert piece in text, (name, value)


def test_columns_that_are_missing_are_all_named_with_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Dat;Where;Where\n1;2;3\n")
    found = mapping(
        """
        [source]
        delimiter = ";"
        [fields]
        date = { column = "Date" }
        country = { column = "Land" }
        place = { column = "Where" }
        """
    )
    with Reader(path, found.source) as reader, pytest.raises(Unreadable) as error:
        check_columns(found, reader)
    assert str(error.value) == (
        "these columns are missing: Date (is it Dat?), Land; the file has Dat, Where, Where; "
        "the column Where stands 2 times (as number 2, 3); rename all but one"
    )


def test_a_wrong_delimiter_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Date;Where\n1;2\n")
    found = mapping('[fields]\ndate = { column = "Date" }')
    with Reader(path, found.source) as reader, pytest.raises(Unreadable, match="separated by ';': set delimiter"):
        check_columns(found, reader)


def test_the_example_in_the_reference_is_a_right_mapping() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    made = Compiled(parse(text, "example", DICTIONARY))
    row = {"Log no": "7", "Date": "03/01/2018", "Weight (lb)": "2", "Kind": "Tea", "Village": "", "District": "Irbid"}
    assert made.document(row, made.key(row))["goods"] == {
        "1": {"unit": "KGM", "quantity": "0.90718474", "product_group": "other", "mass_kg": "0.90718474"}
    }


def test_every_setting_is_in_the_reference() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    settings = {*mapping_check.TOP, *mapping_check.OPTIONS, *mapping_rows.SOURCE, *mapping_rows.WHERE}
    assert [name for name in sorted(settings) if f"{name} =" not in text and f"[{name}]" not in text] == []
