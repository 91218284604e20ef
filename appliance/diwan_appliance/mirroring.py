"""Writes the mirror stick of a post, again and again.

A stick that is missing, full, worn out or pulled out stops nothing else, and is a finding until it is well again."""

from __future__ import annotations

import logging
from typing import Final

from diwan_core.exchange.carriers.folder import NoStick
from diwan_core.exchange.post.post_stick import Mirror
from diwan_core.health.findings import Findings

MISSING: Final = "mirror_missing"
FAILED: Final = "mirror_failed"

log = logging.getLogger("diwan.agent")


def write_mirror(mirror: Mirror, findings: Findings) -> None:
    """Write what is new onto the stick, and note what is wrong with it."""
    try:
        written = mirror.turn()
    except NoStick as error:
        if FAILED not in findings.codes():
            log.warning("the mirror was not written: %s", error)
        findings.clear(MISSING)
        findings.note(FAILED, reason=str(error))
        return
    if mirror.missing:
        findings.clear(FAILED)
        findings.note(MISSING, place=str(mirror.mount))
        return
    findings.clear(MISSING)
    if written:
        findings.clear(FAILED)
