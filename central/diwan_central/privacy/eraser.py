"""Carries out approved runs in the centre's ingest, a portion at a time, and goes on after a power cut."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from diwan_core.node import NodeError
from diwan_core.register import Register, RegisterError
from diwan_core.trust import NodeKeys, TrustError

from diwan_central.privacy.runs import approved_run, carry_out
from diwan_central.privacy.store import FILE, PrivacyStore

log = logging.getLogger("diwan.retention")


class Eraser:
    """One run after the other; between two portions the ingest does its other work."""

    AGAIN_S: Final = 10.0
    """Seconds until it looks again where nothing is to be done, or something failed."""

    def __init__(self, register: Register, keys: NodeKeys, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._keys = keys
        self._now = monotonic
        self._at = -1e9

    def turn(self) -> bool:
        """Carry out one portion, if it is time to and a run is approved; whether a portion was."""
        if self._now() - self._at <= self.AGAIN_S or not (self._register.folder / FILE).exists():
            return False
        try:
            with PrivacyStore.open(self._register.folder) as store:
                run = approved_run(store)
                if run is None:
                    self._at = self._now()
                    return False
                carry_out(self._register, store, self._keys, run)
        except (NodeError, RegisterError, TrustError) as error:
            self._at = self._now()
            log.warning("an approved run of erasure was not carried on: %s", error)
            return False
        return True
