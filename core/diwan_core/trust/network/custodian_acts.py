"""Acts of custodians: what two of them must sign before the most dangerous commands are carried out.

An act names one command, what exactly it is done to, the centre, the entry of the ledger that named the custodians who
may sign, and until when it is valid. What it is done to names the present state (the challenge of this closing, the
archives that go, the set that follows), so that an act cannot be used a second time. Everything here
is pure; the commands are in `diwan_core.custody`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from diwan_core import world
from diwan_core.trust.canonical import canonical
from diwan_core.trust.errors import BadKey, BadName, TrustError
from diwan_core.trust.labels_folding import folded_label
from diwan_core.trust.names import check_label
from diwan_core.trust.network.keys import verify

DOMAIN: Final = b"diwan/1/act"
VERSION: Final = 1
MOST: Final = 3
"""Custodians of a centre; fewer than three are for a pilot."""
QUORUM: Final = 2
LIFE_MS: Final = 7 * 24 * 3600 * 1000
CLOCK_DOUBT_MS: Final = 3600 * 1000
MAX_BYTES: Final = 32 * 1024
_MOST_ABOUT: Final = 40

Deed = Literal["custodians.change", "centre.reopen", "backup.prune", "escrow.rotate"]


class ActRefused(TrustError):
    """An act is not signed by enough custodians, or is for something else; the text says what to do."""

    code = "act_refused"


class Custodian(msgspec.Struct, frozen=True):
    """A person who answers for the centre together with another one. `identity`: Ed25519, 32 bytes."""

    name: str
    identity: bytes


class Act(msgspec.Struct, frozen=True):
    """An act that custodians sign. Times: ms since 1970 UTC. `since`: the number of the ledger entry by which the
    custodians who may sign were named."""

    about: dict[str, str]
    at: int
    centre: bytes
    deed: str
    expires: int
    nonce: bytes
    since: int
    version: int = VERSION


class Signature(msgspec.Struct, frozen=True):
    """The signature of one custodian, who is known by the public key."""

    identity: bytes
    signature: bytes


class SignedAct(msgspec.Struct, frozen=True):
    """An act as it goes from one custodian to the other. `act` are the very bytes that are signed."""

    act: bytes
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def read(cls, raw: bytes) -> "SignedAct":
        """Raises ActRefused."""
        try:
            found = msgspec.json.decode(raw, type=cls) if len(raw) <= MAX_BYTES else None
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            found = None
        if found is None:
            raise ActRefused("This file is not an act for custodians. Make one with --ask, and take that file.")
        return found

    def encoded(self) -> bytes:
        """The signed act as it is kept in a file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    def content(self) -> Act:
        """The act itself. Raises ActRefused."""
        try:
            act = msgspec.json.decode(self.act, type=Act)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ActRefused("The act in this file is damaged. Make it again with --ask.") from error
        if act.version != VERSION or canonical(act) != self.act:
            raise ActRefused("The act was made with another release. Make it here with --ask.")
        return act


def make_act(centre: bytes, since: int, deed: Deed, about: Mapping[str, str], now_ms: int) -> SignedAct:
    """A new act that nobody has signed yet."""
    act = Act(dict(about), now_ms, centre, deed, now_ms + LIFE_MS, world.random_bytes(16), since)
    return SignedAct(canonical(act))


def quorum(custodians: Sequence[Custodian]) -> int:
    """How many custodians must sign: two, or one where a pilot has only one."""
    return min(QUORUM, len(custodians))


def check_act(
    signed: SignedAct, custodians: Sequence[Custodian], since: int, centre: bytes, deed: Deed, about: Mapping[str, str],
    now_ms: int,
) -> list[str]:  # fmt: skip
    """The names of the custodians who signed this act, if it is for this command and as many as needed did. Raises
    ActRefused."""
    act = signed.content()
    if not custodians:
        raise ActRefused("No custodians are named in the ledger. Name them: `diwan custodian name`.")
    if act.centre != centre:
        raise ActRefused("The act is for another centre. Make one here with --ask.")
    if act.deed != deed:
        raise ActRefused(f"The act is for {act.deed}, not for {deed}. Make one for this deed with --ask.")
    if act.since != since:
        raise ActRefused(
            "The custodians have changed since the act was made. Make it again with --ask, and have "
            "those of today sign it."
        )
    if act.about != dict(about):
        raise ActRefused(
            "The act does not fit the present state: it was carried out already, or something has changed since it was "
            "made. Make it again with --ask."
        )
    if now_ms < act.at - CLOCK_DOUBT_MS:
        raise ActRefused("The act is dated in the future. Set this machine's clock, then try again.")
    if now_ms > act.expires or act.expires > act.at + LIFE_MS:
        raise ActRefused("The act has expired: it holds for seven days. Make it again with --ask.")
    return _signers(signed, custodians)


def _signers(signed: SignedAct, custodians: Sequence[Custodian]) -> list[str]:
    names: dict[bytes, str] = {}
    for one in custodians:
        if any(
            each.identity == one.identity and verify(one.identity, DOMAIN, signed.act, each.signature)
            for each in signed.signatures
        ):
            names[one.identity] = one.name
    needed = quorum(custodians)
    if len(names) < needed:
        have = ", ".join(names.values()) or "nobody"
        who = ", ".join(one.name for one in custodians if one.identity not in names)
        raise ActRefused(
            f"The act needs the signatures of {needed} custodians and has those of {have}. Ask for one more of: {who} "
            "(`diwan custodian sign`)."
        )
    return list(names.values())


def nonce_of(signed: SignedAct) -> str:
    """The random number that identifies an act, so that none counts twice. Raises ActRefused."""
    return signed.content().nonce.hex()


def check_set(custodians: Sequence[Custodian], others: Sequence[bytes]) -> None:
    """Whether these can be custodians together; `others` are the identity keys of nodes. Raises BadName, BadKey."""
    if not 1 <= len(custodians) <= MOST:
        raise BadName(f"Name {MOST} custodians (a pilot may have one), not {len(custodians)}.")
    for one in custodians:
        check_label(one.name, "custodian's name")
        if len(one.identity) != 32:
            raise BadKey(f"The key of custodian {one.name} must be 32 bytes. Make it with `diwan custodian key`.")
        if one.identity in others:
            raise BadKey(f"The key of custodian {one.name} is a machine's key. Custodians have keys of their own.")
    if len({one.identity for one in custodians}) < len(custodians):
        raise BadKey("Two of the custodians have the same key. Each makes one of their own: `diwan custodian key`.")
    if len({folded_label(one.name) for one in custodians}) < len(custodians):
        raise BadName("Two of the custodians have names that look alike. Add what tells them apart.")


def about_change(custodians: Sequence[Custodian]) -> dict[str, str]:
    """What an act says that names these custodians from now on."""
    return {one.name: one.identity.hex() for one in custodians}


def check_about(act: Act) -> None:
    """Before somebody signs: whether what it says can be shown whole. Raises ActRefused."""
    if len(act.about) > _MOST_ABOUT or not all(part.isprintable() for pair in act.about.items() for part in pair):
        raise ActRefused("What the act says cannot be shown. Do not sign it; ask who made it.")
