"""Equivalents are told with their range and source, and only of what a source speaks of."""

import re
from typing import Any

import pytest
from diwan_core.dictionary import amounts_of
from diwan_core.dictionary.equivalents import ROLLED, UNODC, Equivalent, equivalent_of

DRUGS = {"product_group": "drugs"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"sub_group": "heroin", "quantity": "2500", "unit": "GRM"}, Equivalent("2.5", "2.5", "")),
        ({"sub_group": "ghb", "quantity": "3", "unit": "LTR"}, Equivalent("3", "3", UNODC)),
        ({"sub_group": "captagon", "quantity": "1000000", "unit": "U2"}, Equivalent("90", "300", UNODC)),
        (
            {"sub_group": "mdma", "quantity": "10", "unit": "H87", "drug_form": "tablet"},
            Equivalent("0.0009", "0.003", UNODC),
        ),
        (
            {"sub_group": "mdma", "quantity": "2", "unit": "PA", "second_quantity": "10", "second_unit": "U2"},
            Equivalent("0.0009", "0.003", UNODC),
        ),
        ({"sub_group": "mdma", "quantity": "10", "unit": "H87"}, None),
        ({"sub_group": "tramadol", "quantity": "500", "unit": "U2"}, None),
        (
            {"product_group": "tobacco", "sub_group": "rolling", "quantity": "50", "unit": "KGM"},
            Equivalent("50000", "66650", ROLLED, "cigarettes"),
        ),
        ({"product_group": "tobacco", "sub_group": "raw_tobacco", "quantity": "50", "unit": "KGM"}, None),
        ({"product_group": "alcohol", "quantity": "3", "unit": "LTR"}, None),
    ],
)
def test_drugs_count_as_kilograms_as_far_as_a_source_says(line: dict[str, Any], expected: object) -> None:
    document = {**DRUGS, **line}
    amounts = amounts_of(document)
    assert amounts is not None
    assert equivalent_of(document, amounts) == expected


def test_nothing_of_it_is_kept_in_a_register() -> None:
    from pathlib import Path

    import diwan_core.register

    rooms = Path(diwan_core.register.__file__).parent
    told = re.compile("equivalent_of|estimates|dictionary.equivalents")
    assert not [path for path in rooms.rglob("*.py") if told.search(path.read_text(encoding="utf-8"))]
