"""The state of a post's mirror stick in one line: when it was written last, how full it is, or what is wrong
with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Final

from diwan_core.health.findings import findings_of
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.finding_words import say_finding
from diwan_core.web.language.formats import moment as written
from diwan_core.web.language.i18n import _
from diwan_core.web.language.i18n import said as worded

TROUBLES: Final = ("mirror_failed", "mirror_missing")
NEARLY_FULL: Final = 90


@dataclass(frozen=True)
class MirrorStick:
    """The state of the mirror stick, as the first page shows it."""

    text: str
    pressing: bool


def mirror_stick() -> MirrorStick | None:
    """The line; None at a centre and at a post that has no mirror stick."""
    node = console().node
    if node.role != "post" or not node.mirror:
        return None
    for finding in findings_of(console().folder):
        if finding.code in TROUBLES:
            return MirrorStick(worded(say_finding(finding)[0]), True)
    moment = register().mirrored_ms()
    if moment is None:
        return MirrorStick(_("Mirror stick: nothing was written onto it yet."), False)
    try:
        usage = shutil.disk_usage(node.mirror)
    except OSError:  # the agent notes within seconds what is wrong with it
        return MirrorStick(_("Mirror stick: last written {when}.", when=written(moment)), False)
    full = round(100 * (usage.total - usage.free) / max(usage.total, 1))
    text = _("Mirror stick: last written {when}, {full} % full.", when=written(moment), full=full)
    return MirrorStick(text, full >= NEARLY_FULL)
