"""Converts between the text of a control and the value in a document, one field at a time, in both directions.

What a text means is read by `diwan_core.reading`, as in imports and commands. What cannot be understood, or can be
understood in two ways, passes on as typed: the dictionary's validator refuses it, and the form says what reading found
(`why_not`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timezone
from typing import Final

from diwan_core import reading
from diwan_core.dictionary import DICTIONARY, Field, Sentence, sentence
from diwan_core.dictionary.kinds import is_date
from diwan_core.reading import Ambiguous, Companion, Order, Outcome, Value
from diwan_core.reading.codes import DROP_DOWN as DROP_DOWN
from diwan_core.web.kit.console import ONE_POST, post_names
from diwan_core.web.language.formats import is_day_first, show_day
from diwan_core.web.language.i18n import N_, _, said

#: A field's value as a document holds it; a mapping where the field is repeated.
Scalar = str | bool | int

#: Lists up to DROP_DOWN are a drop-down; up to this, a text box that suggests; longer ones have a look-up page.
SUGGESTED: Final = 400
_TWO_DAYS: Final = N_("{value} can be {first} or {second}. Write the month as a word, or year-month-day.")

_NO_POST: Final = N_("There is no post “{value}” here, or there are several. Choose it from the list.")


def outcome_of(
    field: Field, typed: str, language: str = "en", here: timezone | None = None, *, partial: bool = True
) -> Outcome | None:
    """The meaning of the text of one control; None when nothing was typed. `partial`: whether a date may be less
    exact than a day."""
    text = typed.replace("\r\n", "\n").strip()
    if not text:
        return None
    if field.name == ONE_POST and (posts := post_names()):
        return _post(text, posts)
    this_year = datetime.now(UTC).year
    zone = local_zone(here)
    order: Order = "DMY" if is_day_first() else ""
    return reading.read_field(
        field, text, language=language, zone=zone, this_year=this_year, partial=partial, order=order
    )


def _post(text: str, posts: Mapping[str, str]) -> Outcome:
    """The post that is meant by its name or its id; an id that no post here has is left to the dictionary."""
    if text in posts or re.fullmatch("[a-z2-7]{13}", text):
        return Value(text)
    meant = [id for id, name in posts.items() if text.casefold() in (id, name.casefold())]
    return Value(meant[0]) if len(meant) == 1 else reading.Refused("unknown_code", sentence(_NO_POST, value=text[:60]))


def local_zone(here: timezone | None) -> reading.Zone:
    """The time zone that gives a local moment its offset: this one, or the machine's own."""
    return lambda moment: moment.replace(tzinfo=here) if here else moment.astimezone()


def read_code(list_name: str, text: str, language: str) -> str:
    """The code meant by "Jordan (JO)", "Jordan", "JO" or "jo"; the text itself when none or several are meant."""
    found = reading.read_code(list_name, text, language=language)
    return str(found.value) if isinstance(found, Value) else text


def read(
    field: Field, typed: str, language: str = "en", here: timezone | None = None, *, partial: bool = True
) -> Scalar | None:
    """The value of one control; None when nothing was typed."""
    found = outcome_of(field, typed, language, here, partial=partial)
    if found is None:
        return None
    return found.value if isinstance(found, Value) else typed.replace("\r\n", "\n").strip()


def beside(field: Field, typed: str) -> dict[Companion, str]:
    """The further facts of a typed date: its precision, its last possible day, a time."""
    found = outcome_of(field, typed) if field.kind == "date" else None
    return dict(found.beside) if isinstance(found, Value) else {}


def why_not(field: Field, typed: str, language: str, *, partial: bool = True) -> Sentence | None:
    """Why a text could not be understood, in words that end with what to do; None where it could, and for what the
    validator explains better: codes with what may have been meant."""
    if field.kind in ("code", "boolean") and not field.pattern:
        return None
    found = outcome_of(field, typed, language, partial=partial)
    if isinstance(found, Ambiguous) and field.kind in ("date", "datetime"):
        first, *others = days_meant(field, typed)
        return sentence(_TWO_DAYS, value=typed.strip(), first=first[1], second=others[-1][1])
    return None if found is None or isinstance(found, Value) else found.reason


def days_meant(field: Field, typed: str) -> list[tuple[str, str]]:
    """The days that a text may mean where it may mean several: each as a document holds it and as people write it."""
    found = outcome_of(field, typed) if field.kind in ("date", "datetime") else None
    return [(one.value, show_day(one.value)) for one in found.meanings] if isinstance(found, Ambiguous) else []


def day_typed(text: str) -> str:
    """The day that a text means, as year-month-day; as typed where it means none or several."""
    return reading.day_or_text(text, _order())


def no_day(typed: Mapping[str, str], name: str) -> dict[str, str]:
    """Why what was typed for a day means none or several, by the name of its field; nothing where it means one."""
    return {name: why_no_day(typed[name])} if typed[name] and not is_date(typed[name]) else {}


def why_no_day(text: str) -> str:
    """Why a text does not mean one day, in the reader's words."""
    found = _day(text)
    if not isinstance(found, Ambiguous):
        return _("This is not a date. Write it as 2029-03-31.")
    first, last = show_day(found.meanings[0].value), show_day(found.meanings[-1].value)
    return said(sentence(_TWO_DAYS, value=text.strip(), first=first, second=last))


def _day(text: str) -> Outcome:
    return reading.read_date(text.strip(), reading.DateStyle(_order(), partial=False))


def _order() -> Order:
    return "DMY" if is_day_first() else ""


def as_written(field: Field, typed: str) -> tuple[str, str]:
    """What was typed into a box for a day, a time or both, as the country writes it, and as a browser's calendar wants
    it; as typed and "" where that is no exact one."""
    found = outcome_of(field, typed)
    if not isinstance(found, Value) or found.beside:
        return typed, ""
    if field.kind != "datetime":
        text = str(found.value)
        return (show_day(text) if field.kind == "date" else text), text
    day, _t, time = (iso := _local(str(found.value))).partition("T")
    return f"{show_day(day)} {time}", iso


def typed(field: Field, value: object, language: str = "en", here: timezone | None = None) -> str:
    """The text of a control for a value: the inverse of `read`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if field.kind == "code" and field.codelist:
        return code_text(field.codelist, text, language)
    return _local(text, here) if field.kind == "datetime" else text


def _local(moment: str, here: timezone | None = None) -> str:
    """A moment of a document (UTC) by the clock of this place; what is none as it is."""
    try:
        return datetime.fromisoformat(moment).astimezone(here).strftime("%Y-%m-%dT%H:%M")
    except ValueError:
        return moment


def code_text(list_name: str, code: str, language: str) -> str:
    """How a code stands in its control: bare in a drop-down, "Jordan (JO)" in a text box."""
    codes = DICTIONARY.codes(list_name)
    if not codes.has(code) or len(codes) <= DROP_DOWN:
        return code
    label = codes.label(code, language)
    return f"{label} ({code})" if label and label != code else code
