"""National settings: what a country chooses once, at the centre, and every node obeys.

Every setting is declared here with its default, its choices or its form, and its words; a value is a text. Units,
prices and how far records travel are declared elsewhere, since they are tables. Nothing of a record changes with a
setting: only how it is shown, asked for and looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from .problem import N_

PLACE: Final = "#"
"""Stands for one digit in a form of telephone numbers."""
ADDRESS_FIELDS: Final = ("text", "city", "postcode", "country")
"""The fields of an address that its national form puts in order."""


class Setting(NamedTuple):
    """One setting: its words, what it is where the centre has said nothing, and what it may be: one of `choices` (code
    and words), or what `pattern` describes in full."""

    label: str
    help: str
    default: str
    choices: Mapping[str, str] = {}
    pattern: str = ""
    lines: bool = False
    """Whether it has several lines."""
    picture: bool = False
    """Whether it names a picture, which stands beside it in its record; the value is its SHA-256."""


FOUR_EYES: Final = "four_eyes"
LETTERHEAD: Final = "letterhead"
LETTERHEAD_PICTURE: Final = "letterhead_picture"
PICTURE_MOST: Final = 14_000
"""Bytes. In base64 it stays below the longest text that a node takes in of a field that it does not know."""
SIGNATURES: Final = "signatures"
_PLAIN: Final = r"[^|<>\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
"""A sign of a line that is printed as it is: no markup, no control sign, nothing that turns the text around it."""
SETTINGS: Final[Mapping[str, Setting]] = {
    FOUR_EYES: Setting(
        N_("Validation by a second person"),
        N_("Whether a case must be validated by somebody else than the person who reported it."),
        "yes",
        {"yes": N_("Yes: nobody validates their own case"), "no": N_("No: a supervisor may validate their own case")},
    ),
    "date_format": Setting(
        N_("Dates"),
        N_("How every page and every paper writes a day. Days may be typed in any of these ways."),
        "words",
        {
            "words": N_("14 Nov 2026, with the month as a word"),
            "d/m/y": "14/11/2026",
            "d.m.y": "14.11.2026",
            "d-m-y": "14-11-2026",
            "iso": "2026-11-14",
        },
    ),
    "month_names": Setting(
        N_("Arabic names of the months"),
        N_("Used where Arabic is read and the month is written as a word."),
        "usual",
        {"usual": "نوفمبر", "levant": "تشرين الثاني", "maghreb": "نونبر"},
    ),
    "number_format": Setting(
        N_("Numbers"),
        N_("How every page and every paper writes a number."),
        "space.",
        {
            "space.": "12\u202f345.6",
            "space,": "12\u202f345,6",
            ",.": "12,345.6",
            ".,": "12.345,6",
            "'.": "12'345.6",
        },
    ),
    "phone_code": Setting(
        N_("Telephone code of the country"),
        N_("Such as 962, without + or zeros. Empty: telephone numbers are shown as they were typed."),
        "",
        pattern=r"(?:[1-9][0-9]{0,3})?",
    ),
    "phone_prefix": Setting(
        N_("Prefix of calls within the country"),
        N_("Usually 0. Empty: there is none."),
        "0",
        pattern=r"[0-9]{0,2}",
    ),
    "phone_forms": Setting(
        N_("How telephone numbers are written"),
        N_(
            "One form on each line, without code and prefix; # stands for a digit, such as 7# ### ####. Of several "
            "that fit, the first is used."
        ),
        "",
        pattern=r"(?:[0-9# -]{1,30}(?:\|[0-9# -]{1,30}){0,11})?",
        lines=True,
    ),
    "address_form": Setting(
        N_("How addresses are written"),
        N_(
            "The order of text, city, postcode and country, such as: text / postcode city / country. A / begins a new "
            "line."
        ),
        "text / postcode city / country",
        pattern=r"(?:text|city|postcode|country|/)(?: (?:text|city|postcode|country|/)){0,7}",
    ),
    LETTERHEAD: Setting(
        N_("Letterhead"),
        N_("What stands above every case on paper: up to five lines of 80 letters, such as the name of the service."),
        "",
        pattern=rf"(?:{_PLAIN}{{1,80}}(?:\|{_PLAIN}{{1,80}}){{0,4}})?",
        lines=True,
    ),
    LETTERHEAD_PICTURE: Setting(
        N_("Picture of the letterhead"),
        N_("The arms of the country or the sign of the service, above the letterhead on paper."),
        "",
        pattern=r"(?:[0-9a-f]{64})?",
        picture=True,
    ),
    SIGNATURES: Setting(
        N_("Lines to sign"),
        N_("Who signs a case on paper: one on each line, up to four, such as Head of the post. Empty: no such lines."),
        "",
        pattern=rf"(?:{_PLAIN}{{1,40}}(?:\|{_PLAIN}{{1,40}}){{0,3}})?",
        lines=True,
    ),
}


class NoSetting(ValueError):
    """There is no such setting, or it cannot have this value; the text says what to do and is a template of `N_`."""


def read_setting(name: str, value: str) -> str:
    """A value as it is kept: single spaces, | between lines. Raises NoSetting."""
    setting = SETTINGS.get(name)
    if setting is None:
        raise NoSetting(N_("There is no such setting."))
    lines = [" ".join(line.split()) for line in value.replace("\r", "\n").replace("|", "\n").split("\n")]
    text = "|".join(line for line in lines if line)
    if setting.choices:
        if text not in setting.choices:
            raise NoSetting(N_("Choose one of the list."))
    elif re.fullmatch(setting.pattern, text) is None or (name == "address_form" and not _is_address(text)):
        raise NoSetting(N_("This does not have the expected form."))
    return text


def read_choice(name: str, said: str | None) -> str:
    """What holds of a setting where the centre said this, or nothing."""
    return with_defaults({} if said is None else {name: said})[name]


def _is_address(form: str) -> bool:
    """Whether a form of addresses holds the address itself, and no field twice."""
    fields = [word for word in form.split() if word != "/"]
    return "text" in fields and len(fields) == len(set(fields))


def with_defaults(said: Mapping[str, str]) -> dict[str, str]:
    """Every setting: what the centre said where this release can obey it, else the default."""
    found = {name: setting.default for name, setting in SETTINGS.items()}
    for name, value in said.items():
        try:
            found[name] = read_setting(name, value)
        except NoSetting:
            continue  # said by a centre with a newer release
    return found


def address_lines(form: str, values: Mapping[str, str]) -> list[str]:
    """An address as the country writes it: the lines of its form with the values that are there; what the form leaves
    out follows."""
    lines = [[field for field in line.split() if field in ADDRESS_FIELDS] for line in form.split("/")]
    named = {field for line in lines for field in line}
    lines += [[field] for field in ADDRESS_FIELDS if field not in named]
    written = (" ".join(values[field] for field in line if values.get(field)) for line in lines)
    return [line for line in written if line]


def address_order(form: str) -> list[str]:
    """The fields of an address in the order of the country's form."""
    named = [word for word in form.split() if word in ADDRESS_FIELDS]
    return [*named, *(field for field in ADDRESS_FIELDS if field not in named)]
