"""Reads answers of the questionnaire in the same way from a page, a spreadsheet and a command."""

from __future__ import annotations

import re
from typing import Final

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.reading.dates import DateStyle, read_date
from diwan_core.reading.numbers import read_integer
from diwan_core.reading.outcome import Value
from diwan_core.reading.positions import read_position

from diwan_central.assets.model import shown
from diwan_central.rollout.questions import Question

_CODE: Final = re.compile(r"[A-Z0-9]{1,10}(-[A-Z0-9]{1,10}){0,3}", re.ASCII)
_YES: Final = {
    **dict.fromkeys(("1", "true", "y", "x", "نعم", "oui", "sí", "si", "sim", "да"), "yes"),
    **dict.fromkeys(("0", "false", "n", "لا", "non", "não", "нет"), "no"),
}


class BadAnswer(Exception):
    """An answer cannot be kept; the sentence says why and what to write."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


def read_answer(question: Question, text: str) -> str:
    """The answer as it is kept; "" where there is none. Raises BadAnswer."""
    text = shown(text, 500)
    if not text:
        return ""
    match question.kind:
        case "number":
            return _number(question, text)
        case "choice":
            return _choice(question, text)
        case "position":
            outcome = read_position(text)
            if isinstance(outcome, Value):
                return str(outcome.value)
            raise BadAnswer(outcome.reason)
    if len(text) > question.longest:
        raise BadAnswer(sentence(N_("At most {most} characters; these are {count}."), most=question.longest,
                                 count=len(text)))  # fmt: skip
    return text


def _number(question: Question, text: str) -> str:
    outcome = read_integer(text)
    if not isinstance(outcome, Value):
        raise BadAnswer(outcome.reason)
    if not question.least <= int(outcome.value) <= question.most:
        raise BadAnswer(
            sentence(
                N_("{text} is not possible here: write a whole number from {least} to {most}."),
                text=text[:40], least=question.least, most=question.most,
            )
        )  # fmt: skip
    return str(int(outcome.value))


def _choice(question: Question, text: str) -> str:
    folded = text.casefold()
    for code, label in question.choices.items():
        if folded in (code, label.casefold()):
            return code
    if set(question.choices) == {"yes", "no"} and folded in _YES:
        return _YES[folded]
    raise BadAnswer(
        sentence(
            N_("{text} is not one of the answers. Write one of: {codes}."),
            text=f'"{text[:40]}"', codes=", ".join(question.choices),
        )
    )  # fmt: skip


def read_code(text: str) -> str:
    """A site's number in the country, in capitals. Raises BadAnswer."""
    code = shown(text, 60).upper()
    if not _CODE.fullmatch(code):
        raise BadAnswer(
            sentence(
                N_("{text} is not a site number: write letters A to Z and digits, such as NR-04."),
                text=f'"{code}"',
            )
        )  # fmt: skip
    return code


def read_name(text: str, most: int = 80) -> str:
    """A name of a site, a region or a person. Raises BadAnswer."""
    name = shown(text, 500)
    if not name:
        raise BadAnswer(sentence(N_("Write a name.")))
    if len(name) > most:
        raise BadAnswer(sentence(N_("At most {most} characters; these are {count}."), most=most, count=len(name)))
    return name


def read_day(text: str) -> str:
    """A day as YYYY-MM-DD; "" where there is none. Raises BadAnswer."""
    text = shown(text, 60)
    if not text:
        return ""
    outcome = read_date(text, DateStyle(partial=False))
    if not isinstance(outcome, Value):
        raise BadAnswer(outcome.reason)
    if outcome.beside or not "2000" <= str(outcome.value) < "2100":
        raise BadAnswer(sentence(N_("{text} is not a date of this century. Write it as 2029-03-31."), text=text))
    return str(outcome.value)
