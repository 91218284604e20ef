"""Looking things up: words in every script, fragments of numbers, lists by column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from diwan_core.register import Edit, Register, RegisterError

Case = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Seized near ABRIAQUÍ", "abriaqui"),
        ("شركة النُّور للتجارة", "النور"),
        ("مؤسسة الأمل", "الامل"),
        ("Straße 5", "strasse"),
        ("Şükrü Çelik", "sukru celik"),
        ("Склад № 4, Ёлкино", "елкино"),
        ("Nguyễn Văn", "nguyen van"),
        ("cartons hidden in the chassis", "hidden chas"),
    ],
)
def test_text_is_found_without_its_accents_and_marks(register: Register, case: Case, written: str, typed: str) -> None:
    (record,) = register.save([Edit("case", case(narrative=written))], author="officer").records
    register.save([Edit("case", case(narrative="Something else"))], author="officer")
    assert [row.id for row in register.search(typed)] == [record]


def test_a_search_for_whole_words_does_not_take_the_last_one_as_a_beginning(register: Register, case: Case) -> None:
    """A company "… S.A." would ask for every word that begins with an a."""
    (company,) = register.save([Edit("case", case(narrative="For Tamarind Comercial S.A."))], author="officer").records
    register.save([Edit("case", case(narrative="For Tamarind Comercial S. Azul"))], author="officer")
    assert len(register.search("Tamarind Comercial S.A.")) == 2
    assert [row.id for row in register.search("Tamarind Comercial S.A.", whole=True)] == [company]


@pytest.mark.parametrize(
    "typed", ['"', "AND", "a* OR b", "NEAR(", "-", "", "   ", "rest:x", "'); DROP TABLE journal", "\x00"]
)
def test_what_looks_like_a_query_language_is_only_words(register: Register, case: Case, typed: str) -> None:
    register.save([Edit("case", case())], author="officer")
    assert register.search(typed) == []
    register.search_identifier(typed)


def test_an_identifier_is_found_by_a_fragment_however_it_was_written(register: Register, case: Case) -> None:
    means = {"1": {"role": "departure", "plate": "KB 079-C", "container_number": "MSKU 1234565"}}
    (record,) = register.save([Edit("case", case(means=means))], author="officer").records
    for fragment in ("kb079c", "079", "B07", "1234", "MSKU12", "ms", "234565"):
        assert [row.id for row in register.search_identifier(fragment)] == [record], fragment
    for fragment in ("9999", "079CM", "zz"):
        assert register.search_identifier(fragment) == [], fragment


def test_an_edit_is_found_by_its_new_words_and_no_longer_by_the_old(register: Register, case: Case) -> None:
    (record,) = register.save([Edit("case", case(place="Oldtown"))], author="officer").records
    register.save([Edit("case", {"place": "Newtown"}, record=record)], author="officer")
    assert register.search("oldtown") == []
    assert [row.id for row in register.search("newtown")] == [record]


def test_lists_filter_sort_and_page_and_name_what_they_cannot(register: Register, case: Case) -> None:
    for day in range(1, 10):
        register.save([Edit("case", case(date=f"2026-11-0{day}", office="JOAQJ" if day % 2 else "JOAMM"))], author="o")
    page = register.find("case", {"office": "JOAQJ"}, order="-date", limit=2, offset=1)
    assert [row.columns["date"] for row in page] == ["2026-11-07", "2026-11-05"]
    assert register.count("case", {"date": ("2026-11-03", "2026-11-05")}) == 3
    with pytest.raises(RegisterError, match="cannot be sorted"):
        register.find("case", order="narrative")
    with pytest.raises(RegisterError, match="cannot be filtered"):
        register.find("case", {"x]; DROP TABLE": 1})
    with pytest.raises(RegisterError, match="no record type"):
        register.find("nothing")


def test_known_keys_are_those_of_the_same_system(register: Register, case: Case) -> None:
    register.save([Edit("case", case(source_system="a", source_key="1"))], author="import")
    assert register.known_keys("a", ["1", "2"]) == {"1"}
    assert register.known_keys("b", ["1"]) == set()


def test_the_lines_of_what_was_found_are_read_together(register: Register, case: Case) -> None:
    """Two statements for each record: a fifth of the page of a case, which looks for the same persons."""
    words = [f"Karim number{at}" for at in range(12)]
    register.save_many([[Edit("case", case(narrative=one))] for one in words], author="officer")
    register.save([Edit("person", {"name_as_written": "Karim", "latin_name": "Karim"})], author="officer")
    asked: list[str] = []
    register.store.connection.set_trace_callback(asked.append)
    found = register.search("karim", limit=10)
    register.store.connection.set_trace_callback(None)
    assert [row.type for row in found] == ["person", *["case"] * 9]
    assert [row.id for row in register.search("karim", types=["case"], limit=10)][:9] == [row.id for row in found[1:]]
    assert sum("FROM [record_" in sql for sql in asked) == 2 and sum("SELECT no, type" in sql for sql in asked) == 1
