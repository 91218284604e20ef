"""The texts of the asset register (states, outcomes, notices) in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _

from diwan_central.assets.notices import SENTENCES, Notice

STATES: Final[Mapping[str, str]] = {
    "in_use": N_("in use"),
    "spare": N_("spare"),
    "repair": N_("in repair"),
    "gone": N_("gone: sold, lost or destroyed"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "pass": N_("passed"),
    "waived": N_("passed, with waivers"),
    "warn": N_("accepted with warnings"),
    "fail": N_("failed"),
}
FIELDS: Final[Mapping[str, str]] = {
    "tag": N_("Number on the label"),
    "serial": N_("Serial number"),
    "profile": N_("Bought as"),
    "place": N_("Where it is"),
    "state": N_("State"),
    "warranty_until": N_("Warranty until"),
    "note": N_("Note"),
    "disk": N_("Disk"),
    "disk_serial": N_("Serial number of the disk"),
}


def notice_words(notice: Notice) -> str:
    """A notice as a sentence."""
    return _(SENTENCES[notice.code], **{name: _told(name, value) for name, value in notice.parameters.items()})


def _told(name: str, value: str) -> str:
    if name.endswith("_outcome"):
        return _(OUTCOMES[value])
    return show_day(value) if name.endswith("day") or name == "until" else value


def value_words(field: str, value: str) -> str:
    """A value as the page shows it."""
    if field == "warranty_until":
        return show_day(value)
    return _(STATES[value]) if field == "state" and value in STATES else value
