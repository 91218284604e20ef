"""What may leave of a record without personal data, value by value."""

from __future__ import annotations

from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, as_of
from diwan_core.dictionary.declared import TYPES
from diwan_core.leaving import TEMPLATES, Known, NoTemplate, leaving_value, may_leave, project
from diwan_core.leaving.coarsen import PRIVATE_KINDS, PUBLIC_PLACES
from diwan_core.leaving.templates import KEPT, KEPT_ALWAYS, WITHHELD

CASE = DICTIONARY.type("case")
EVERYTHING = [
    (declared.name, ".".join(filter(None, (part, field.name))), field)
    for declared in DICTIONARY.types.values()
    for part, field in declared.every_field()
]


def test_a_clean_case_that_names_a_courier_in_its_plain_fields_names_nobody_when_it_leaves() -> None:
    """The reproduction of issue 15, item 1: fourteen plain fields can hold a name."""
    name = "Karim Testman"
    document: dict[str, Any] = {
        "date": "2026-11-22", "time": "02:40", "place": f"house of {name}, flat 4", "position": "31.9539,35.9106",
        "location_type": "private", "concealment_text": f"in the bag of {name}", "agency": f"CID, Lt. {name}",
        "partner_agencies": {"1": name}, "national_reference": f"AQJ-{name}", "source_key": name, "direction": "import",
        "goods": {"1": {"product_group": "drugs", "description": f"swallowed by {name}", "declared_as": f"for {name}",
                        "brand": name, "weapon_serial": name, "custody_storage": f"locker of {name}"}},
        "leg": {"1": {"role": "departure", "country": "JO", "place": name, "carrier": name, "document_number": name}},
        "concealment": {"1": {"method": "cavity", "description": name, "place": name, "opening": name}},
        "party": {"1": {"role": "courier", "name": name, "country": "JO"}},
        "means": {"1": {"kind": "car", "plate": name, "container_number": name, "vessel_name": name, "seal": name}},
        "review": {"1": {"decision": "validated", "by": name}},
    }  # fmt: skip
    left = project(CASE, document)
    assert "Testman" not in repr(left)
    assert left == {
        "date": "2026-11-22",
        "location_type": "private",
        "direction": "import",
        "goods": {"1": {"product_group": "drugs"}},
        "leg": {"1": {"role": "departure", "country": "JO"}},
        "concealment": {"1": {"method": "cavity"}},
        "party": {"1": {"role": "courier", "country": "JO"}},
        "means": {"1": {"kind": "car"}},
    }


def test_a_code_that_no_list_here_has_stays() -> None:
    """A node that says it has a newer dictionary may write codes that are not known here: that can be any word."""
    word = "karim_testman"
    rest, nominal = CASE.split({"source_key": "1", "direction": word, "found_with": {"1": word, "2": "dog"}})
    assert CASE.check_halves(rest, nominal, creating=True, newer=True) == [], "such a row is admitted"
    document = {**rest, "goods": {"1": {"product_group": word, "quantity": "2"}}, "party": {"1": {"country": word}}}
    assert project(CASE, document) == {"found_with": {"1": "dog"}, "goods": {"1": {"quantity": "2"}}}


def test_nothing_of_a_line_about_who_reported_it_leaves() -> None:
    """The role is retired, and cases from before and files still have it."""
    document = {"party": {"1": {"role": "informant", "country": "SY", "state": "at_large"}, "2": {"role": "courier"}}}
    assert CASE.check({"source_key": "1", **document}, creating=True) == []
    assert project(CASE, document) == {"party": {"1": {"role": "courier"}}}
    assert not any(may_leave(CASE, document, f"party.1.{name}") for name in ("role", "country", "state"))


