"""The case: one seizure, detention, offence or control. Its parts are in case_goods, case_route and case_review."""

from ..field import boolean, code, date, group, longtext, other, reference, text
from ..record import ShortField
from .case_goods import GOODS
from .case_review import REVIEW, REVIEW_STATE
from .case_route import CONCEALMENT, LEG, MEANS, PARTY
from .common import EVERY_ORIGIN, record
from .places import locode, office, place, position
from .text_release import TEXT_RELEASE

CASE = record(
    "case",
    "Case",
    "A seizure, a detention, an offence without seizure, or a control without result.",
    (
        text(
            "national_reference", "National reference", "The administration's own number; carries the post's prefix.",
            max_length=60, searchable=True, identifier="reference", listed=True, identifies="person", leaves="never",
        ),
        code("type", "Type", "case_type", listed=True),
        group(
            "date",
            date(
                "date", "Date", "Day of the seizure or control.", short=True, listed=True, identifies="person",
                leaves="coarsened",
            ),
            other("time", "time", "Time", "Local time at the place.", identifies="person", leaves="never"),
            code("date_precision", "Precision of the date", "date_precision"),
            needs=(("time", "date"), ("date_precision", "date")),
        ),
        code("country", "Country", "country", "Where it happened.", listed=True),
        office(short=True),
        place(),
        locode(),
        position(),
        code("location_type", "Type of place", "location_type"),
        code("direction", "Direction", "direction", short=True, listed=True),
        code("procedure", "Customs procedure", "procedure"),
        text(
            "agency", "Agency", "The service that made the seizure.", max_length=120, searchable=True,
            identifies="officer",
        ),
        text(
            "partner_agencies", "Partner agencies", "Services that took part.", max_length=120, repeated=True,
            identifies="officer",
        ),
        reference("operation", "Operation", "operation", listed=True, identifies="nobody"),
        code("offence_type", "Type of offence", "offence_type"),
        code("detection_method", "Detection method", "detection_method", short=True, listed=True),
        code("selection_reason", "Reason for selection", "selection_reason"),
        code("risk_indicators", "Risk indicators", "risk_indicator", repeated=True),
        code("search_type", "Type of search", "search_type"),
        code("concealment_method", "Concealment method", "concealment_method", short=True, listed=True),
        longtext(
            "concealment_text", "Concealment in words", "How it was hidden. Name no persons here.", max_length=4000,
            searchable=True, leaves="gated",
        ),
        code("source_grade", "Grade of the source", "admiralty", "Admiralty scale: source A to F, information 1 to 6."),
        longtext("narrative", "Narrative", "What happened, in the order it happened.", nominal=True, searchable=True),
        code("outcome", "Outcome", "outcome", listed=True),
        code("legal_followup", "Legal follow-up", "legal_followup"),
        reference("related_cases", "Related cases", "case", repeated=True, identifies="person"),
        text(
            "source_key", "Key in the source", "What the row was called where it was imported from.", listed=True,
            identifies="person", leaves="never",
        ),
        text(
            "source_system", "Source system", "Where it was imported from.", max_length=60, listed=True,
            identifies="nobody", leaves="never",
        ),
        boolean("derived", "Demonstration case", "Made from statistics to show the system; not a real seizure."),
        GOODS,
        LEG,
        CONCEALMENT,
        PARTY,
        MEANS,
        REVIEW_STATE,
        REVIEW,
        TEXT_RELEASE,
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
    short_form=(
        ShortField("date"),
        ShortField("office"),
        ShortField("direction"),
        ShortField("product_group", "goods"),
        ShortField("quantity", "goods"),
        ShortField("unit", "goods"),
        ShortField("detection_method"),
        ShortField("concealment_method"),
        ShortField("country", "leg", "departure"),
        ShortField("country", "leg", "destination"),
        ShortField("mode", "leg"),
    ),
)  # fmt: skip
