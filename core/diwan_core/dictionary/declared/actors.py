"""Persons and companies, whose records identify people and private businesses."""

from dataclasses import replace
from typing import Final

from ..classes import Identifies
from ..field import Field, FieldGroup, boolean, code, date, decimal, group, longtext, reference, text
from ..record import AnyOf, NotBefore, Part
from .common import EVERY_ORIGIN, record
from .places import email, number, phone


def _address(identifies: Identifies) -> tuple[Field, ...]:
    return (
        code("kind", "Kind", "address_kind", nominal=True, identifies=identifies),
        longtext(
            "text", "Address", "As it is written on the spot.", max_length=500, nominal=True, searchable=True,
            formatted="address", identifies=identifies,
        ),
        text("city", "Town", max_length=120, nominal=True, searchable=True, identifies=identifies),
        text("postcode", "Postcode", max_length=20, nominal=True, identifies=identifies),
        code("country", "Country", "country", nominal=True, identifies=identifies),
    )  # fmt: skip


def _since(field: Field) -> Field:
    """Known since dictionary 3."""
    return replace(field, since=3)


def _name(name: str, label: str, help: str = "", *, repeated: bool = False, identifies: Identifies = "person") -> Field:
    return text(
        name, label, help, nominal=True, is_name=True, searchable=True, repeated=repeated, identifies=identifies
    )


_FIRST_DAY: Final = "The first possible day, when only a range is known."
_BIRTHS: Final[tuple[Field | FieldGroup, ...]] = (
    group(
        "birth_date",
        _since(date("birth_date", "Date of birth", _FIRST_DAY, nominal=True, past=True)),
        _since(date("birth_date_to", "Date of birth, last possible day", nominal=True, past=True)),
        _since(code("birth_precision", "Precision of the date of birth", "date_precision", nominal=True)),
        needs=(("birth_date_to", "birth_date"), ("birth_precision", "birth_date")),
    ),
    _since(text("source", "From", "The document or statement it is from.", max_length=120, nominal=True)),
)

PERSON = record(
    "person",
    "Person",
    "A person known to the administration. Everything but the nationalities is nominal.",
    (
        group(
            "name_as_written",
            _name("name_as_written", "Name as written", "As in the document, in its own script."),
            code("script", "Script", "script", nominal=True),
            needs=(("script", "name_as_written"),),
        ),
        _name("latin_name", "Name in Latin letters", "As in the machine-readable zone, where there is one."),
        _name("family_name", "Family name"),
        _name("given_names", "Given names"),
        _name("father_name", "Father's name or patronymic"),
        _name("other_name", "Other name parts", "Tribe, second family name, …"),
        _name("aliases", "Aliases", repeated=True),
        code("sex", "Sex", "sex", nominal=True),
        group(
            "birth_date",
            date("birth_date", "Date of birth", _FIRST_DAY, nominal=True, past=True),
            date("birth_date_to", "Date of birth, last possible day", nominal=True, past=True),
            code("birth_precision", "Precision of the date of birth", "date_precision", nominal=True),
            needs=(("birth_date_to", "birth_date"), ("birth_precision", "birth_date")),
        ),
        text("birth_place", "Place of birth", nominal=True, searchable=True),
        code("birth_country", "Country of birth", "country", nominal=True),
        code("nationalities", "Nationalities", "country", repeated=True, identifies="person", leaves="coarsened"),
        text("occupation", "Occupation", max_length=120, nominal=True, searchable=True),
        phone(),
        email(),
        text("imeis", "Device numbers (IMEI)", max_length=20, nominal=True, identifier="device", repeated=True),
        longtext("marks", "Marks", "Scars, tattoos, build, gait.", max_length=4000, nominal=True, searchable=True),
        reference("photo", "Photo", "attachment", nominal=True),
        code("role", "Role", "party_role", nominal=True),
        code("standing_in_law", "Standing", "person_state", nominal=True),
        group(
            "arrested",
            boolean("arrested", "Arrested", nominal=True),
            date("arrested_on", "Arrested on", nominal=True, past=True),
            needs=(("arrested_on", "arrested"),),
        ),
        code(
            "warning_codes",
            "Take care",
            "warning_code",
            "What an officer must know before meeting this person.",
            nominal=True,
            repeated=True,
            since=4,
        ),
        longtext("notes", "Notes", nominal=True, searchable=True),
        Part(
            "document",
            "Documents",
            (
                code("kind", "Kind", "identity_document", nominal=True),
                number("number", "Number", "document", nominal=True),
                code("country", "Issuing country", "country", nominal=True),
                date("issued", "Issued", nominal=True),
                date("expires", "Expires", nominal=True),
                text(
                    "mrz",
                    "Machine-readable zone",
                    "Its lines joined by spaces.",
                    max_length=95,
                    nominal=True,
                    check="mrz",
                ),
                boolean("genuine", "Genuine", nominal=True),
            ),
        ),
        Part("address", "Addresses", _address("person")),
        Part(
            "birth", "Further dates of birth", _BIRTHS, "Documents and statements differ: each date stands by itself."
        ),
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
    rules=(
        NotBefore("birth_date", "birth_date_to"),
        AnyOf(("name_as_written", "latin_name", "family_name", "given_names", "aliases", "marks", "photo")),
    ),
)

COMPANY = record(
    "company",
    "Company",
    "A business. All of it is nominal, unless its details are public; the gateway looks at that mark.",
    (
        boolean("public", "Details are public", "From a public register: they may leave the country."),
        group(
            "name",
            _name("name", "Name", "As registered, in its own script.", identifies="business"),
            code("script", "Script", "script", nominal=True, identifies="business"),
            needs=(("script", "name"),),
        ),
        _name("latin_name", "Name in Latin letters", identifies="business"),
        _name("former_names", "Former names", repeated=True, identifies="business"),
        _name("other_names", "Names in other scripts, trade names", repeated=True, identifies="business"),
        text("legal_form", "Legal form", max_length=60, nominal=True, identifies="business"),
        number("registration_number", "Registration number", "registration", nominal=True, identifies="business"),
        number("tax_number", "Tax number", "registration", nominal=True, identifies="business"),
        code("country", "Country", "country", nominal=True, identifies="business"),
        phone(identifies="business"),
        email(identifies="business"),
        text("website", "Web site", max_length=254, nominal=True, identifies="business"),
        code("sector", "Sector", "sector", nominal=True, identifies="business"),
        code("roles", "Roles", "company_role", nominal=True, identifies="business", repeated=True),
        date("founded", "Founded", nominal=True, identifies="business"),
        longtext("notes", "Notes", nominal=True, identifies="business", searchable=True),
        Part("address", "Addresses", _address("business")),
        Part(
            "officer",
            "Owners and directors",
            (
                code("role", "Role", "officer_role", nominal=True),
                reference("subject", "Person or company in the register", ("person", "company"), nominal=True),
                _name("name", "Name as written"),
                decimal("share", "Share in percent", maximum=100, nominal=True),
                date("since", "Since", nominal=True),
                date("until", "Until", nominal=True),
            ),
        ),
        Part(
            "compliance",
            "Compliance history",
            (
                code("event", "Event", "compliance_event", nominal=True, identifies="business"),
                date("date", "Date", nominal=True, identifies="business"),
                reference("case", "Case", "case", nominal=True, identifies="business"),
                longtext("text", "In words", max_length=2000, nominal=True, identifies="business"),
            ),
        ),
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
    rules=(AnyOf(("name", "latin_name", "registration_number", "tax_number")),),
)
