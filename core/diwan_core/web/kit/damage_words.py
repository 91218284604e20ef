"""The messages of pages when the register of this machine, or another of its files, cannot be used.

A page that could be made all the same shows it as a notice; a page that could not be made is replaced by it.
"""

import logging
import time
from typing import Final

from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import DamageKind, is_marked
from diwan_core.web.kit.console import console
from diwan_core.web.language.i18n import _

REMEMBERED_S: Final = 300.0
"""How long a notice stands after the last error of a disk that may be well again."""

log = logging.getLogger("diwan.web")


def remember(kind: DamageKind) -> None:
    """Every page says so from now on."""
    console().damage = (kind, time.monotonic())


def present() -> DamageKind | None:
    """The damage that every page reports now."""
    held = console()
    if is_marked(held.folder):
        return "damaged"
    if unsynced.is_marked(held.folder):
        return "unsynced"
    kind, since = held.damage
    return kind if kind is not None and time.monotonic() - since < REMEMBERED_S else None


def title(kind: DamageKind) -> str:
    """The damage in a few words."""
    return {
        "damaged": _("The register of this machine is damaged"),
        "io": _("The disk of this machine reports errors"),
        "unsynced": _("The disk of this machine did not confirm what was written"),
        "readonly": _("The disk of this machine cannot be written"),
        "missing": _("The register of this machine is missing"),
    }[kind]


def what_to_do(kind: DamageKind) -> str:
    """The remedy: what a person at the console does, and what the technician does."""
    kept = _("Nothing can be saved here until this is fixed. What has reached the centre is safe there.")
    told = {
        "damaged": _(
            "Call your technician, who stops this machine's programs and runs “diwan post salvage”: see “The register "
            "is damaged” in the handbook."
        ),
        "io": _(
            "Call your technician: the disk or card is worn out and has to be replaced. What can be read is saved with "
            "“diwan post salvage --onto”: see “The register is damaged” in the handbook."
        ),
        "unsynced": _(
            "Call your technician, who restarts this machine: nothing that was saved before is lost. If it happens "
            "again, the disk or card has to be replaced: see “The register is damaged” in the handbook."
        ),
        "readonly": _(
            "Call your technician: the disk was mounted read-only, often because of errors, or the files belong to "
            "another user."
        ),
        "missing": _(
            "Call your technician: the disk may not be mounted. If the file is lost, “diwan post salvage” makes a new "
            "one, and the centre fills it."
        ),
    }[kind]
    return f"{kept} {told}"
