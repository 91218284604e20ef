"""search, show and dictionary: what a technician or officer sees on a terminal."""

from __future__ import annotations

import json

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit, Register
from diwan_core.register.erasure.erase import Order, carry_out

from .conftest import Post
from .test_exporting import CASE, SECRET


@pytest.fixture
def saved(post: Post) -> tuple[Post, str]:
    with Register.open(post.folder, role="writer") as register:
        record = register.save([Edit("case", {**CASE, "place": "Ciudad Bolívar"})], author="amal").records[0]
        register.save([Edit("case", {"place": "Aqaba"}, record=record)], author="basim")
        register.save([Edit("case", {**CASE, "place": "النُّور"})], author="amal")
    return post, record


def test_words_are_found_whatever_their_accents(saved: tuple[Post, str]) -> None:
    post, _ = saved
    assert len(post.run("search", "النور", "--json").json["found"]) == 1
    assert len(post.run("search", "aqab", "--json").json["found"]) == 1
    assert "1 found" in post.run("search", "AQABA").out
    assert "0 found" in post.run("search", "nowhere").out
    assert "--identifier" in post.run("search", "23b4").out, "a piece of a plate is found by another option"


def test_an_identifier_is_found_by_a_fragment(saved: tuple[Post, str]) -> None:
    post, _ = saved
    for fragment in ("123b", "KA123", "U12345"):
        assert len(post.run("search", "--identifier", fragment, "--json").json["found"]) == 2, fragment
    assert post.run("search", "--identifier", "123b", "--type", "person", "--json").json["found"] == []


def test_search_needs_words_or_an_identifier_and_a_type_that_exists(post: Post) -> None:
    assert post.run("search").code == 2
    assert post.run("search", "a", "--identifier", "b").code == 2
    assert post.run("search", "a", "--type", "nonsense").code == 2


def test_a_record_is_shown_label_by_label(saved: tuple[Post, str]) -> None:
    post, record = saved
    shown = post.run("show", record).out
    for words in (f"case {record}", "Namibia (NA)", "kilogram (KGM)", "Place: Aqaba", f"Name as written: {SECRET}"):
        assert words in shown, words
    assert "only at this node so far" in shown
    assert "nervous" in shown.lower() and "in a lorry" in shown


def test_history_tells_every_change(saved: tuple[Post, str]) -> None:
    post, record = saved
    text = post.run("show", record, "--history").out
    assert "place: Ciudad Bolívar → Aqaba" in text and "basim" in text
    shown = post.run("show", record, "--history", "--json").json
    assert [entry["author"] for entry in shown["history"]] == ["amal", "basim"]
    assert shown["history"][1]["changes"] == {"place": ["Ciudad Bolívar", "Aqaba"]}
    assert shown["values"]["place"] == "Aqaba" and shown["standing"] == "here"


@pytest.mark.parametrize("offset", [1440, -1440])
def test_what_a_hostile_node_wrote_is_shown_and_not_obeyed(
    post: Post, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    monkeypatch.setattr("diwan_core.register.journal.clock.offset_minutes", lambda *_: offset)
    with Register.open(post.folder, role="writer") as register:
        record = register.save([Edit("case", CASE)], author="basim\x1b[2J\u202e").records[0]
    text = post.run("show", record, "--history").out
    assert "created ? by basim" in text and "1. ? basim" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_what_the_law_erased_of_a_record_is_said(saved: tuple[Post, str]) -> None:
    post, record = saved
    with Register.open(post.folder, role="writer") as register, register.store.write() as connection:
        carry_out(connection, [Order(record, 2, "order 12 of the court", (), 1)])
    assert "what names people was erased under the law: order 12 of the court" in post.run("show", record).out


def test_a_record_that_is_not_here_is_named(post: Post) -> None:
    answer = post.run("show", "nonsense", "--json")
    assert answer.code == 4 and "no record nonsense" in answer.json["error"]


def test_the_dictionary_describes_every_type(post: Post) -> None:
    text = post.run("dictionary").out
    assert all(name in text for name in DICTIONARY.types)
    described = json.loads(post.run("dictionary", "--json").out)
    assert described["digest"] == DICTIONARY.digest.hex() and set(described["types"]) == set(DICTIONARY.types)
    assert "nominal" in described["types"]["case"]["fields"]["narrative"]["flags"]
    assert described["types"]["case"]["parts"]["goods"]["fields"]["unit"]["codelist"] == "unit"


def test_the_dictionary_describes_the_fields_of_a_type(post: Post) -> None:
    text = post.run("dictionary", "case").out
    assert "narrative" in text and "code of direction" in text and "goods: Goods" in text
    assert post.run("dictionary", "nonsense").code == 2
