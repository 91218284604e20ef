"""The texts of the roll-out (fields, reasons, values) in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from diwan_core.dictionary import N_
from diwan_core.web.language.i18n import _, _n

from diwan_central.rollout.questions import BY_KEY, Question
from diwan_central.rollout.readiness import Readiness, Reason

IDENTITY: Final[Mapping[str, str]] = {
    "code": N_("Number of the site"),
    "name": N_("Name"),
    "country": N_("Country, two letters"),
    "region": N_("Region"),
}
WHY: Final[Mapping[str, str]] = {
    "unanswered": N_("Not answered yet."),
    "weak": N_("It could be better."),
    "missing": N_("Missing."),
}


def field_words(field: str) -> str:
    """The name of a field."""
    return _(IDENTITY[field] if field in IDENTITY else BY_KEY[field].label if field in BY_KEY else field)


def value_words(field: str, value: str) -> str:
    """A value as the page shows it."""
    question = BY_KEY.get(field)
    if question is None or not value:
        return value
    if question.kind == "choice":
        return _(question.choices[value]) if value in question.choices else value
    return f"{value} {question.unit}".strip()


def bounds_words(question: Question) -> str:
    """The limits of an answer, for a hint; "" where they are plain."""
    if question.kind == "number":
        return _("A whole number from {least} to {most}.", least=question.least, most=question.most)
    return ""


def why_words(reason: Reason) -> str:
    """Why points are missing, and what to do."""
    remedy = "" if reason.why == "unanswered" else f" {_(reason.question.remedy)}"
    return f"{_(WHY[reason.why])}{remedy}"


def standing_words(found: Readiness) -> str:
    """The state of a site, in three words."""
    if found.is_ready:
        return _("ready")
    if found.stops:
        return _n("stopped by {count} thing", "stopped by {count} things", len(found.stops))
    return _("not ready yet")
