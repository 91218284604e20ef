"""A mapping is proposed for a file, and what is proposed can be used at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.mapping.mapping_file import parse
from diwan_core.intake.mapping.proposal import propose_mapping
from diwan_core.intake.sources.uploaded import Column
from hypothesis import example, given
from hypothesis import strategies as st

from .conftest import Post

CASES = Path(__file__).parent / "cases"


def test_a_proposed_mapping_imports_the_file_it_was_made_for(post: Post, tmp_path: Path) -> None:
    file = tmp_path / "Registro 2026.csv"
    file.write_text("N°;Fecha;Lugar;Peso (lb);Marca\n1;22/11/2026;Puesto 1;1,5;X\n2;5/11/2026;Puesto 2;2;\n", "utf-8")
    answer = post.run("mapping", "new", file, "--output", tmp_path / "own.toml")
    assert answer.code == 0, answer.err
    text = (tmp_path / "own.toml").read_text("utf-8")
    assert 'format = "DD/MM/YYYY"' in text and 'decimal = ","' in text and 'unit = "LBR", to = "KGM"' in text
    assert post.run("mapping", "check", tmp_path / "own.toml").code == 0
    answer = post.run("import", file, "--mapping", tmp_path / "own.toml", "--json")
    assert answer.json["imported"] == 2, answer.out
    assert [case["goods"]["1"]["quantity"] for case in post.documents()] == ["0.680388555", "0.90718474"]
    assert post.run("mapping", "new", file, "--output", tmp_path / "own.toml").code == 2


def test_what_has_two_meanings_is_a_comment_and_no_decision(post: Post) -> None:
    text = post.run("mapping", "new", CASES / "09-french-numbers.csv").out
    assert 'write format = "DD/MM/YYYY" or format = "MM/DD/YYYY"' in text
    assert "format" not in tomllib.loads(text)["fields"]["date"]


def test_words_that_are_no_codes_are_listed_to_be_given_a_meaning(post: Post, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("No,Country\n1,Jordan\n2,Wonderland\n", "utf-8")
    text = post.run("mapping", "new", file).out
    assert '"Jordan" = "JO"' in text and '# "Wonderland" = "…"' in text


def test_without_a_type_it_is_the_one_that_most_columns_are_called_like(post: Post, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Family name,Given names,Sex,Birth date\nDoe,Jane,F,1990-05-17\n", "utf-8")
    assert tomllib.loads(post.run("mapping", "new", file).out)["type"] == "person"
    assert tomllib.loads(post.run("mapping", "new", file, "--type", "case").out)["type"] == "case"


@pytest.mark.parametrize("kind", ["case", "person", "company", "conveyance"])
@given(
    heads=st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6, unique=True), samples=st.text(max_size=20)
)
@example(heads=["AT\x08", "a\u2028b", "c\rd"], samples="")
@example(heads=["STATUS"], samples="")
@example(heads=["ROLES"], samples="a word of no list")
def test_whatever_a_file_is_called_and_holds_the_proposal_is_toml(kind: str, heads: list[str], samples: str) -> None:
    columns = [Column(head.strip() or "x", (samples,), ((samples, 1),)) for head in heads]
    columns = list({column.name: column for column in columns}.values())
    text = propose_mapping("a file.csv", columns, {"format": "csv", "delimiter": ";"}, kind)
    table = tomllib.loads(text)
    assert table["type"] == kind
    if table["fields"]:
        parse(text, "proposed", DICTIONARY)
