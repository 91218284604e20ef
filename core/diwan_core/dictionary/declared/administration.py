"""Units, users, codes and their editions, national settings and rules of retention."""

from dataclasses import replace

from ..field import boolean, code, date, decimal, group, integer, longtext, other, reference, text
from ..record import NotBefore, Part
from .common import CENTRAL, record
from .places import email, office, phone, place, position

UNIT = record(
    "unit",
    "Unit",
    "A part of the administration: the department structure.",
    (
        text(
            "code",
            "Code",
            pattern=r"[A-Za-z0-9_-]{1,60}",
            example="AQJ-NORTH",
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        text("name", "Name", max_length=120, searchable=True, required=True, listed=True, leaves="gated"),
        code("kind", "Kind", "unit_kind", listed=True),
        reference("parent", "Belongs to", "unit", listed=True, identifies="nobody"),
        office(),
        code("country", "Country", "country"),
        place(identifies="nobody"),
        position(identifies="nobody"),
        phone(nominal=False, identifies="officer"),
        replace(phone("contact", "24-hour number", nominal=False, repeated=False, identifies="officer"), since=4),
        email(nominal=False, identifies="officer"),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until")),
        Part(
            "label",
            "Names in other languages",
            (
                code("language", "Language", "language", required=True),
                text("text", "Name", searchable=True, leaves="gated"),
            ),
        ),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)

USER = record(
    "user",
    "User",
    "A person who may sign in, and where. Passwords are never part of a record.",
    (
        text(
            "user_name",
            "User name",
            pattern=r"[a-z0-9][a-z0-9._-]{1,59}",
            example="officer.a",
            required=True,
            listed=True,
            identifies="officer",
        ),
        text("display_name", "Name", max_length=120, nominal=True, searchable=True, identifies="officer"),
        code("roles", "Roles", "user_role", repeated=True),
        text(
            "units",
            "Units",
            "Codes of the units the user belongs to.",
            max_length=60,
            repeated=True,
            identifies="officer",
        ),
        text(
            "posts",
            "Posts",
            "Where the user may sign in; none given: everywhere.",
            max_length=60,
            repeated=True,
            identifies="officer",
        ),
        code("language", "Language", "language"),
        phone("phone", "Telephone", repeated=False, identifies="officer"),
        email("email", "E-mail", repeated=False, identifies="officer"),
        boolean("active", "May sign in", listed=True),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until", listed=True)),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)

CODE_ENTRY = record(
    "code_entry",
    "Code-list entry",
    "A national addition to a code list, or the end of a code's validity.",
    (
        text("code_list", "Code list", max_length=40, required=True, listed=True, identifies="nobody", leaves="never"),
        text("code", "Code", max_length=60, required=True, listed=True, identifies="nobody", leaves="never"),
        text("parent", "Belongs under", max_length=60, identifies="nobody", leaves="never"),
        group(
            "validity", date("valid_from", "Valid from", listed=True), date("valid_until", "Valid until", listed=True)
        ),
        group(
            "conversion",
            decimal("factor", "How many of the base unit it is", "Of a national unit.", listed=True, since=4),
            code("base_unit", "Base unit", "unit", listed=True, since=4),
            needs=(("factor", "base_unit"), ("base_unit", "factor")),
        ),
        position(identifies="nobody"),
        Part(
            "label",
            "Labels",
            (
                code("language", "Language", "language", required=True),
                text("text", "Label", searchable=True, leaves="gated"),
                text("synonyms", "Other words", searchable=True, leaves="gated"),
            ),
        ),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)

CODE_EDITION = record(
    "code_edition",
    "Edition of a code list",
    "A code list as a whole, such as UN/LOCODE 2024-2. Its entries are in a file known by its SHA-256, which travels "
    "behind the record.",
    (
        text("code_list", "Code list", max_length=40, required=True, listed=True, identifies="nobody", leaves="never"),
        text("edition", "Edition", max_length=60, required=True, listed=True, identifies="nobody", leaves="never"),
        date("valid_from", "Valid from", required=True, listed=True),
        integer("entries", "Number of entries", required=True, listed=True),
        other("sha256", "sha256", "SHA-256 of the file", required=True, listed=True),
        integer("size", "Size in bytes", required=True, listed=True),
        text("source", "Source", "The files it was read from.", max_length=300, identifies="nobody", leaves="never"),
    ),
    authority=CENTRAL,
    since=3,
)

RETENTION_RULE = record(
    "retention_rule",
    "Rule of retention",
    "How long the country keeps records of a type, and of a legal basis where it is named. The centre sets it, every "
    "node obeys it.",
    (
        text(
            "record_type", "Applies to", "Name of a record type.", max_length=40, required=True, listed=True,
            identifies="nobody", leaves="never",
        ),
        text(
            "for_basis", "For the legal basis", "Empty: for every legal basis without a rule of its own.",
            max_length=200, listed=True, identifies="nobody", leaves="never",
        ),
        group(
            "keep",
            integer("months", "Months to keep", minimum=0, maximum=1200, required=True, listed=True),
            text(
                "after", "After", "The date it is counted from, or updated: the day of the last change.",
                max_length=40, required=True, listed=True, identifies="nobody", leaves="never",
            ),
            text(
                "erases", "What is erased then", "both, or nominal: what names people.", pattern="both|nominal",
                example="both", required=True, listed=True, identifies="nobody", leaves="never",
            ),
        ),
        text("law", "Under", "The law it is based on.", max_length=200, identifies="nobody", leaves="never"),
    ),
    authority=CENTRAL,
    since=4,
)  # fmt: skip

NATIONAL_SETTING = record(
    "national_setting",
    "National setting",
    "What the country has chosen once for all its nodes, such as how dates are written. The centre sets it, every node "
    "obeys it.",
    (
        text(
            "name", "Setting", "Its name, such as date_format.", max_length=40, required=True, listed=True,
            identifies="nobody", leaves="never",
        ),
        text(
            "value", "Value", "In the setting's own form; | stands for a new line.", max_length=500, listed=True,
            identifies="nobody", leaves="never",
        ),
        longtext(
            "picture", "Picture", "Where the setting is one: a small WebP in base64; the value is its SHA-256.",
            identifies="nobody", leaves="never",
        ),
    ),
    authority=CENTRAL,
    since=4,
)  # fmt: skip
