"""What may identify somebody is marked in a text before it is released."""

from __future__ import annotations

import pytest
from diwan_core.leaving.marks import marked
from hypothesis import given
from hypothesis import strategies as st


def found(text: str, *names: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.why) for piece in marked(text, names) if piece.why]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("behind the seat of the lorry", []),
        ("in the car 34-56789", [("34-56789", "identifier")]),
        ("in the car ab 1234 c", [("ab 1234 c", "identifier")]),
        ("in ZZAU1234565 under rice", [("ZZAU1234565", "identifier")]),
        ("call +962 7 9000 0000 first", [("+962 7 9000 0000", "identifier")]),
        ("wrote to x.y@example.test", [("x.y@example.test", "identifier")]),
        ("paper 123456789", [("123456789", "number")]),
        ("a gift for Mr Testman", [("Mr", "title"), ("Testman", "title")]),
        ("a gift for Testman", [("Testman", "capital")]),
        ("held by mr karim testman of the shop", [("mr", "title"), ("karim", "title"), ("testman", "title")]),
        ("وجدت عند السيد كريم تستمان في السيارة", [("السيد", "title"), ("كريم", "title"), ("تستمان", "title")]),
        ("كريم بن سالم", [("كريم", "title"), ("بن", "title"), ("سالم", "title")]),
        ("خلف المقعد", []),
        ("رقم ١٢٣٤٥٦", [("١٢٣٤٥٦", "number")]),
        ("12 bags of 500 g", []),
    ],
)
def test_shapes_are_marked(text: str, marks: list[tuple[str, str]]) -> None:
    assert found(text) == marks


def test_names_of_the_parties_are_marked_in_any_script_and_writing() -> None:
    assert found("swallowed by karim", "Karim Testman") == [("karim", "party")]
    assert found("ابتلعها كريم", "كريم تستمان") == [("كريم", "party")]
    assert found("given to josé", "Jose Testman") == [("josé", "party")]


def test_short_words_of_a_name_mark_nothing() -> None:
    assert found("a bag of rice", "A of") == []


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_the_pieces_are_the_whole_text_in_order(text: str, names: list[str]) -> None:
    assert "".join(piece.text for piece in marked(text, names)) == text
