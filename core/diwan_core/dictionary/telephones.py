"""Telephone numbers of a country: recognised however they are written, shown as the country writes them, and looked up
by their digits.

Sources: ITU-T E.123 (spaces between groups, + before the code of a country) and E.164 (at most 15 digits)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from .folding import fold
from .national import PLACE

_LEAST: Final = 5
_MOST: Final = 15
_ZERO_IN_BRACKETS: Final = re.compile(r"\(\s*0\s*\)")
_WRITTEN: Final = re.compile(r"[+0-9][0-9 ()./\-]*").fullmatch


class Plan(NamedTuple):
    """How a country numbers: its code ("962"), what is dialled before a number within it ("0"), and the forms in which
    numbers are written, with # for a digit."""

    code: str = ""
    prefix: str = ""
    forms: tuple[str, ...] = ()


def plan_of(settings: Mapping[str, str]) -> Plan:
    """The plan that the national settings describe."""
    forms = tuple(form for form in settings.get("phone_forms", "").split("|") if form)
    return Plan(settings.get("phone_code", ""), settings.get("phone_prefix", ""), forms)


def national_number(text: str, plan: Plan) -> str:
    """The digits of a number of the country without code and prefix: "+962 (0)79 012 3456", "00962 79…" and "079 012
    3456" are all 790123456. "" where it is of another country, or no whole number."""
    written = fold(text).strip()
    if not plan.code or _WRITTEN(written) is None:
        return ""
    international = written.startswith(("+", "00"))
    digits = re.sub("[^0-9]", "", _ZERO_IN_BRACKETS.sub("", written))
    if international:
        digits = digits.removeprefix("00") if not written.startswith("+") else digits
        if not digits.startswith(plan.code):
            return ""
        digits = digits.removeprefix(plan.code)
        if plan.prefix and digits.startswith(plan.prefix) and not _form_of(digits, plan):
            digits = digits.removeprefix(plan.prefix)  # +962 079…
    elif plan.prefix and digits.startswith(plan.prefix):
        digits = digits.removeprefix(plan.prefix)
    elif not _form_of(digits, plan):
        return ""  # neither code nor prefix, and no form of the country: it may be anything
    return digits if _LEAST <= len(digits) <= _MOST else ""


def show_telephone(text: str, plan: Plan) -> str:
    """A number of the country with its code and in its groups, "+962 79 012 3456"; every other one as it was typed."""
    digits = national_number(text, plan)
    form = _form_of(digits, plan) if digits else ""
    if not form:
        return text
    left = iter(digits)
    return f"+{plan.code} " + "".join(letter if letter in " -" else next(left) for letter in form)


def _form_of(digits: str, plan: Plan) -> str:
    """The first form that a number has; "" where none fits."""
    for form in plan.forms:
        places = form.replace(" ", "").replace("-", "")
        fits = len(places) == len(digits) and all(
            place in (PLACE, digit) for place, digit in zip(places, digits, strict=True)
        )
        if fits:
            return form
    return ""


def example_of(plan: Plan) -> str:
    """A number as it may be typed in the country: its first form with digits in place of the signs."""
    if not plan.forms:
        return ""
    digits = iter("123456789012345")
    return plan.prefix + "".join(next(digits) if letter == PLACE else letter for letter in plan.forms[0])
