"""One-time enrolment codes: what a technician types at a post, and what the centre stores of it.

A code is 20 characters in groups of four, `ABCD-EFGH-JKLM-NPQR-STU2`. The first group names the code and is sent. The
rest is a secret of 75 bits that is never sent, and one check character that catches nearly every typing mistake before
it is sent. Both sides derive two keys from the secret: one authenticates the request, one the answer.

A code is made for one post: it gives its label and office, and where a post comes back after a revocation its id too.
Wrong tries are not counted against a code: 75 bits cannot be guessed on line, and whoever knows the first group could
otherwise take the code from its owner.
"""

import base64
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from diwan_core import world
from diwan_core.trust.errors import BadCode
from diwan_core.trust.names import check_id, check_label
from diwan_core.trust.people.accounts_db import Store

LENGTH = 20
VALID = timedelta(days=7)
KEPT = timedelta(days=90)
"""How long after its end a code's id is not given out again, and what it answered is kept."""

_COLUMNS = "id, key, label, created, expires, used_by, answer, office, node, made_by, enrolled"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_MISREAD = str.maketrans({"0": "o", "8": "b"})


@dataclass(frozen=True)
class CodeFor:
    """The post for which a code is made, and who made it."""

    label: str
    office: str = ""
    node: str = ""
    """The id of the post that is to come back; empty for a new post."""
    made_by: str = ""
    """The account, or whoever was at the command line. Who made a code may not confirm the node that used it."""


@dataclass(frozen=True)
class StoredCode:
    """The part of a code that the centre keeps: not the code, but the keys derived from it. Times are UTC
    milliseconds.

    Who reads these keys could enrol a node in the code's name while it lives; they lie beside the authority's own key.
    """

    id: str
    """First group, lower case."""
    key: bytes
    """64 bytes: 32 for the request, 32 for the answer."""
    label: str
    """The label that the node will have. Empty in a code of an earlier release, which bound nothing."""
    created: int
    expires: int
    used_by: bytes = b""
    """SHA-256 of the request it was used for; empty while unused."""
    answer: bytes = b""
    """The answer given, so that the same request gets the same answer when the first was lost on the way. Empty while
    the enrolment is under way."""
    office: str = ""
    node: str = ""
    """The only node id that may use it; empty where any new one may."""
    made_by: str = ""
    enrolled: str = ""
    """The id of the node that used it."""


class CodeStore(Protocol):
    """The interface of the store for the centre's codes. Each call is atomic and durable when it returns."""

    def add(self, code: StoredCode) -> None: ...

    def get(self, code_id: str) -> StoredCode | None: ...

    def reserve(self, code_id: str, used_by: bytes, node: str) -> bool:
        """Whether the code was unused until now, or is used by this very request."""
        ...

    def keep_answer(self, code_id: str, used_by: bytes, answer: bytes) -> None:
        """The request that reserved a code has been answered."""
        ...


def mint_code(
    now: datetime,
    meant: CodeFor,
    *,
    taken: Container[str] = (),
    valid: timedelta = VALID,
    random: Callable[[int], bytes] = world.random_bytes,
) -> tuple[str, StoredCode]:
    """A new code as it is shown, and what to store of it. `taken` holds the ids that are in use. Raises BadName."""
    check_label(meant.label)
    if meant.office:
        check_label(meant.office, "office")
    if meant.node:
        check_id(meant.node)
    while True:
        text = base64.b32encode(random(15)).decode("ascii").lower()[: LENGTH - 1]
        if text[:4] not in taken:
            break
    created = int(now.timestamp() * 1000)
    expires = int((now + valid).timestamp() * 1000)
    stored = StoredCode(
        text[:4], _derive(text), meant.label, created, expires, office=meant.office, node=meant.node,
        made_by=meant.made_by,
    )  # fmt: skip
    return show_code(text + _check_character(text)), stored


def read_code(typed: str) -> tuple[str, bytes]:
    """Code id and keys of a code as a person typed it: any case, with or without hyphens. Raises BadCode."""
    text = "".join(character for character in typed.lower() if character not in "- \t\u2010\u2011\u2013").translate(
        _MISREAD
    )
    if len(text) != LENGTH:
        raise BadCode(f"The code must have {LENGTH} letters and digits; this has {len(text)}. Type it again.")
    if strange := sorted(set(text) - set(_ALPHABET)):
        raise BadCode(f"A code has only A-Z and 2-7, no {strange[0]!r}. Compare it with the one you were given.")
    if _check_character(text[:-1]) != text[-1]:
        raise BadCode("There is a typing mistake in the code. Compare it group by group with the one you were given.")
    return text[:4], _derive(text[:-1])


def show_code(text: str) -> str:
    """Upper case, in groups of four."""
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4)).upper()


class Codes:
    """The centre's codes in `DIR/accounts.db`: a CodeStore."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, code: StoredCode) -> None:
        dead = code.created - int(KEPT.total_seconds() * 1000)
        with self._store.writing():
            # Dead codes go after a long while; until then their ids are not given out again and errors can name them.
            # Of a used one there stays who made it: he may not confirm the node, however long that takes.
            self._store.write("delete from enrolment_code where expires < ? and used_by = x''", (dead,))
            self._store.write(
                "update enrolment_code set key = zeroblob(64), answer = x'' where expires < ? and key <> zeroblob(64)",
                (dead,),
            )
            self._store.write(
                f"insert into enrolment_code ({_COLUMNS}) values ({', '.join('?' * len(_COLUMNS.split(',')))})",
                (
                    code.id, code.key, code.label, code.created, code.expires, code.used_by, code.answer, code.office,
                    code.node, code.made_by, code.enrolled,
                ),
            )  # fmt: skip

    def get(self, code_id: str) -> StoredCode | None:
        row = self._store.row(f"select {_COLUMNS} from enrolment_code where id = ?", (code_id,))
        return None if row is None else StoredCode(*row)

    def reserve(self, code_id: str, used_by: bytes, node: str) -> bool:
        with self._store.writing():
            changed = self._store.write(
                "update enrolment_code set used_by = ?, enrolled = ? where id = ? and used_by in (x'', ?)",
                (used_by, node, code_id, used_by),
            )
        return changed == 1

    def keep_answer(self, code_id: str, used_by: bytes, answer: bytes) -> None:
        with self._store.writing():
            self._store.write(
                "update enrolment_code set answer = ? where id = ? and used_by = ?", (answer, code_id, used_by)
            )

    def makers_of(self, node: str) -> frozenset[str]:
        """The people who made the codes that a node was ever enrolled with; empty where that is not known."""
        rows = self._store.rows("select made_by from enrolment_code where enrolled = ?", (node,))
        return frozenset(str(row["made_by"]) for row in rows)

    def ids(self) -> set[str]:
        """The ids in use, for `mint_code(taken=…)`."""
        return {row["id"] for row in self._store.rows("select id from enrolment_code")}


def _derive(text: str) -> bytes:
    # HKDF suffices, no slow hash: the secret is random and long, not chosen by a person.
    derivation = HKDF(SHA256(), length=64, salt=text[:4].encode("ascii"), info=b"diwan/1/enrolment-code")
    return derivation.derive(text[4:].encode("ascii"))


def _check_character(text: str) -> str:
    """Luhn's sum in base 32 (Luhn mod N): finds every single wrong character and nearly every swap of neighbours."""
    total = 0
    for place, character in enumerate(reversed(text)):
        product = _ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += product // 32 + product % 32
    return _ALPHABET[-total % 32]
