"""Watch lists, risk rules, their hits, proposals for new rules, and arrivals announced in advance."""

from dataclasses import replace

from ..field import boolean, code, date, decimal, group, integer, longtext, other, reference, text
from ..record import NotBefore, Part
from .common import CENTRAL, EVERY_ORIGIN, record
from .machines_of_work import ARRIVAL_STATE, PROPOSAL_STATE, WATCH_ENTRY_STATE
from .places import container, flight_voyage, hs_code, locode, number, office, place, transport_document

WATCH_LIST = record(
    "watch_list",
    "Watch list",
    "A list to match arrivals, reports and look-ups against.",
    (
        text(
            "name",
            "Name",
            max_length=120,
            searchable=True,
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        longtext("purpose", "Purpose", nominal=True),
        text(
            "publisher",
            "Publisher",
            max_length=120,
            searchable=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        text("edition", "Edition", max_length=60, listed=True, identifies="nobody", leaves="never"),
        code("requested_action", "Requested action", "requested_action"),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until", listed=True)),
        boolean("active", "In use", listed=True),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)

WATCH_ENTRY = record(
    "watch_entry",
    "Watch-list entry",
    "One person, company, number or profile of a watch list.",
    (
        reference("watch_list", "Watch list", "watch_list", required=True, listed=True, identifies="nobody"),
        code("kind", "Kind", "watch_kind", required=True, listed=True),
        number("key", "Key in the list", "reference", length=120, identifies="person"),
        text("name", "Name", nominal=True, is_name=True, searchable=True),
        text("aliases", "Aliases", nominal=True, is_name=True, searchable=True, repeated=True),
        text("identifiers", "Numbers", max_length=60, nominal=True, identifier="document", repeated=True),
        date("birth_date", "Date of birth", nominal=True),
        replace(hs_code(), since=4, narrower=(0, "")),
        code("product_group", "Product group", "product_group", since=4),
        code("origin_country", "Country of origin", "country", since=4),
        code("departure_country", "Country of departure", "country", since=4),
        code("destination_country", "Country of destination", "country", since=4),
        text("brand", "Brand", max_length=120, searchable=True, identifies="business", leaves="never", since=4),
        code("countries", "Countries", "country", nominal=True, repeated=True),
        reference("subject", "On file", ("person", "company", "conveyance", "suspect"), nominal=True),
        longtext("reason", "Reason", max_length=4000, nominal=True, searchable=True),
        code("state", "State", "watch_entry_state", listed=True, since=4),
        longtext("state_reason", "Reason of the last step", max_length=2000, nominal=True, since=4),
        code("requested_action", "Requested action", "requested_action", listed=True),
        code(
            "warning_codes",
            "Take care",
            "warning_code",
            "What an officer must know before meeting whoever it is.",
            nominal=True,
            repeated=True,
            since=4,
        ),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until", listed=True)),
    ),
    authority=frozenset({"central", "gateway"}),
    rules=(NotBefore("valid_from", "valid_until"),),
    machines=(WATCH_ENTRY_STATE,),
)

RULE = record(
    "rule",
    "Rule",
    "A saved question over the data, and what happens when something answers it.",
    (
        text(
            "name",
            "Name",
            max_length=120,
            searchable=True,
            required=True,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        longtext("expression", "Condition", nominal=True, required=True),
        text(
            "record_type",
            "Applies to",
            "Name of a record type.",
            max_length=40,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        code("action", "Action", "rule_action", listed=True),
        decimal("score", "Score", maximum=1000),
        code("priority", "Priority", "priority", listed=True),
        text("notify", "Notify", "User names or units.", max_length=60, repeated=True, identifies="officer"),
        boolean("active", "In use", listed=True),
        group("validity", date("valid_from", "Valid from"), date("valid_until", "Valid until")),
        longtext("explanation", "Reason shown to people", max_length=2000, nominal=True),
    ),
    authority=CENTRAL,
    rules=(NotBefore("valid_from", "valid_until"),),
)

SIGHTING = record(
    "sighting",
    "Sighting",
    "Somebody or something looked for was found, or was looked for and not found.",
    (
        reference(
            "subject",
            "What was looked for",
            ("watch_entry", "suspect", "rule", "message"),
            listed=True,
            identifies="person",
        ),
        reference(
            "found_in",
            "Found in",
            ("case", "arrival", "person", "company", "conveyance"),
            listed=True,
            identifies="person",
        ),
        code("result", "Result", "sighting_result", required=True, listed=True),
        other("at", "datetime", "When", listed=True, identifies="person", leaves="coarsened"),
        office(),
        place(nominal=True),
        text("matched", "What matched", nominal=True),
        decimal("score", "Score of the match", maximum=100),
        code("control_done", "Control done", "control"),
        code("reason_not", "Reason no control was done", "no_control_reason"),
        longtext("notes", "Notes", nominal=True, searchable=True),
        reference("case", "Case", "case", identifies="person"),
    ),
    authority=EVERY_ORIGIN,
)

PROPOSAL = record(
    "proposal",
    "Proposal",
    "Something a rule or a person proposes and a person decides: same person, link, correction.",
    (
        code("kind", "Kind", "proposal_kind", required=True, listed=True),
        reference(
            "subject",
            "About",
            ("case", "person", "company", "conveyance", "suspect"),
            listed=True,
            identifies="person",
        ),
        reference(
            "other",
            "And",
            ("case", "person", "company", "conveyance", "suspect"),
            listed=True,
            identifies="person",
        ),
        longtext("reasons", "Reasons", max_length=4000, nominal=True),
        decimal("score", "Score", maximum=100),
        code("state", "State", "proposal_state", listed=True),
        text("decided_by", "Decided by", "User name.", max_length=60, identifies="officer"),
        longtext("decision", "Decision in words", max_length=2000, nominal=True),
    ),
    machines=(PROPOSAL_STATE,),
)

_PARTIES = Part(
    "party",
    "Parties",
    (
        code("role", "Role", "party_role", required=True),
        reference("subject", "On file", ("person", "company"), identifies="person"),
        text("name", "Name as written", nominal=True, is_name=True, searchable=True),
        number("identifier", "Document or registration number", "registration", nominal=True),
        code("country", "Country", "country", identifies="person", leaves="coarsened"),
    ),
)

ARRIVAL = record(
    "arrival",
    "Arrival notice",
    "What is announced before it comes: parties, conveyance, goods, expected time and post.",
    (
        number("reference", "Reference of the notice", "reference", identifies="business"),
        office("expected_office", "Expected office"),
        other(
            "expected_at",
            "datetime",
            "Expected at",
            listed=True,
            identifies="business",
            leaves="coarsened",
        ),
        code("state", "State", "arrival_state", listed=True),
        code("mode", "Mode of transport", "mode", listed=True),
        transport_document(),
        number("declaration_number", "Declaration", "reference", identifies="business"),
        number("plate", "Plate", "plate", nominal=True, length=40),
        container(),
        text(
            "vessel_name",
            "Name of the vessel",
            max_length=120,
            searchable=True,
            identifier="vessel",
            identifies="business",
        ),
        text("imo", "IMO number", max_length=12, identifier="vessel", check="imo", identifies="business"),
        flight_voyage(),
        number("seal", "Seal", "seal", length=40, identifies="business"),
        reference("conveyance", "Conveyance on file", "conveyance", identifies="business"),
        code("departure_country", "Country of departure", "country", listed=True),
        locode("departure_locode", "Place of departure"),
        code("destination_country", "Country of destination", "country"),
        text("source_system", "Source system", max_length=60, listed=True, identifies="nobody", leaves="never"),
        text("source_key", "Key in the source", listed=True, identifies="business", leaves="never"),
        decimal("risk_score", "Risk score", maximum=100),
        text("risk_reasons", "Reasons", nominal=True, repeated=True),
        _PARTIES,
        Part(
            "goods",
            "Goods",
            (
                longtext("description", "Description", max_length=2000, searchable=True, leaves="gated"),
                hs_code(),
                code("origin_country", "Country of origin", "country"),
                group(
                    "quantity",
                    decimal("quantity", "Quantity"),
                    code("unit", "Unit", "unit"),
                    needs=(("quantity", "unit"),),
                ),
                decimal("mass_kg", "Mass in kilograms"),
                integer("packages", "Number of packages"),
                code("packaging", "Packaging", "package"),
                group(
                    "value",
                    decimal("value", "Value"),
                    code("currency", "Currency", "currency"),
                    needs=(("value", "currency"),),
                ),
            ),
        ),
    ),
    authority=EVERY_ORIGIN,
    machines=(ARRIVAL_STATE,),
)
