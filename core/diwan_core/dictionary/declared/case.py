"""The case: one seizure, detention, offence or control. Its parts are in case_goods, case_route and case_review."""

from typing import Final

from ..case_numbers import EXAMPLE as CASE_NUMBER_EXAMPLE
from ..case_numbers import PATTERN as CASE_NUMBER
from ..field import boolean, code, date, group, integer, longtext, other, reference, text
from ..paper_numbers import EXAMPLE as PAPER_EXAMPLE
from ..paper_numbers import PATTERN as PAPER_NUMBER
from ..record import Condition, NotBefore, ReportNeeds, ScopeField, ShortField
from ..units import NATIONAL, OPENED
from .case_goods import GOODS
from .case_review import REVIEW, REVIEW_STATE
from .case_route import CONCEALMENT, LEG, MEANS, PAPER, PARTY
from .common import EVERY_ORIGIN, record
from .places import locode, office, place, position
from .text_release import TEXT_RELEASE

_SEIZED: Final = Condition("type", ("seizure", "detention", ""))
_CONTROL: Final = Condition("type", ("control",))
_OFFENCE: Final = Condition("type", ("offence",))
_NO_CONTROL: Final = Condition("type", ("control",), unless=True)
_EVERY_KIND: Final = Condition("type", ("seizure", "detention", "offence", "control", ""))
"""Met by every kind: a form does not call a field optional that has a condition, and some kinds need this one."""
_INTERNAL: Final = Condition("direction", ("internal",))
_ACROSS: Final = Condition("direction", ("internal",), unless=True)
_MONEY: Final = Condition("goods.product_group", ("currency",))
_PACKED: Final = Condition("goods.unit", OPENED)
_BY_NATIONAL_UNIT: Final = Condition("goods.unit", (NATIONAL,))
_ON_PAPER: Final = Condition("paper_number", ("",), unless=True)
_DETAINED: Final = Condition("type", ("detention",))

_PRODUCT: Final = ShortField("product_group", "goods", when=(_NO_CONTROL,), asked_only=4)
_QUANTITY: Final = ShortField("quantity", "goods", when=(_NO_CONTROL,), asked_only=4)
_UNIT: Final = ShortField("unit", "goods", when=(_NO_CONTROL,), asked_only=4)
_OURS: Final = ShortField("national_unit", "goods", when=(_NO_CONTROL, _BY_NATIONAL_UNIT), since=4, asked_only=4)
_EACH: Final = ShortField("per_package", "goods", when=(_NO_CONTROL, _PACKED), since=4, asked_only=4)
_EACH_UNIT: Final = ShortField("per_package_unit", "goods", when=(_NO_CONTROL, _PACKED), since=4, asked_only=4)
_VALUE: Final = ShortField("value", "goods", when=(_NO_CONTROL, _MONEY), since=4, asked_only=4)
_CURRENCY: Final = ShortField("currency", "goods", when=(_NO_CONTROL, _MONEY), since=4, asked_only=4)
_UNCOUNTED: Final = ShortField("uncounted", "goods", when=(_DETAINED,), since=4, asked_only=4)
_DETECTION: Final = ShortField("detection_method", when=(_NO_CONTROL,), asked_only=4)
_BASIS: Final = ShortField("selection_basis", when=(_EVERY_KIND,), since=4, asked_only=4)
_SEARCH: Final = ShortField("search_type", when=(_CONTROL,), since=4, asked_only=4)
_CONCEALMENT: Final = ShortField("concealment_method", when=(_SEIZED,), asked_only=4)
_FROM: Final = ShortField("country", "leg", "departure", when=(_NO_CONTROL, _ACROSS), asked_only=4)
_TO: Final = ShortField("country", "leg", "destination", when=(_NO_CONTROL, _ACROSS), asked_only=4)
_MODE: Final = ShortField("mode", "leg", when=(_ACROSS,), asked_only=4)
_KIND: Final = ShortField("kind", "means", when=(_CONTROL,), since=4, asked_only=4)


def _needs(*any_of: ShortField, when: tuple[Condition, ...] = ()) -> ReportNeeds:
    return ReportNeeds(any_of, when, since=4)


