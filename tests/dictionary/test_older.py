"""The dictionary as an older release knew it."""

from dataclasses import replace

import pytest
from diwan_core.dictionary import (
    DICTIONARY,
    CodeList,
    CodeTable,
    Dictionary,
    WrongDeclaration,
    added_since,
    as_of,
    dictionary_of,
)
from diwan_core.dictionary.field import Field, FieldGroup, code, text
from diwan_core.dictionary.lists.plain import codes
from diwan_core.dictionary.record import AnyOf, Condition, Part, RecordDeclaration, ReportNeeds, ShortField


def _line(name: str, label: str) -> Field:
    return text(name, label, identifies="nobody", leaves="never")


def test_version_1_is_made_again_to_the_last_bit() -> None:
    """Its digest, as it stood in docs/reference/dictionary.md when there was no other."""
    assert as_of(DICTIONARY, 1).digest.hex() == "c9bbb21c0c089f7f"


def test_what_is_new_is_named_once_a_part_is_there_or_a_field_in_a_part() -> None:
    assert added_since(as_of(DICTIONARY, 3), 1) == {"case": {"review", "review_state"}, "person": {"birth"}}
    assert added_since(DICTIONARY, DICTIONARY.version) == {}


@pytest.mark.parametrize("version", [0, -1, DICTIONARY.version + 1])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    with pytest.raises(ValueError, match="there is no dictionary"):
        as_of(DICTIONARY, version)


def test_groups_that_lose_a_field_and_retired_fields_are_as_they_were() -> None:
    new = replace(_line("second", "Second"), since=2)
    gone = replace(_line("gone", "Gone"), retired=2)
    grown = FieldGroup("pair", (_line("first", "First"), new))
    part = Part("line", "Line", (_line("kept", "Kept"), replace(_line("later", "Later"), since=2)))
    record = RecordDeclaration(
        "thing", "Thing", (grown, gone, part), frozenset(("post",)), DICTIONARY.type("case").transitions
    )
    lists: list[CodeList] = []
    now = Dictionary(2, [record], lists)
    then = as_of(now, 1).type("thing")
    assert list(then.fields) == ["first", "gone"]
    assert then.group_of("first") == "first"
    assert (then.fields["gone"].retired, now.type("thing").fields["gone"].retired) == (0, 2)
    assert list(then.parts["line"].fields) == ["kept"]
    assert added_since(now, 1) == {"thing": {"second", "later"}}


LISTED = codes(
    "shape",
    "Shape",
    """
    round           | Round
    oval @2         | Oval | egg
    circle !2 > round | Circle
    odd !2          | Odd
    flat @3 !4      | Flat
    """,
)


def test_a_list_has_the_codes_of_its_version_and_offers_those_not_retired_by_then() -> None:
    before = CodeList.of("shape", "Shape", "Diwan", CodeTable({"en": {"round": "R", "circle": "C", "odd": "O"}}))
    assert LISTED.as_of(1).digest == before.digest
    assert list(LISTED.as_of(1)) == LISTED.as_of(1).present() == ["round", "circle", "odd"]
    assert list(LISTED.as_of(2)) == ["round", "oval", "circle", "odd"]
    assert LISTED.as_of(2).present() == ["round", "oval"]
    assert LISTED.as_of(3).present() == ["round", "oval", "flat"]
    assert LISTED.as_of(4) is LISTED


def test_a_retired_code_is_read_as_the_one_that_certainly_says_the_same() -> None:
    assert [LISTED.replacement(code) for code in ("circle", "odd", "round")] == ["round", "odd", "round"]
    assert LISTED.label("circle") == "Circle"
    assert LISTED.has("circle")
    assert LISTED.as_of(1).replacement("circle") == "circle"


@pytest.mark.parametrize("row", ["a b | A", "a | ", "a !2 > b | A", "a !2 > c | A\nc !3 | C", "a | A\na | A"])
def test_a_line_that_says_nothing_certain_is_refused(row: str) -> None:
    with pytest.raises(WrongDeclaration):
        codes("shape", "Shape", row)


def thing(version: int) -> Dictionary:
    """A dictionary of which version 2 asks otherwise than version 1."""
    record = RecordDeclaration(
        "thing",
        "Thing",
        (
            code("shape", "Shape", "shape", short=True),
            replace(_line("first", "First"), short=True),
            replace(_line("second", "Second"), since=2, short=True),
        ),
        frozenset(("post",)),
        DICTIONARY.type("case").transitions,
        rules=(
            AnyOf(("first", "shape"), until=2),
            ReportNeeds((ShortField("first"), ShortField("second")), (Condition("shape", ("", "oval")),), since=2),
        ),
        short_form=(
            ShortField("second", since=2, asked_only=2),
            ShortField("shape", asked_only=2),
            ShortField("first", asked_only=2, when=(Condition("shape", ("oval",)),)),
        ),
    )
    return as_of(Dictionary(4, [record], [LISTED]), version)


def paths(document: dict[str, object], version: int) -> list[str]:
    return [problem.path for problem in thing(version).type("thing").check(document, creating=True)]


def test_each_version_judges_by_its_own_codes_rules_and_short_form() -> None:
    assert paths({"shape": "oval"}, 1) == ["shape", "first"]
    assert paths({"shape": "circle"}, 1) == ["first"]
    assert paths({}, 1) == ["shape", "first", "first"]
    assert paths({"shape": "circle"}, 2) == []
    assert paths({"shape": "oval"}, 2) == paths({}, 2) == ["first"]
    assert paths({"shape": "oval", "second": "x"}, 2) == []
    assert [one.path for one in thing(1).type("thing").short_form] == ["shape", "first"]
    assert not thing(1).type("thing").short_form[0].asked_only


def test_an_earlier_version_is_as_if_the_later_marks_had_never_been_declared() -> None:
    record = RecordDeclaration(
        "thing",
        "Thing",
        (code("shape", "Shape", "shape", short=True), replace(_line("first", "First"), short=True)),
        frozenset(("post",)),
        DICTIONARY.type("case").transitions,
        rules=(AnyOf(("first", "shape")),),
        short_form=(ShortField("shape"), ShortField("first")),
    )
    assert thing(1).digest == Dictionary(1, [record], [LISTED.as_of(1)]).digest
    assert thing(2).digest != thing(1).digest


def test_rows_are_judged_by_their_own_version_but_by_none_that_was_never_released() -> None:
    assert dictionary_of(DICTIONARY, DICTIONARY.version) is DICTIONARY
    assert dictionary_of(DICTIONARY, DICTIONARY.version + 1) is DICTIONARY
    assert dictionary_of(DICTIONARY, 1).version == dictionary_of(DICTIONARY, 3).version == 3


def test_a_rule_of_a_version_to_come_is_no_declaration() -> None:
    record = thing(4).type("thing").declaration
    later = replace(record, rules=(replace(record.rules[1], since=5),))
    with pytest.raises(WrongDeclaration, match="after 4"):
        Dictionary(4, [later], [LISTED])
