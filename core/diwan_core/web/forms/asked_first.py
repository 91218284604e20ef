"""What is asked before a new report is sent: the values that look wrong are shown, and one press says that they are
right. It refuses nothing.

Beside what any form doubts (`plausibility`) it asks about a day long past, which is only a doubt on the day on which it
is written."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run.known_codes import known_codes
from diwan_core.reading.fields import companions
from diwan_core.web.forms.plausibility import Doubt, Offer, doubts_of
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _, language

LONG_PAST: Final = N_("The date is long past: {date}.")
NO_OFFICE: Final = N_("No list has the customs office {value}.")
OTHER_COUNTRY: Final = N_("The country is not that of this post: {country}.")
WITH_GOODS: Final = N_("It is a control without result, and goods are named.")
_LONG: Final = timedelta(days=183)
_NEAREST: Final = 3
_OFFICE, _COUNTRY, _PLACES = "office", "country", "locode"
_SUMMARY: Final = ("type", "date", "country", _OFFICE)


def asked_first(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    """Everything about a new report that a person is to confirm; [] for most."""
    if not kind_of(kind).report:
        return []
    found = doubts_of(kind, document)
    day = kind_of(kind).day
    if day and not any(doubt.path == day for doubt in found):
        found += _of_the_past(kind, document, day, today())
    found += _of_the_office(document)
    found += _of_kind_and_country(kind, document)
    return found


def mark_of(asked: Sequence[Doubt]) -> str:
    """The mark of what was asked: a confirmation counts for exactly this."""
    return hashlib.sha256("\0".join(doubt.text for doubt in asked).encode()).hexdigest()[:16] if asked else ""


def told_of(kind: str, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the report says in short, to be looked at once more: (label, value)."""
    fields = DICTIONARY.type(kind).fields
    told = []
    for name in _SUMMARY:
        field, value = fields.get(name), document.get(name)
        if field is not None and isinstance(value, str):
            label = DICTIONARY.codes(field.codelist).label(value, language()) if field.codelist else value
            told.append((_(field.label), _as_known(kind, document, name) if field.kind == "date" else label))
    return told


def _as_known(kind: str, document: Mapping[str, Any], name: str) -> str:
    """A day in words, with no more than what is known of it."""
    fields = DICTIONARY.type(kind).fields
    beside = companions(fields, fields[name])
    precision, last = (document.get(beside[what]) if what in beside else None for what in ("precision", "to"))
    shown = show_day(str(document[name])[: {"month": 7, "year": 4}.get(str(precision), 10)])
    return f"{shown} – {show_day(last)}" if precision == "range" and isinstance(last, str) else shown


def _of_the_past(kind: str, document: Mapping[str, Any], name: str, today: date | None) -> list[Doubt]:
    try:
        day = date.fromisoformat(str(document.get(name) or ""))
    except ValueError:
        return []
    if today is None or day >= today - _LONG:
        return []
    return [Doubt(name, _(LONG_PAST, date=_as_known(kind, document, name)))]


def _of_the_office(document: Mapping[str, Any]) -> list[Doubt]:
    office = document.get(_OFFICE)
    places = DICTIONARY.codes(_PLACES)
    if not isinstance(office, str) or places.has(office) or office == console().node.office:
        return []
    national = known_codes(register()).offices | register().offices_of_nodes()
    if office in national:
        return []
    offers = [Offer(code, places.label(code, language())) for code in _nearest(office, national)]
    return [replace(Doubt(_OFFICE, _(NO_OFFICE, value=office[:40])), offers=tuple(offers))]


def _nearest(office: str, national: frozenset[str]) -> list[str]:
    """The offices that look most like what was typed: the country's own, then places of its country."""
    own = {console().node.office} - {""} | national
    found = get_close_matches(office, sorted(own), _NEAREST, 0.6)
    places = DICTIONARY.codes(_PLACES)
    beside = [code for code in places.search(office[:2], 2000) if code[:2] == office[:2]]
    found += get_close_matches(office, beside, _NEAREST, 0.6)
    return list(dict.fromkeys([*found, *places.search(office, _NEAREST)]))[:_NEAREST]


def _of_kind_and_country(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    found, here = [], console().node.office[:2]
    country = document.get(_COUNTRY)
    if console().at_post and isinstance(country, str) and here.isalpha() and country != here:
        label = DICTIONARY.codes("country").label(country, language())
        found.append(Doubt(_COUNTRY, _(OTHER_COUNTRY, country=label)))
    if document.get("type") == "control" and document.get("goods"):
        found.append(Doubt("type", _(WITH_GOODS)))
    return found