@pytest.mark.parametrize(
    ("document", "path", "left"),
    [
        ({"position": "31.9539,35.9106", "location_type": "land_border"}, "position", "32,35.9"),
        ({"position": "-0.04,-179.96", "location_type": "high_sea"}, "position", "0,-180"),
        ({"position": "31.9539,35.9106", "location_type": "private"}, "position", None),
        ({"position": "31.9539,35.9106", "location_type": "business"}, "position", None),
        ({"position": "31.9539,35.9106", "location_type": "open_country"}, "position", None),
        ({"position": "31.9539,35.9106"}, "position", None),
        ({"office": "JOAQJ"}, "office", "JOAQJ"),
        ({"office": "GATE-3"}, "office", "GATE-3"),
        ({"office": "KARIM"}, "office", None),
        ({"locode": "JOAQJ"}, "locode", "JOAQJ"),
        ({"locode": "KARIM"}, "locode", None),
        ({"unit": "NORTH"}, "unit", "NORTH"),
        ({"unit": "Karim"}, "unit", None),
        ({"goods": {"1": {"hs_code": "240220"}}}, "goods.1.hs_code", "240220"),
        ({"goods": {"1": {"hs_code": "0777123456"}}}, "goods.1.hs_code", "07"),
        ({"goods": {"1": {"brand": "Marlboro"}}}, "goods.1.brand", None),
        ({"means": {"7": {"container_number": "CSQU3054383"}}}, "means.7.container_number", "CSQU"),
        ({"means": {"7": {"container_number": "CSQU3054384"}}}, "means.7.container_number", None),
        ({"means": {"7": {"container_number": "Karim"}}}, "means.7.container_number", None),
        ({"means": {"7": {"flight_voyage": "RJ 264"}}}, "means.7.flight_voyage", "RJ"),
        ({"means": {"7": {"flight_voyage": "Voyage of Karim"}}}, "means.7.flight_voyage", None),
        ({"means": {"7": {"flight_voyage": "RJ264", "kind": "light_aircraft"}}}, "means.7.flight_voyage", None),
        ({"means": {"7": {"document_number": "512-12345675"}}}, "means.7.document_number", "512"),
        ({"means": {"7": {"document_number": "512-12345678"}}}, "means.7.document_number", None),
        ({"means": {"7": {"document_number": "MAEU123456789"}}}, "means.7.document_number", None),
        ({"leg": {"7": {"date": "2026-11-20"}}}, "leg.7.date", "2026-11-20"),
        ({"time": "02:40"}, "time", None),
        ({"party": {"1": {"subject": "01890a5d-ac96-774b-bcce-b302099a8057"}}}, "party.1.subject", None),
        ({"of_a_newer_node": "Karim"}, "of_a_newer_node", None),
        ({"derived": False}, "derived", False),
    ],
)
def test_each_value_leaves_as_its_class_says(document: dict[str, Any], path: str, left: object) -> None:
    known = Known(units=frozenset({"NORTH"}), offices=frozenset({"GATE-3"}))
    assert leaving_value(CASE, document, path, known) == left
    assert may_leave(CASE, document, path, known) == (left is not None)


def test_a_moment_leaves_as_its_day() -> None:
    arrival = DICTIONARY.type("arrival")
    assert project(arrival, {"expected_at": "2026-11-22T02:40:00Z"}) == {"expected_at": "2026-11-22"}


def test_ids_of_parts_are_numbered_anew_in_their_order() -> None:
    goods = {
        "karimtestman2": {"pieces": "3"},
        "10": {"pieces": "2"},
        "2": {"pieces": "1"},
        "4": None,
        "5": {"brand": "x"},
    }
    assert project(CASE, {"goods": goods}) == {
        "goods": {"1": {"pieces": "1"}, "2": {"pieces": "2"}, "3": {"pieces": "3"}}
    }


def test_every_column_of_a_template_is_a_field_that_may_leave() -> None:
    classes = {(type, path): field for type, path, field in EVERYTHING}
    for type, columns in TEMPLATES.items():
        assert len(set(columns)) == len(columns)
        for column in columns:
            assert classes[type, column].leaves in ("free", "coarsened", "gated"), (type, column)
            assert not classes[type, column].nominal


def test_every_type_has_a_template_or_a_reason_why_not() -> None:
    assert {declared.name for declared in TYPES} == {*TEMPLATES, *WITHHELD}
    assert not set(TEMPLATES) & set(WITHHELD)


def test_every_field_that_could_leave_is_in_its_template_or_kept_on_purpose() -> None:
    """A field that was added is decided about: one line in leaving/templates.py."""
    undecided = [
        f"{type}.{path}"
        for type, path, field in EVERYTHING
        if type in TEMPLATES
        and field.leaves in ("free", "coarsened", "gated")
        and path not in (*TEMPLATES[type], *KEPT[type], *KEPT_ALWAYS)
    ]
    assert undecided == []
    paths = {(type, path) for type, path, _ in EVERYTHING}
    assert all((type, path) in paths and path not in TEMPLATES[type] for type, held in KEPT.items() for path in held)


def test_a_type_without_a_template_does_not_leave() -> None:
    with pytest.raises(NoTemplate, match="person"):
        project(DICTIONARY.type("person"), {"nationalities": {"1": "JO"}})
    assert not may_leave(DICTIONARY.type("person"), {"nationalities": {"1": "JO"}}, "nationalities.1")


def test_kinds_of_places_and_conveyances_are_codes_of_their_lists() -> None:
    assert all(DICTIONARY.codes("location_type").has(code) for code in PUBLIC_PLACES)
    assert all(DICTIONARY.codes("conveyance_kind").has(code) for code in PRIVATE_KINDS)


def test_an_older_dictionary_leaves_out_the_columns_it_does_not_have() -> None:
    old = as_of(DICTIONARY, 1).type("case")
    assert project(old, {"direction": "import", "review": {"1": {"decision": "validated"}}}) == {"direction": "import"}


def test_values_of_the_wrong_shape_are_left_out() -> None:
    assert project(CASE, {"goods": "Karim", "party": {"1": "Karim"}, "leg": {"1": None}}) == {}
