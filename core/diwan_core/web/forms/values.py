"""Converts between the text of a control and the value in a document, one field at a time, in both directions.

What a text means is read by `diwan_core.reading`, as in imports and commands. What cannot be understood, or can be
understood in two ways, passes on as typed: the dictionary's validator refuses it, and the form says what reading found
(`why_not`).
"""

from datetime import UTC, datetime, timezone
from typing import Final

from diwan_core import reading
from diwan_core.dictionary import DICTIONARY, Field, Sentence
from diwan_core.reading import Companion, Outcome, Value
from diwan_core.reading.codes import DROP_DOWN as DROP_DOWN

#: A field's value as a document holds it; a mapping where the field is repeated.
Scalar = str | bool | int

#: Lists up to DROP_DOWN are a drop-down; up to this, a text box that suggests; longer ones have a look-up page.
SUGGESTED: Final = 400


def outcome_of(
    field: Field, typed: str, language: str = "en", here: timezone | None = None, *, partial: bool = True
) -> Outcome | None:
    """The meaning of the text of one control; None when nothing was typed. `partial`: whether a date may be less
    exact than a day."""
    text = typed.replace("\r\n", "\n").strip()
    if not text:
        return None
    this_year = datetime.now(UTC).year
    zone = local_zone(here)
    return reading.read_field(field, text, language=language, zone=zone, this_year=this_year, partial=partial)


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
    return None if found is None or isinstance(found, Value) else found.reason


def typed(field: Field, value: object, language: str = "en", here: timezone | None = None) -> str:
    """The text of a control for a value: the inverse of `read`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if field.kind == "code" and field.codelist:
        return code_text(field.codelist, text, language)
    if field.kind == "datetime":
        try:
            return datetime.fromisoformat(text).astimezone(here).strftime("%Y-%m-%dT%H:%M")
        except ValueError:
            return text
    return text


def code_text(list_name: str, code: str, language: str) -> str:
    """How a code stands in its control: bare in a drop-down, "Jordan (JO)" in a text box."""
    codes = DICTIONARY.codes(list_name)
    if not codes.has(code) or len(codes) <= DROP_DOWN:
        return code
    label = codes.label(code, language)
    return f"{label} ({code})" if label and label != code else code
