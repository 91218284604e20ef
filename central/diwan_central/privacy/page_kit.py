"""What the pages of retention say in words, and the file and the person they work with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.retention import UPDATED
from diwan_core.trust.people.second_person import Actor
from diwan_core.web.accounts.device import browser_token
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import N_, _
from flask import current_app

from diwan_central.privacy.store import PrivacyStore, PrivacyUnusable

SHOWN: Final = 50
"""Records of one page."""
STOP_WORDS: Final = {
    "held": N_("held back"),
    "needed": N_("another record that stays names it"),
    "contested": N_("two versions of its date: settle them first"),
}
OUTCOME_WORDS: Final = {
    "": N_("waits"),
    "erased": N_("erased"),
    "changed": N_("kept: it was changed after it was listed"),
    "held": N_("kept: held back"),
    "needed": N_("kept: another record needs it"),
    "contested": N_("kept: two versions of its date"),
    "kept": N_("kept: no longer due"),
    "gone": N_("not here any more"),
}
STATE_WORDS: Final = {
    "proposed": N_("waits for a second person"),
    "approved": N_("approved, being carried out"),
    "refused": N_("refused"),
    "withdrawn": N_("withdrawn"),
    "done": N_("done"),
}
BY_WORDS: Final = {
    "record": N_("the day in the record itself"),
    "rule": N_("rule of the country"),
    "default": N_("default"),
}
ERASES_WORDS: Final = {"both": N_("everything"), "nominal": N_("what names people, with pictures and documents")}


def after_words(type: str, after: str) -> str:
    """The date that a rule counts from, as people call it."""
    if after == UPDATED or after not in DICTIONARY.type(type).fields:
        return _("the last change")
    return _(DICTIONARY.type(type).fields[after].label)


def this_actor() -> Actor:
    return console().accounts.actor(signed_in_person().name, address=client_address(), device=browser_token())


@contextmanager
def opened_here() -> Iterator[PrivacyStore]:
    """The centre's file of retention; where it cannot be used, a page that says so."""
    try:
        with PrivacyStore.open(console().folder) as store:
            yield store
    except PrivacyUnusable as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The file of retention cannot be read. Tell your technician.")) from error


WORDS: Final[dict[str, Any]] = {
    "one_of": one_of, "after_words": after_words, "stops": STOP_WORDS, "outcomes": OUTCOME_WORDS,
    "states": STATE_WORDS, "by_words": BY_WORDS, "erases_words": ERASES_WORDS,
}  # fmt: skip
"""What the templates of this room say in words."""
