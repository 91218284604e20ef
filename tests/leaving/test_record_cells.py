"""A record of which there are few alike leaves without what says more than its row: place, day, nationality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.amounts import FIELDS
from diwan_core.leaving import TEMPLATES, Known
from diwan_core.leaving.held_back import held_codes, strictest, why_held_back
from diwan_core.leaving.record_cells import CELLS, Left, is_counted, leave, row_of
from diwan_core.leaving.small_cells import AS_IT_IS, COARSER, COARSEST, Level

CASE = DICTIONARY.type("case")
KNOWN = Known(units=frozenset({"NORTH"}), offices=frozenset({"GATE-3"}))
DOCUMENT: dict[str, Any] = {
    "type": "seizure", "date": "2026-11-18", "country": "JO", "office": "GATE-3", "unit": "NORTH", "locode": "JOAQJ",
    "position": "29.53,35.01", "location_type": "seaport", "direction": "import", "persons_involved": 3,
    "goods": {"a": {"product_group": "tobacco", "quantity": "2", "unit": "KGM", "value_date": "2026-11-18"},
              "b": {"product_group": "drugs", "quantity": "5", "unit": "KGM"}},
    "leg": {"1": {"role": "seizure", "country": "JO", "locode": "JOAQJ", "date": "2026-11-18"},
            "2": {"role": "departure", "country": "EG", "locode": "KGALA", "date": "2026-11-10"},
            "3": {"role": "transit", "locode": "JOAMM"}},
    "paper": {"1": {"type": "703", "date": "2026-11-09"}},
    "party": {"x": {"role": "courier", "country": "SY"}, "y": {"role": "driver", "country": "FR"},
              "z": {"country": "EG"}},
}  # fmt: skip
REGION = {"GATE-3": "SOUTH"}


def left(level: Level, **more: Any) -> Left:
    return leave(CASE, DOCUMENT | more, KNOWN, level, lambda office: REGION.get(office, ""))


def flat(document: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def test_the_row_of_a_case_holds_all_that_says_where() -> None:
    row = row_of(CASE, DOCUMENT, KNOWN)
    assert (row.country, row.when, row.product, row.nationality) == ("JO", "2026-11-18", "drugs; tobacco", "EG; FR; SY")
    assert row.place.split("\x1f") == ["GATE-3", "GATE-3", "NORTH", "JOAQJ", "29.5,35", "seaport"]


@pytest.mark.parametrize(
    ("precision", "when"), [("month", "2026-11"), ("year", "2026"), ("range", "2026"), ("about", "2026-11-18")]
)
def test_the_day_of_a_row_is_no_finer_than_it_is_known(precision: str, when: str) -> None:
    assert row_of(CASE, DOCUMENT | {"date_precision": precision}, KNOWN).when == when


def test_a_record_like_many_leaves_as_it_is() -> None:
    found = left(AS_IT_IS)
    assert found.values["office"] == "GATE-3" and found.values["date"] == "2026-11-18" and found.coarser == {}


def test_a_coarser_record_says_region_week_and_continent() -> None:
    found = left(COARSER)
    assert found.coarser == {
        "region": "SOUTH", "when": "2026-W47",
        "continents": {"party.1": "Asia", "party.2": "Europe"},
    }  # fmt: skip
    said = dict(flat(found.values))
    assert "2026-11" not in str(said) and "JOAQJ" not in str(said) and "JOAMM" not in str(said)
    assert said["leg.2.country"] == "EG" and said["leg.2.locode"] == "KGALA" and said["persons_involved"] == 3
    assert not {"office", "unit", "locode", "position", "location_type", "party.1.country"} & said.keys()
    assert said["goods.1.quantity"] == "2"


@pytest.mark.parametrize(
    ("country", "leg"),
    [
        ("JO", {"country": "EG", "locode": "JOAMM"}),
        ("JO", {"locode": "EGALY"}),
        (None, {"country": "JO", "locode": "JOAMM"}),
    ],
)
def test_a_place_that_may_lie_in_the_country_goes_whatever_its_line_says(country: str | None, leg: Any) -> None:
    found = left(COARSER, country=country, leg={"1": {"role": "transit", **leg}})
    assert "locode" not in str(found.values["leg"])


def test_the_coarsest_record_says_country_year_and_product() -> None:
    found = left(COARSEST)
    assert found.coarser == {"when": "2026"}
    assert not {"persons_involved", "party"} & found.values.keys(), "lines of people tell how many there were"
    assert found.values["country"] == "JO"
    said = dict(flat(found.values))
    assert (said["goods.1.product_group"], said["goods.2.product_group"]) == ("tobacco", "drugs")


def test_every_day_and_place_of_a_template_goes_with_the_row() -> None:
    """Whoever adds a day, a place or a count of people to a template decides here whether it tells the row."""
    harmless = {
        ("case", "goods.expiry"),  # of a medicine
        ("conveyance", ""), ("library_item", "valid_from"), ("library_item", "valid_until"),
        ("arrival", "departure_locode"),
    }  # fmt: skip
    for kind, columns in TEMPLATES.items():
        cell = CELLS.get(kind)
        told = {*cell.places, *cell.inland, *cell.days, *cell.people, cell.nationality} if cell else set()
        for part, field in DICTIONARY.type(kind).every_field():
            path = ".".join(filter(None, (part, field.name)))
            finds = field.kind in ("date", "datetime", "position") or field.codelist == "locode"
            if path in columns and (
                finds or field.name.endswith(("office", "precision")) or path.startswith(("persons_", "party."))
            ):
                assert path in told or (kind, path) in harmless, (kind, path)


def test_amounts_are_worked_out_of_nothing_but_what_leaves() -> None:
    assert {f"goods.{name}" for name in FIELDS} <= set(TEMPLATES["case"])


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, ""), ({"handling": "amber"}, ""), ({"handling": "green"}, ""), ({"handling": "clear"}, ""),
        ({"handling": "red"}, "TLP:RED"), ({"handling": "amber_strict"}, "AMBER+STRICT"),
        ({"handling": "ultraviolet"}, "does not know"), ({"exercise": True}, "exercises"),
    ],
)  # fmt: skip
def test_marks_for_fewer_readers_and_exercises_hold_a_record_back(document: dict[str, Any], reason: str) -> None:
    assert reason in why_held_back(document) and bool(reason) == bool(why_held_back(document))


def test_every_mark_of_the_list_is_judged() -> None:
    assert held_codes() == {code for code in DICTIONARY.codes("handling") if why_held_back({"handling": code})}
    assert held_codes() == {"red", "amber_strict"}


@pytest.mark.parametrize(
    ("marks", "found"),
    [([], None), ([None, "clear"], "clear"), (["red", "amber"], "red"), (["amber_strict", "green"], "amber_strict"),
     (["red", "ultraviolet"], "ultraviolet")],
)  # fmt: skip
def test_of_two_marks_the_one_for_fewer_readers_counts(marks: list[Any], found: Any) -> None:
    assert strictest(marks) == found


@pytest.mark.parametrize(
    ("document", "demonstration", "counted"),
    [({}, False, True), ({"derived": True}, False, False), ({"derived": True}, True, True), ({}, True, False),
     ({"exercise": True}, False, False), ({"status": "withdrawn"}, False, False), ({"status": "draft"}, False, False)],
)  # fmt: skip
def test_demonstration_cases_make_no_real_one_like_others(
    document: dict[str, Any], demonstration: bool, counted: bool
) -> None:
    assert is_counted(document, demonstration) == counted
