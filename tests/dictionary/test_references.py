"""Every reference of a document is found at its path, whatever else stands there, and nothing that is none."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.dictionary.strategies import documents, hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
NAMING = sorted(name for name, declared in DICTIONARY.types.items() if declared.references is not None)


def held(fields: Mapping[str, Field], values: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    """The references of a document by the plain way."""
    for name, item in fields.items():
        value = values.get(name)
        if item.kind == "reference" and value is not None:
            elements = value if item.repeated else {"": value}
            yield from ((f"{before}{name}{'.' + key if key else ''}", id) for key, id in elements.items() if id)


@pytest.mark.parametrize("name", NAMING)
@RELAXED
@given(data=st.data())
def test_the_halves_give_what_the_document_holds(name: str, data: st.DataObject) -> None:
    declared = DICTIONARY.type(name)
    document = data.draw(documents(name))
    expected = set(held(declared.fields, document, ""))
    for part in declared.parts.values():
        for key, entry in (document.get(part.name) or {}).items():
            expected |= set(held(part.fields, entry or {}, f"{part.name}.{key}."))
    rest, nominal = declared.split(document)
    assert declared.references is not None
    assert set(declared.references(rest, nominal)) == expected
    assert set(declared.references(rest, {})) | set(declared.references({}, nominal)) == expected


@RELAXED
@given(data=st.data())
def test_documents_nobody_should_send_do_not_stop_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMING))
    document = data.draw(hostile(name))
    reader = DICTIONARY.type(name).references
    assert reader is not None
    if isinstance(document, dict):
        assert all(isinstance(id, str) for _, id in reader(document, document))


def test_a_type_without_references_has_no_reader() -> None:
    for name, declared in DICTIONARY.types.items():
        asks = any(item.kind == "reference" for _, item in declared.every_field())
        assert (declared.references is not None) == asks, name
