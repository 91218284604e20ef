"""What identifies somebody leaves only under an agreement in force that names the field, of a record that somebody
released under it as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving import Known
from diwan_core.leaving.agreed import AGREED, NOT_RELEASED, Agreed, agreed_field, agreement_of
from diwan_core.leaving.maps import Made, Setting, Template, TemplateError, load, make, parse
from diwan_core.leaving.released import PART, digest_of

from .canaries import documents, leaks

CASE, TODAY = DICTIONARY.type("case"), date(2026, 11, 29)
FORM = load("eu-cash-declaration")
EVERY = [f"{type}.{column}" for type, columns in AGREED.items() for column in columns]
DOCUMENT: dict[str, Any] = {
    "title": "Cash", "partner": "Partner", "valid_from": "2026-01-01", "valid_until": "2026-12-31",
    "covers_nominal": True, "record_types": {"1": "case"}, "status": "submitted",
    "fields_allowed": {str(number): field for number, field in enumerate(EVERY)},
}  # fmt: skip
PERSON: dict[str, Any] = {
    "family_name": "Testman", "given_names": "Karim", "sex": "M", "birth_date": "1990-02-03", "birth_country": "SY",
    "nationalities": {"1": "SY", "2": "FR"},
    "document": {"1": {"kind": "passport", "number": "P778"}, "2": {"kind": "national_id", "number": "N1"}},
}  # fmt: skip
RECORD: dict[str, Any] = {
    "type": "seizure", "country": "JO", "date": "2026-11-20", "direction": "import", "status": "submitted",
    "goods": {"1": {"product_group": "currency", "sub_group": "cash", "value": "12000", "currency": "EUR"},
              "2": {"product_group": "currency", "sub_group": "cash", "value": "300", "currency": "USD"},
              "3": {"product_group": "currency", "sub_group": "gold", "quantity": "0.25", "unit": "KGM",
                    "value": "15000", "currency": "EUR"}},
    "party": {"1": {"role": "courier", "subject": "p1", "name": "K. Testman"},
              "2": {"role": "owner", "name": "Salim Sample", "identifier": "X9"}},
    "leg": {"1": {"role": "departure", "country": "SY", "date": "2026-11-19", "carrier": "Sample Lines"}},
    "means": {"1": {"kind": "car", "plate": "34-56789", "plate_country": "SY"}},
}  # fmt: skip
PERSONS: dict[str, Mapping[str, Any]] = {"p1": PERSON}


def agreed(persons: Mapping[str, Mapping[str, Any]] = PERSONS, **more: Any) -> Agreed:
    return Agreed(agreement_of("a1", DOCUMENT | more), persons.get, TODAY)


def released(document: dict[str, Any], under: Agreed) -> dict[str, Any]:
    release = {"path": under.path, "digest": digest_of(under.content(CASE, document)), "by": "amal"}
    return {**document, PART: {"r": release}}


def made(document: Mapping[str, Any], under: Agreed | None, template: Template = FORM) -> Made:
    return make(template, [("id1", document)], Setting(TODAY.isoformat(), Known(), agreed=under))


def cells(found: Made, template: Template = FORM) -> dict[str, str]:
    [row] = found.rows
    return {column.head: cell for column, cell in zip(template.columns, row, strict=True) if cell}


def test_a_released_case_fills_the_form_with_the_carrier_and_each_currency() -> None:
    found = made(released(RECORD, agreed()), agreed())
    assert found.refused == [] and found.given == ["id1", "p1"]
    said = cells(found)
    assert said["1 Entering or leaving"] == "entering"
    assert (said["2 First name(s)"], said["2 Last name(s)"], said["2 Gender"]) == ("Karim", "Testman", "male")
    assert (said["2 ID document"], said["2 ID document number"]) == ("Passport", "P778")
    assert said["2 Nationality"] == "SY; FR" and said["3 Reference number"] == "34-56789"
    assert [said[f"4 {name} {n}"] for n in (1, 2) for name in ("Currency", "Value")] == ["EUR", "12000", "USD", "300"]
    assert "4 Currency 3" not in said and said["4 Commodities: total weight (in grams)"] == "250"
    assert (said["6 Owner: name"], said["6 Owner: document number"]) == ("Salim Sample", "X9")
    assert said["3 Transport company"] == "Sample Lines"


def test_no_agreement_names_who_reported_it() -> None:
    told = RECORD["party"] | {"3": {"role": "informant", "subject": "p2", "name": "Canary", "country": "SY"}}
    record = RECORD | {"party": told}
    under = agreed(PERSONS | {"p2": {"family_name": "Canary"}})
    assert "Canary" not in under.content(CASE, record) and under.persons(CASE, record) == ["p1"]
    assert under.value(CASE, record, "party.3.name") is under.value(CASE, record, "party.3.subject.family_name") is None
    every = parse(
        'title = "T"\nrows = "party"\nagreement = true\n[[column]]\nhead = "A"\nfrom = "party.name"\nwhole = true\n'
        '[[column]]\nhead = "B"\nfrom = "party.role"\n', "every"
    )  # fmt: skip
    assert "informant" not in str(made(released(record, under), under, every).rows)
    assert len(made(released(record, under), under, every).rows) == 2


@pytest.mark.parametrize("mark", ["derived", "exercise"])
def test_what_never_happened_leaves_under_no_agreement(mark: str) -> None:
    document = released(RECORD | {mark: True}, agreed())
    setting = Setting(TODAY.isoformat(), Known(), demonstration=True, agreed=agreed())
    found = make(FORM, [("id1", document)], setting)
    assert found.rows == [] and found.given == [] and found.left_out.total() == 1


def test_a_release_to_one_partner_is_none_to_another() -> None:
    found = made(released(RECORD, agreed()), agreed(partner="Another administration"))
    assert found.rows == [] and {one.reason for one in found.refused} == {NOT_RELEASED}


def test_each_carrier_has_a_row() -> None:
    party = {**RECORD["party"], "3": {"role": "passenger", "name": "Nadia Sample"}}
    document = RECORD | {"party": party}
    found = made(released(document, agreed()), agreed())
    heads = [column.head for column in FORM.columns]
    names = [row[heads.index("2 Name as written")] for row in found.rows]
    assert names == ["K. Testman", "Nadia Sample"]
    assert {row[heads.index("6 Owner: name")] for row in found.rows} == {"Salim Sample"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"valid_until": "2026-11-28"}, "is in force from 2026-01-01 to 2026-11-28"),
        ({"valid_from": "2026-11-30"}, "is in force from 2026-11-30"),
        ({"valid_until": None}, "does not say"),
        ({"status": "withdrawn"}, "is withdrawn"),
        ({"status": "draft"}, "is draft"),
        ({"covers_nominal": False}, "nominal"),
        ({"record_types": {"1": "person"}}, "records of this type"),
        ({"product_groups": {"1": "drugs"}}, "product groups"),
    ],
)
def test_an_agreement_that_does_not_cover_it_gives_nothing(more: dict[str, Any], reason: str) -> None:
    under = agreed(**more)
    found = made(released(RECORD, under), under)
    assert found.rows == [] and reason in found.refused[0].reason and found.given == []
    assert found.refused_rows == 1


def test_two_versions_of_an_agreement_give_nothing_until_one_is_chosen() -> None:
    under = Agreed(agreement_of("a1", DOCUMENT, contested=True), PERSONS.get, TODAY)
    assert made(released(RECORD, under), under).rows == []


@pytest.mark.parametrize(
    ("record", "person", "limit", "leaves"),
    [
        (None, None, None, True), ("amber", None, None, True), ("red", None, None, False),
        ("amber_strict", None, None, False), ("amber_strict", None, "amber_strict", True), ("red", None, "red", True),
        (None, "red", None, False), ("amber", None, "green", False), ("ultraviolet", None, "red", False),
        ("clear", None, "ultraviolet", False),
    ],
)  # fmt: skip
def test_no_mark_stricter_than_the_limit_leaves(record: Any, person: Any, limit: Any, leaves: bool) -> None:
    under = agreed({"p1": {**PERSON, "handling": person}}, handling_limit=limit)
    found = made(released({**RECORD, "handling": record}, under), under)
    assert bool(found.rows) == leaves
    assert leaves or "fewer readers" in found.refused[0].reason


def test_without_a_release_nothing_leaves_and_a_change_voids_one() -> None:
    assert made(RECORD, agreed()).refused[0].reason == NOT_RELEASED
    document = released(RECORD, agreed())
    document["party"] = {**RECORD["party"], "2": {"role": "owner", "name": "Somebody else"}}
    assert made(document, agreed()).refused[0].reason == NOT_RELEASED
    other = agreed({"p1": {**PERSON, "birth_date": "1991-01-01"}})
    assert made(released(RECORD, agreed()), other).refused[0].reason == NOT_RELEASED, "the file of a person has changed"
    wider = agreed(fields_allowed={"1": "case.party.name"})
    assert made(released(RECORD, wider), agreed()).refused[0].reason == NOT_RELEASED, "more fields were agreed since"
    elsewhere = replace(agreed().agreement, id="a2")
    assert made(released(RECORD, agreed()), Agreed(elsewhere, PERSONS.get, TODAY)).rows == []


def test_exercises_and_demonstration_cases_leave_under_no_agreement() -> None:
    for more in ({"exercise": True}, {"derived": True}):
        assert made(released(RECORD | more, agreed()), agreed()).rows == []


def test_a_template_of_an_agreement_is_never_filled_without_one() -> None:
    found = made(released(RECORD, agreed()), None)
    assert found.rows == [] and found.refused[0].reason == "no agreement was named"


def test_only_the_fields_that_it_names_leave() -> None:
    under = agreed(fields_allowed={"1": "case.party.name", "2": "case.narrative", "3": "person.notes"})
    said = cells(made(released(RECORD, under), under))
    assert said["2 Name as written"] == "K. Testman"
    assert "2 Last name(s)" not in said and "2 ID document number" not in said and "3 Reference number" not in said
    assert "Karim" not in str(said) and "34-56789" not in str(said)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ('from = "party.name"', "party.name may not leave"),
        ('from = "party.subject.family_name"', "party.subject.family_name may not leave"),
        ('agreement\nfrom = "narrative"', "narrative may not leave"),
        ('agreement\nfrom = "party.subject.notes"', "no field party.subject.notes"),
        ('agreement\nfrom = "party.subject.photo"', "no field party.subject.photo"),
        ('agreement\nfrom = "party.subject"', "party.subject may not leave"),
        ('agreement\nfrom = "agency"', "agency may not leave"),
        ('agreement\nfrom = "goods.value"\nwhere = { description = "x" }\nline = 0.5', "line is a number"),
        ('agreement\nfrom = "party.role"\nwhere = { name = "Karim" }', "party.name may not leave"),
    ],
)
def test_a_template_names_it_only_under_an_agreement_and_only_what_one_can_name(settings: str, problem: str) -> None:
    top = 'title = "T"\n'
    if settings.startswith("agreement\n"):
        top, settings = top + "agreement = true\n", settings.removeprefix("agreement\n")
    with pytest.raises(TemplateError) as error:
        parse(f'{top}[[column]]\nhead = "A"\n{settings}\n', "t")
    assert problem in str(error.value)


def test_nothing_that_identifies_an_officer_or_never_leaves_can_be_agreed() -> None:
    for type, columns in AGREED.items():
        for column in columns:
            part, _, name = column.rpartition(".")
            declared = DICTIONARY.type(type)
            field = declared.parts[part].fields[name] if part else declared.fields[name]
            assert field.leaves != "never" and field.identifies != "officer", (type, column)


def test_no_canary_leaves_without_an_agreement_and_a_release() -> None:
    """Of every field, by the form and by a template with all columns an agreement can name."""
    paths = [*AGREED["case"], *(f"party.subject.{column}" for column in AGREED["person"])]
    columns = "".join(f'[[column]]\nhead = "{path}"\nfrom = "{path}"\n' for path in paths)
    everything = parse(f'title = "All"\nagreement = true\n{columns}', "all")
    person = next(documents(DICTIONARY.type("person"), 1, seed=5)) | {"handling": "green"}
    under = agreed({"cafecafe-cafe-7afe-8afe-cafecafecafe": person})
    nothing = agreed({"cafecafe-cafe-7afe-8afe-cafecafecafe": person}, fields_allowed={})
    seen = 0
    for document in documents(CASE, 40, seed=6):
        document |= {"derived": False, "handling": "green"}
        document["party"] = {key: {**line, "role": "courier"} for key, line in document["party"].items()}
        for template in (everything, replace(FORM, records={}, only=(), needs=(), having={})):
            for found in (made(document, None, template), made(document, under, template)):
                assert found.rows == []
            found = made(released(document, nothing), nothing, template)
            assert leaks(json.dumps(found.rows).encode()) == [], "an agreement that names nothing"
            given = made(released(document, under), under, template)
            seen += bool(leaks(json.dumps(given.rows).encode()))
    assert seen == 80, "what is agreed and released does leave"
    assert all(agreed_field(CASE, path) for path in paths)
