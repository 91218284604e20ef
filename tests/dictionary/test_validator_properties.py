"""Whatever the document: valid ones pass, hostile ones get problems and never an error."""

import json
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.strategies import documents, hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = sorted(DICTIONARY.types)
RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", NAMES)
@RELAXED
@given(data=st.data())
def test_what_the_declaration_allows_the_validator_accepts_whole_and_in_halves(name: str, data: st.DataObject) -> None:
    record = DICTIONARY.type(name)
    for creating in (True, False):
        document = data.draw(documents(name, creating=creating))
        assert record.check(document, creating=creating) == []
        rest, nominal = record.split(document)
        assert record.check_halves(rest, nominal, creating=creating) == []
        assert record.join(rest, nominal) == document
        assert json.loads(json.dumps(document)) == document
        record.warnings(document)
        record.column_values(rest)
        text, nominal_text, identifiers = record.indexer(rest, nominal)
        assert isinstance(text + nominal_text, str)
        assert all(kind and value for kind, value in identifiers)


@pytest.mark.parametrize("name", NAMES)
@RELAXED
@given(data=st.data())
def test_hostile_documents_never_raise_and_whole_and_halves_agree(name: str, data: st.DataObject) -> None:
    record = DICTIONARY.type(name)
    document: Any = data.draw(hostile(name))
    for newer in (False, True):
        for creating in (False, True):
            problems = record.check(document, creating=creating, newer=newer)
            assert all(problem.message.isprintable() and len(problem.message) < 1000 for problem in problems)
            record.check_halves(document, document, creating=creating, newer=newer)
            if isinstance(document, dict):
                rest, nominal = record.split(document)
                halves = record.check_halves(rest, nominal, creating=creating, newer=newer)
                assert bool(halves) == bool(problems), (problems, halves)
            if not problems:
                json.dumps(document, ensure_ascii=False).encode()


@RELAXED
@given(value=st.text(max_size=40))
def test_an_accepted_line_of_text_is_one_line_that_reads_as_it_is_stored(value: str) -> None:
    if not DICTIONARY.type("case").check({"place": value}, creating=False):
        assert "\n" not in value
        assert not set(value) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
        assert value.encode().decode() == value
