"""What the rules of a mapping make of a row; unknown is never zero."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import Compiled, Mapping, RowRefused, load_mapping
from diwan_core.intake.mapping.mapping_file import parse

from .conftest import BENCH

HEAD = 'type = "case"\nsystem = "test"\n'
W1_MAPPING = BENCH / "w1_mapping.toml"


def mapping(text: str) -> Mapping:
    return parse(HEAD + text, "test", DICTIONARY)


def document(text: str, **row: Any) -> dict[str, Any]:
    made = Compiled(mapping(text)).document(row, "k")
    assert made.pop("source_system") == "test" and made.pop("source_key") == "k"
    return made


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


def test_an_import_writes_what_the_row_says_and_works_nothing_out() -> None:
    """Also where a mapping of an earlier release asks for it: every node works amounts out by itself."""
    text = """
    normalise = true
    [fields]
    goods.1.quantity = { column = "Q" }
    goods.1.unit = { column = "U" }
    """
    assert document(text, Q="500", U="GRM")["goods"]["1"] == {"quantity": "500", "unit": "GRM"}


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
        ("C", "many"),
        ("D", "1.5"),
        ("E", "perhaps"),
        ("F", "(list)"),
    ]


def test_a_huge_json_number_is_refused_with_words() -> None:
    with pytest.raises(RowRefused, match="thousands of digits"):
        document('[fields]\nplace = { column = "A" }', A=10**5000)


def test_a_blank_key_is_refused() -> None:
    made = Compiled(mapping('[source]\nkey = ["A", "B"]\n[fields]\nplace = { column = "C" }'))
    assert made.key({"A": "1", "B": "2"}) == "1|2"
    assert made.key({"A": "1|", "B": "2"}) != made.key({"A": "1", "B": "|2"})
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
