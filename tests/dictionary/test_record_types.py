"""What version 1 declares: every type of the product's data dictionary, who may write it, and what is nominal."""

import pytest
from diwan_core.dictionary import DICTIONARY, RecordType, as_of
from diwan_core.dictionary.declared.common import ENVELOPE

CASE = DICTIONARY.type("case")
CENTRAL_ONLY = {
    "operation", "watch_list", "rule", "unit", "user", "code_entry", "code_edition", "price", "equivalent", "agreement",
    "site", "retention_rule", "national_setting",
}  # fmt: skip


def test_every_record_type_of_the_product_is_declared() -> None:
    assert set(DICTIONARY.types) == {
        "case", "person", "company", "conveyance", "suspect", "message", "operation", "library_item", "topic", "post",
        "link", "watch_list", "watch_entry", "rule", "sighting", "proposal", "attachment", "unit", "user", "code_entry",
        "code_edition", "price", "equivalent", "agreement", "arrival", "site", "retention_rule", "national_setting",
        "request",
    }  # fmt: skip
    assert set(CASE.parts) == {"goods", "leg", "concealment", "party", "means", "paper", "review", "text_release"}


def test_every_record_has_the_envelope() -> None:
    for record in DICTIONARY.types.values():
        for field in ENVELOPE:
            assert record.fields[field.name] == field
        assert not set(record.fields) & {"id", "origin", "author", "created", "updated"}


ELEVEN = [
    "date", "office", "direction", "goods.product_group", "goods.quantity", "goods.unit", "detection_method",
    "concealment_method", "leg.departure.country", "leg.destination.country", "leg.mode",
]  # fmt: skip


def test_the_short_form_has_the_eleven_starred_fields_and_what_some_kinds_of_case_need() -> None:
    assert [short.path for short in as_of(DICTIONARY, 3).type("case").short_form] == ELEVEN
    assert [short.path for short in CASE.short_form if short.since == 1] == ELEVEN
    always = [short.path for short in CASE.short_form if not short.when]
    assert always == ["type", "date", "office", "country", "direction"]
    assert [short.path for short in CASE.short_form if short.since > 1 and short.when] == [
        "location_type", "offence_type", "goods.national_unit", "goods.per_package", "goods.per_package_unit",
        "goods.value", "goods.currency", "goods.uncounted", "selection_basis", "search_type", "means.kind",
        "paper_number",
    ]  # fmt: skip


@pytest.mark.parametrize("record", DICTIONARY.types.values(), ids=lambda record: record.name)
def test_users_units_rules_agreements_and_codes_come_only_from_the_centre(record: RecordType) -> None:
    assert "central" in record.authority
    assert ("post" in record.authority) == (record.name not in CENTRAL_ONLY | {"library_item", "watch_entry"})


@pytest.mark.parametrize("record", DICTIONARY.types.values(), ids=lambda record: record.name)
def test_only_the_centre_publishes(record: RecordType) -> None:
    assert record.may_set("published", "central")
    assert not record.may_set("published", "post")
    assert not record.may_set("published", "gateway")
    assert set(record.transitions) == set(DICTIONARY.codes("status"))


def test_a_status_is_reached_step_by_step() -> None:
    assert CASE.may_set("draft", "post", before="")
    assert CASE.may_set("submitted", "post", before="draft")
    assert CASE.may_set("validated", "post", before="submitted")
    assert not CASE.may_set("validated", "post", before="draft")
    assert not CASE.may_set("draft", "central", before="published")
    assert CASE.may_set("withdrawn", "post", before="validated")
    assert not CASE.may_set("secret", "central")


def test_the_digest_is_that_of_release_0_1_0() -> None:
    """Who may do what is in the table of roles; what release 0.1.0 declared of it stays in the digest."""
    assert as_of(DICTIONARY, 3).digest.hex() == "c4e12e0a76c5e7eb"


def test_of_a_person_only_the_nationalities_may_leave() -> None:
    person = DICTIONARY.type("person")
    own = {(part, f.name) for part, f in person.every_field() if f not in ENVELOPE and not f.nominal}
    assert own == {("", "nationalities")}


def test_of_a_company_only_the_mark_that_it_is_public_is_not_nominal() -> None:
    company = DICTIONARY.type("company")
    own = {(part, f.name) for part, f in company.every_field() if f not in ENVELOPE and not f.nominal}
    assert own == {("", "public")}


@pytest.mark.parametrize(
    "path",
    [
        "case.narrative", "case.party.name", "case.party.identifier", "case.means.plate", "conveyance.plate",
        "conveyance.vin", "conveyance.owner", "message.body", "suspect.reason", "suspect.subject.name",
        "attachment.file_name", "watch_entry.name", "arrival.party.name", "user.display_name",
    ],
)  # fmt: skip
def test_what_identifies_somebody_is_nominal(path: str) -> None:
    name, *part, field = path.split(".")
    record = DICTIONARY.type(name)
    level = record.parts[part[0]] if part else record
    assert level.fields[field].nominal


def test_every_name_field_is_nominal_unless_it_names_a_ship() -> None:
    for record in DICTIONARY.types.values():
        for _, field in record.every_field():
            if field.is_name:
                assert field.nominal or field.name == "vessel_name", (record.name, field.name)


def test_quantity_and_unit_value_and_currency_date_and_precision_merge_as_one() -> None:
    goods = CASE.parts["goods"]
    assert goods.group_of("unit") == goods.group_of("quantity") == "quantity"
    assert goods.group_of("currency") == goods.group_of("value") == "value"
    assert CASE.group_of("time") == CASE.group_of("date") == "date"
    assert CASE.group_of("office") == "office"


def test_the_case_table_has_the_columns_people_filter_by() -> None:
    names = [name for name, _ in CASE.columns()]
    assert {
        "type", "date", "office", "country", "direction", "detection_method", "concealment_method", "operation",
        "outcome", "national_reference", "source_key", "source_system", "product_group", "status", "handling",
    } <= set(names)  # fmt: skip
    assert ("exercise", "INTEGER") in CASE.columns()


def test_column_values_are_those_of_the_first_part_and_none_where_unknown() -> None:
    document = {
        "date": "2026-01-02",
        "exercise": True,
        "goods": {"10": {"product_group": "drugs"}, "2": {"product_group": "ipr"}, "k7qxw2m4zt5aa": {}, "1": None},
    }
    row = dict(zip([name for name, _ in CASE.columns()], CASE.column_values(document), strict=True))
    assert (row["date"], row["product_group"], row["office"], row["exercise"]) == ("2026-01-02", "ipr", None, True)
    assert all(value is None for value in CASE.column_values({}))
    assert all(value is None for value in CASE.column_values({"goods": {"1": None, "2": {}}}))


def test_every_source_of_a_reference_in_the_case_leads_to_a_declared_type() -> None:
    assert CASE.parts["party"].fields["subject"].targets == ("person", "company")
    assert CASE.fields["operation"].targets == ("operation",)
