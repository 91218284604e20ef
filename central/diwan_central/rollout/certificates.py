"""Certificates of training: numbered, signed with the centre's key, checked by their number, and withdrawn where
wrong.

A number looks like T-00017-ABCD-EFGH-JKLM: a serial number and sixty bits of the signature (Ed25519 gives the same
signature for the same words every time), so that nobody can make one up. The whole signature is kept beside it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from diwan_core.trust import NodeKeys
from diwan_core.trust.network.keys import verify

from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import one_course, seats
from diwan_central.table_file import Row

_DOMAIN: Final = b"diwan/training-certificate/1"
_NUMBER: Final = re.compile(r"T-?([0-9]{5,9})-?([A-Z2-7]{4})-?([A-Z2-7]{4})-?([A-Z2-7]{4})", re.ASCII)


@dataclass(frozen=True)
class Certificate:
    """A certificate of training and its holder. `withdrawn_on` is "" while it holds."""

    serial: int
    number: str
    trainee: int
    course: int
    module: str
    name: str
    issued_on: str
    issued_by: str
    signature: str
    withdrawn_on: str

    @property
    def signed(self) -> bytes:
        """The words that are signed."""
        return _words(self.serial, self.module, self.name, self.issued_on)


def issue(store: RolloutStore, folder: Path, course: int, today: date, person: str) -> list[str]:
    """Give certificates to all of a course who may have one; their numbers. Raises NoCourse, TrustError,
    RolloutUnusable."""
    keys = NodeKeys.load(folder)
    numbers = []
    with store.writing():
        about = one_course(store, course)
        for seat in seats(store, course):
            if not seat.may_have(about.module):
                continue
            following = store.rows("select coalesce(max(serial), 0) + 1 from certificate")[0][0]
            day = today.isoformat()
            signature = keys.sign(_DOMAIN, _words(following, about.module, seat.name, day))
            number = _number(following, signature)
            store.write(
                "insert into certificate (serial, number, trainee, course, module, name, issued_on, issued_by, "
                "signature, withdrawn_on, withdrawn_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
                (following, number, seat.trainee, course, about.module, seat.name, day, person,
                 base64.b64encode(signature).decode()),
            )  # fmt: skip
            numbers.append(number)
    return numbers


def plain_number(text: str) -> str:
    """A number as it is kept, however somebody typed it; "" where it has not the form of one."""
    found = _NUMBER.fullmatch("".join(text.split()).upper())
    return f"T-{'-'.join(found.groups())}" if found else ""


def find(store: RolloutStore, number: str) -> Certificate | None:
    """The certificate of a number. Raises RolloutUnusable."""
    rows = store.rows("select * from certificate where number = ?", (plain_number(number),))
    return _of(rows[0]) if rows else None


def is_genuine(certificate: Certificate, public: bytes) -> bool:
    """Whether it is what the centre with this key signed; changed words or a made-up row are not."""
    try:
        signature = base64.b64decode(certificate.signature, validate=True)
    except ValueError:
        return False
    return verify(public, _DOMAIN, certificate.signed, signature) and certificate.number == _number(
        certificate.serial, signature
    )


def withdraw(store: RolloutStore, number: str, today: date, person: str) -> bool:
    """Withdraw a certificate; whether there was one that held. Raises RolloutUnusable."""
    with store.writing():
        known = find(store, number)
        if known is None or known.withdrawn_on:
            return False
        store.write(
            "update certificate set withdrawn_on = ?, withdrawn_by = ? where serial = ?",
            (today.isoformat(), person, known.serial),
        )
    return True


def _words(serial: int, module: str, name: str, day: str) -> bytes:
    return "\n".join((str(serial), module, name, day)).encode()


def _number(serial: int, signature: bytes) -> str:
    letters = base64.b32encode(signature).decode()[:12]
    return f"T-{serial:05d}-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _of(row: Row) -> Certificate:
    return Certificate(**{field: row[field] for field in Certificate.__dataclass_fields__})
