"""A mapping is checked before the first row, and everything wrong with it is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import Compiled, Mapping, MappingError, Reader, Unreadable, check_columns, load_mapping
from diwan_core.intake.mapping import check, check_rows
from diwan_core.intake.mapping.mapping_file import parse, shipped_mappings

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "mappings.md"
HEAD = 'type = "case"\nsystem = "test"\n'


def mapping(text: str) -> Mapping:
    return parse(HEAD + text, "test", DICTIONARY)


def problems(text: str) -> list[str]:
    with pytest.raises(MappingError) as error:
        parse(text, "test", DICTIONARY)
    return [str(problem) for problem in error.value.problems]


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
        ('type = "operation"\nsystem = "a"\n[fields]\n', "cannot be imported: they have no field source_system"),
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


@pytest.mark.parametrize("name", list(shipped_mappings()))
def test_every_shipped_mapping_is_right_and_says_what_it_is(name: str) -> None:
    assert len(load_mapping(name, DICTIONARY).title) > 10


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
        "1": {"unit": "KGM", "quantity": "0.90718474", "product_group": "other"}
    }


def test_every_setting_is_in_the_reference() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    settings = {*check.TOP, *check.OPTIONS, *check_rows.SOURCE, *check_rows.WHERE}
    assert [name for name in sorted(settings) if f"{name} =" not in text and f"[{name}]" not in text] == []


@pytest.mark.parametrize(
    ("table", "settings"),
    [
        ("constants", 'text_release.1.path = "concealment_text"'),
        ("fields", 'text_release.1.digest = { column = "x" }'),
        ("constants", 'review_state = "validated"'),
        ("fields", 'review.1.by = { column = "x" }'),
    ],
)
def test_no_file_says_that_somebody_checked_or_released_something(table: str, settings: str) -> None:
    """Whoever may import need not be allowed to release, and a file could name somebody else."""
    text = f'type = "case"\nsystem = "t"\n[source]\nkey = ["No"]\n[{table}]\n{settings}\n'
    with pytest.raises(MappingError) as error:
        parse(text, "forged", DICTIONARY)
    assert "made here by people" in str(error.value)
