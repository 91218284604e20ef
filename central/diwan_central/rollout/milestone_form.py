"""Reads the form of a milestone, and refuses impossible values with a remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.reading import Value, read_number

from diwan_central.assets.model import shown
from diwan_central.rollout.answers import BadAnswer, read_day, read_name
from diwan_central.rollout.milestones import PHASES, STATES
from diwan_central.rollout.sites import Site

_MONEY: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_NUMBERS: Final = re.compile(r"[0-9]{1,15}( [0-9]{1,15})*", re.ASCII)
_NOTE: Final = 500
WORDS: Final[Mapping[str, str]] = {
    "where": N_("For"),
    "level": N_("For"),
    "place": N_("For"),
    "phase": N_("Phase"),
    "title": N_("What is to be reached"),
    "owner": N_("Who answers for it"),
    "starts": N_("Begins on"),
    "due": N_("Done by"),
    "state": N_("State"),
    "done_on": N_("Done on"),
    "cost": N_("Planned cost"),
    "spent": N_("Spent"),
    "note": N_("Note"),
    "needs": N_("Needs before"),
}


def read_milestone(
    typed: Mapping[str, str], sites: Collection[Site], today: date
) -> tuple[dict[str, str], dict[str, Sentence]]:
    """The values as they are kept, and by field what is wrong. `where` is "country", "region:NAME" or "site:ID"."""
    values: dict[str, str] = {}
    wrong: dict[str, Sentence] = {}
    for field, text in typed.items():
        try:
            values |= _where(text, sites) if field == "where" else {field: _read(field, text)}
        except BadAnswer as error:
            wrong[field] = error.reason
    if not wrong:
        wrong |= _impossible(values, today)
    if values.get("state") == "done" and not values.get("done_on"):
        values["done_on"] = today.isoformat()
    if values.get("state") in ("planned", "under_way"):
        values["done_on"] = ""
    return values, wrong


def read_money(text: str) -> str:
    """An amount with at most two decimals. Raises BadAnswer."""
    text = shown(text, 60)
    found = read_number(text) if text else None
    amount = str(found.value) if isinstance(found, Value) else text
    if amount and not _MONEY.fullmatch(amount):
        raise BadAnswer(
            sentence(
                N_("{text} is not an amount: write digits and a point, such as 4850.50, without a currency."), text=text
            )
        )
    return f"{Decimal(amount).normalize():f}" if amount else ""


def _read(field: str, text: str) -> str:
    match field:
        case "starts" | "due" | "done_on":
            return read_day(text)
        case "cost" | "spent":
            return read_money(text)
        case "phase" | "state":
            known = PHASES if field == "phase" else STATES
            if text not in known:
                raise BadAnswer(sentence(N_("Choose one from the list.")))
            return text
        case "needs":
            if text and not _NUMBERS.fullmatch(text):
                raise BadAnswer(sentence(N_("Choose from the list.")))
            return " ".join(map(str, sorted(set(map(int, text.split())))))
        case "note":
            return shown(text, _NOTE)
    return read_name(text) if text.strip() else ""


def _where(text: str, sites: Collection[Site]) -> dict[str, str]:
    """Level and place of a choice. Raises BadAnswer."""
    level, _colon, place = text.partition(":")
    if level == "country" and not place:
        return {"level": "country", "place": ""}
    if level == "region" and any(site.region == place for site in sites):
        return {"level": "region", "place": place}
    if level == "site" and any(str(site.id) == place for site in sites):
        return {"level": "site", "place": place}
    raise BadAnswer(sentence(N_("Choose one from the list.")))


def _impossible(values: Mapping[str, str], today: date) -> dict[str, Sentence]:
    wrong: dict[str, Sentence] = {}
    starts, due, done_on = (values.get(field, "") for field in ("starts", "due", "done_on"))
    if starts and due and due < starts:
        wrong["due"] = sentence(N_("It would end on {due}, before it begins on {starts}."), due=due, starts=starts)
    if not due:
        wrong["due"] = sentence(N_("Enter the day by which it is to be done."))
    if values.get("state") == "done" and done_on > today.isoformat():
        wrong["done_on"] = sentence(N_("{day} is in the future. Write the day on which it was done."), day=done_on)
    return wrong
