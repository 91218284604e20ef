"""Libraries that reach for the world by themselves, led to the simulation's: sealing, and the dates of migrations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from diwan_core import world
from diwan_core.trust.network import seal
from sqlite_utils import migrations

from tests.simulation.seeded import SeededWorld
from tests.simulation.seeded_sealing import seal as seeded_seal


@contextmanager
def led(seeded: SeededWorld) -> Iterator[None]:
    """As long as this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "_SUITE", _Suite(seeded))
        patch.setattr(migrations, "datetime", _CALENDAR)  # the library dates each migration
        yield


class _Moment(dt.datetime):
    """A moment whose `now` is the simulation's."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return world.now()


_CALENDAR: Final = SimpleNamespace(datetime=_Moment, timezone=dt.timezone)
"""In place of the module `datetime` where a library writes down when it did something."""


@cache
def _of_nothing(public: bytes) -> bytes:
    """Nothing sealed to a key, by which the ledger judges the key each time it reads an entry: the answer depends on
    the key alone. One that cannot be sealed to raises ValueError each time."""
    return seeded_seal(public, b"", b"", bytes(31) + b"\1")


class _Suite:
    """Seals from the seed; opens as the product does."""

    def __init__(self, seeded: SeededWorld) -> None:
        self._seeded, self._real = seeded, seal._SUITE

    def encrypt(self, plaintext: bytes, public: X25519PublicKey, info: bytes) -> bytes:
        ephemeral = self._seeded.random_bytes(32)
        if not (plaintext or info):
            return _of_nothing(public.public_bytes_raw())
        return seeded_seal(public.public_bytes_raw(), plaintext, info, ephemeral)

    def decrypt(self, sealed: bytes, private: X25519PrivateKey, info: bytes) -> bytes:
        return self._real.decrypt(sealed, private, info)
