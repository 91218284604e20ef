"""What keeps an export, an import or a form from being begun: a disk that is nearly full, or others still running."""

from __future__ import annotations

from typing import Final

from diwan_core.intake.run import jobs
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _

MOST: Final = 500_000
"""Records of which one file is made."""


def refuse_full_disk(size: int = 0) -> None:
    """Where the disk has no room for so many bytes. Raises Refusal."""
    if not jobs.has_room(console().folder, size):
        text = _("The disk of this machine is nearly full; the rest is kept for reports. Call your technician.")
        raise Refusal(507, text)


def refuse_one_more(person: str) -> None:
    """Where as many jobs of a person are at work as may be. Raises Refusal."""
    if jobs.at_work(console().folder, person) >= jobs.AT_ONCE:
        raise Refusal(429, _("Two of your exports or imports are still running. Wait until one has ended."))
