"""The dictionary as an older release knew it."""

import pytest
from diwan_core.dictionary import DICTIONARY, Dictionary, added_since, as_of
from diwan_core.dictionary.codelist import CodeList
from diwan_core.dictionary.field import Field, FieldGroup, text
from diwan_core.dictionary.record import Part, RecordDeclaration


def _line(name: str, label: str) -> Field:
    return text(name, label, identifies="nobody", leaves="never")


def test_version_1_is_made_again_to_the_last_bit() -> None:
    """Its digest, as it stood in docs/reference/dictionary.md when there was no other."""
    assert as_of(DICTIONARY, 1).digest.hex() == "c9bbb21c0c089f7f"


def test_what_is_new_is_named_once_a_part_is_there_or_a_field_in_a_part() -> None:
    assert added_since(DICTIONARY, 1) == {"case": {"review", "review_state"}, "person": {"birth"}}
    assert added_since(DICTIONARY, DICTIONARY.version) == {}


@pytest.mark.parametrize("version", [0, -1, DICTIONARY.version + 1])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    with pytest.raises(ValueError, match="there is no dictionary"):
        as_of(DICTIONARY, version)


def test_groups_that_lose_a_field_and_retired_fields_are_as_they_were() -> None:
    from dataclasses import replace

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
