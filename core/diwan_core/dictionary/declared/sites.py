"""Sites of a roll-out, with what is known of their line, power and staff."""

from ..field import boolean, code, date, decimal, integer, longtext, other, text
from ..record import Part
from .common import CENTRAL, record
from .machines_of_work import SITE_PHASE
from .places import office, phone, place, position

SITE = record(
    "site",
    "Site",
    "A post being equipped: questionnaire, readiness, milestones, acceptance.",
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
        office(),
        code("country", "Country", "country", listed=True),
        place(identifies="nobody"),
        position(identifies="nobody"),
        code("location_type", "Type of place", "location_type", listed=True),
        code("phase", "Phase", "site_phase", listed=True),
        longtext("state_reason", "Reason of the last step", max_length=2000, nominal=True, since=4),
        date("target_date", "To be in operation on", listed=True),
        code("power", "Power supply", "power_supply"),
        decimal("power_hours", "Hours of power a day", maximum=24),
        code("connection", "Connection", "connection"),
        integer("bandwidth_kbps", "Bandwidth in kbit/s"),
        integer("round_trip_ms", "Round trip in milliseconds"),
        integer("officers", "Number of officers"),
        integer("shifts", "Shifts a day", maximum=24),
        integer("computers", "Computers and tablets"),
        integer("cases_per_year", "Cases a year"),
        boolean("secure_room", "Has a room that can be locked"),
        text(
            "node",
            "Node",
            "Id of the appliance there.",
            max_length=13,
            listed=True,
            identifies="nobody",
            leaves="never",
        ),
        text("contact_name", "Contact", max_length=120, nominal=True),
        phone("contact_phone", "Telephone of the contact", repeated=False),
        longtext("notes", "Notes", searchable=True, nominal=True),
        Part(
            "milestone",
            "Milestones",
            (
                code("phase", "Phase", "site_phase", required=True),
                date("due", "Due"),
                date("done", "Done"),
                text("responsible", "Responsible", "User name.", max_length=60, identifies="officer"),
                longtext("notes", "Notes", max_length=2000, nominal=True),
            ),
        ),
        Part(
            "answer",
            "Questionnaire",
            (
                text(
                    "question",
                    "Question",
                    "Its key in the questionnaire.",
                    max_length=60,
                    required=True,
                    identifies="nobody",
                    leaves="never",
                ),
                longtext("answer", "Answer", max_length=4000, nominal=True),
            ),
        ),
        Part(
            "check",
            "Acceptance",
            (
                text("check", "Check", max_length=60, required=True, identifies="nobody", leaves="never"),
                boolean("passed", "Passed"),
                other("at", "datetime", "When", leaves="never"),
                text("by", "By", "User name.", max_length=60, identifies="officer"),
            ),
        ),
    ),
    authority=CENTRAL,
    machines=(SITE_PHASE,),
)