CASE = record(
    "case",
    "Case",
    "A seizure, a detention, an offence without seizure, or a control without result.",
    (
        text(
            "case_number", "Case number", "Given by the register when the case is saved; it never changes.",
            pattern=CASE_NUMBER, example=CASE_NUMBER_EXAMPLE, listed=True,
            identifies="nobody", leaves="never", since=4,
        ),
        text(
            "paper_number", "Number of the paper form", "Of the sheet on which it was written at first.",
            pattern=PAPER_NUMBER, example=PAPER_EXAMPLE, identifier="reference", listed=True, short=True,
            identifies="nobody", leaves="never", since=4,
        ),
        text(
            "national_reference", "National reference", "The administration's own number; carries the post's prefix.",
            max_length=60, searchable=True, identifier="reference", listed=True, identifies="person", leaves="never",
        ),
        code("type", "Type", "case_type", short=True, listed=True),
        group(
            "date",
            date(
                "date", "Date", "Day of the seizure or control.", short=True, listed=True, identifies="person",
                leaves="coarsened", past=True,
            ),
            other("time", "time", "Time", "Local time at the place.", identifies="person", leaves="never"),
            code("date_precision", "Precision of the date", "date_precision"),
            date(
                "date_to", "Last possible day", "Where only a range of days is known.", since=4, identifies="person",
                leaves="coarsened", past=True,
            ),
            code("time_precision", "Precision of the time", "time_precision", since=4, leaves="never"),
            needs=(("time", "date"), ("date_precision", "date"), ("date_to", "date"), ("time_precision", "time")),
        ),
        code("country", "Country", "country", "Where it happened.", short=True, listed=True),
        office(short=True),
        place(),
        locode(),
        position(),
        code("location_type", "Type of place", "location_type", short=True),
        code("direction", "Direction", "direction", short=True, listed=True),
        code("procedure", "Customs procedure", "procedure"),
        text(
            "agency", "Agency", "The service that made the seizure.", max_length=120, searchable=True,
            identifies="officer",
        ),
        code("agency_kind", "Kind of service", "agency_kind", "Which service found it.", since=4),
        text(
            "partner_agencies", "Partner agencies", "Services that took part.", max_length=120, repeated=True,
            identifies="officer",
        ),
        reference("operation", "Operation", "operation", listed=True, identifies="nobody"),
        code("offence_type", "Type of offence", "offence_type", short=True),
        code(
            "detection_method", "Detection method", "detection_method", "What found it: a scanner, a dog, a search.",
            short=True, listed=True,
        ),
        code(
            "selection_basis", "Grounds for selection", "selection_basis",
            "Why it was controlled: a risk profile, a tip, routine.", short=True, since=4,
        ),
        code("selection_reason", "Reason for selection", "selection_reason"),
        code("risk_indicators", "Risk indicators", "risk_indicator", repeated=True),
        code("search_type", "Type of search", "search_type", short=True),
        code("found_with", "Found with", "found_with", "Each means that was used.", repeated=True, since=4),
        code("concealment_method", "Concealment method", "concealment_method", short=True, listed=True),
        longtext(
            "concealment_text", "Concealment in words", "How it was hidden. Name no persons here.", max_length=4000,
            searchable=True, leaves="gated",
        ),
        code("source_grade", "Grade of the source", "admiralty", "Admiralty scale: source A to F, information 1 to 6."),
        longtext("narrative", "Narrative", "What happened, in the order it happened.", nominal=True, searchable=True),
        code("outcome", "Outcome", "outcome", listed=True),
        code("legal_followup", "Legal follow-up", "legal_followup"),
        text(
            "law_text", "Law", "Under which charges were brought, with its article.", max_length=300, searchable=True,
            leaves="gated", since=4,
        ),
        code("sanctions", "Sanctions", "sanction", repeated=True, since=4),
        text(
            "sanction_text", "Sanction in words", "Its amount or length. Name no persons here.", max_length=300,
            leaves="gated", since=4,
        ),
        integer("persons_involved", "Persons involved", "How many.", maximum=9999, leaves="coarsened", since=4),
        integer("persons_arrested", "Persons arrested", "How many.", maximum=9999, leaves="coarsened", since=4),
        reference("related_cases", "Related cases", "case", repeated=True, identifies="person"),
        text(
            "source_key", "Key in the source", "The key of the row in the system it was imported from.", listed=True,
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
        PAPER,
        REVIEW_STATE,
        REVIEW,
        TEXT_RELEASE,
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
    scopes=(ScopeField("operation", "operation", beside=True),),
    rules=(
        NotBefore("date", "date_to", since=4),
        _needs(ShortField("type")),
        _needs(ShortField("date")),
        _needs(ShortField("office")),
        _needs(ShortField("country")),
        _needs(ShortField("direction")),
        _needs(ShortField("location_type"), when=(_INTERNAL,)),
        _needs(ShortField("offence_type"), when=(_OFFENCE,)),
        _needs(_PRODUCT, when=(_SEIZED,)),
        _needs(_QUANTITY, _VALUE, _UNCOUNTED, when=(_SEIZED,)),
        _needs(_DETECTION, ShortField("found_with"), when=(_SEIZED,)),
        _needs(_CONCEALMENT, ShortField("method", "concealment"), when=(_SEIZED,)),
        _needs(_FROM, when=(_SEIZED, _ACROSS)),
        _needs(_TO, when=(_SEIZED, _ACROSS)),
        _needs(_MODE, when=(_SEIZED, _ACROSS)),
        _needs(_KIND, ShortField("mode", "means"), ShortField("mode", "leg"), when=(_CONTROL,)),
        _needs(_BASIS, ShortField("selection_reason"), ShortField("detection_method"), when=(_CONTROL,)),
        _needs(_SEARCH, ShortField("found_with"), ShortField("detection_method"), when=(_CONTROL,)),
    ),
    short_form=(
        ShortField("type", since=4, asked_only=4),
        ShortField("date", asked_only=4),
        ShortField("office", asked_only=4),
        ShortField("country", since=4, asked_only=4),
        ShortField("direction", asked_only=4),
        ShortField("location_type", when=(_INTERNAL,), since=4, asked_only=4),
        ShortField("offence_type", when=(_OFFENCE,), since=4, asked_only=4),
        _PRODUCT,
        _QUANTITY,
        _UNIT,
        _OURS,
        _EACH,
        _EACH_UNIT,
        _VALUE,
        _CURRENCY,
        _UNCOUNTED,
        _DETECTION,
        _BASIS,
        _SEARCH,
        _CONCEALMENT,
        _FROM,
        _TO,
        _MODE,
        _KIND,
        ShortField("paper_number", when=(_ON_PAPER,), since=4, asked_only=4),
    ),
)  # fmt: skip
