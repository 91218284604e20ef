"""Generated pages are as fresh as what they are generated from."""

from pathlib import Path

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "dictionary.md"


def test_the_reference_page_is_fresh() -> None:
    """Stale? python -m diwan_core.dictionary.reference > docs/reference/dictionary.md"""
    assert PAGE.read_text("utf-8") == page(DICTIONARY)


def test_the_reference_page_names_every_field_and_every_list() -> None:
    text = page(DICTIONARY)
    for record in DICTIONARY.types.values():
        for part in record.parts:
            assert f"### {record.name}.{part}" in text
    for codes in DICTIONARY.lists.values():
        assert f'id="list-{codes.name}"' in text
    assert DICTIONARY.digest.hex() in text
