"""What findings and pages know of the custodians and of the escrow's sheets: small files in `DIR/custody`.

Nothing in these files is secret, and no decision rests on them: the ledger is what counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from diwan_core import node
from diwan_core.trust.files import make_private_folder, write_private

FOLDER: Final = "custody"
NAMED: Final = "custodians.json"
SHEETS: Final = "escrow.json"
_MOST: Final = 3
Told = Iterator[tuple[str, dict[str, str]]]


class Named(msgspec.Struct, frozen=True):
    """Who the custodians are, as the ledger said when it was last looked at; `identities` in the same order."""

    names: tuple[str, ...] = ()
    identities: tuple[bytes, ...] = ()
    since: int = 0


class Sheet(msgspec.Struct, frozen=True):
    """The sheet of one custodian. `digest`: SHA-256 of its words; 256 random bits are in them, so it tells nothing."""

    name: str
    identity: bytes
    digest: bytes
    confirmed_ms: int = 0
    files: tuple[str, ...] = ()
    """The files that were written for printing; they are deleted when the sheet is confirmed."""


class Sheets(msgspec.Struct, frozen=True):
    """One set of three sheets. `begins`: the two words that every sheet of the set begins with."""

    public: bytes
    begins: str
    made_ms: int
    sheets: tuple[Sheet, ...]
    since_ms: int = 0
    """The time since when the private keys are sealed to this set; 0 until all three sheets were typed back."""
    disks: tuple[str, ...] = ()
    """Repositories whose sealed keys were renewed at that time; those of others are renewed with their next archive."""

    @property
    def unconfirmed(self) -> list[str]:
        """The custodians whose sheets nobody has typed back yet."""
        return [one.name for one in self.sheets if not one.confirmed_ms]


class Escrow(msgspec.Struct, frozen=True):
    """The set in use, and one that is being made."""

    current: Sheets | None = None
    pending: Sheets | None = None


class EscrowBroken(node.NodeError):
    """The file that says which sheets there are cannot be read."""


def keep_named(folder: Path, named: Named) -> None:
    """Write down who the custodians are. Raises OSError."""
    make_private_folder(folder / FOLDER)
    write_private(folder / FOLDER / NAMED, msgspec.json.encode(named))


def custodians_of(folder: Path) -> Named:
    """Who the custodians are; nobody where nothing was written down."""
    try:
        return msgspec.json.decode((folder / FOLDER / NAMED).read_bytes(), type=Named)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return Named()


def keep_escrow(folder: Path, escrow: Escrow) -> None:
    """Write down which sheets there are. Raises OSError."""
    make_private_folder(folder / FOLDER)
    write_private(folder / FOLDER / SHEETS, msgspec.json.format(msgspec.json.encode(escrow)) + b"\n")


def escrow(folder: Path) -> Escrow:
    """The sheets of a centre; none where none were made. Raises EscrowBroken, OSError."""
    path = folder / FOLDER / SHEETS
    try:
        return msgspec.json.decode(path.read_bytes(), type=Escrow)
    except FileNotFoundError:
        return Escrow()
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EscrowBroken(
            f"{path} cannot be understood ({error}): bring it back from a backup, or move it away and make new sheets"
        ) from error


def wrong(folder: Path, made_ms: dict[str, int], sealed_to: bytes) -> Told:
    """The findings about the custodians and sheets of a centre that has backups. `made_ms` gives the repositories on
    disks, each with the time of its last archive; `sealed_to` is the key that the centre's keys are sealed to."""
    who = custodians_of(folder)
    if len(who.names) < _MOST:
        yield "custodians_few", {"count": str(len(who.names))}
    try:
        held = escrow(folder)
    except EscrowBroken as error:
        yield "escrow_broken", {"reason": str(error)}
        return
    if held.pending is not None:
        yield "escrow_unconfirmed", {"names": ", ".join(held.pending.unconfirmed)}
    if held.current is None:
        if held.pending is None and len(who.names) == _MOST:
            yield "escrow_none", {}
        return
    if held.current.public != sealed_to:
        yield "escrow_other_key", {"begins": held.current.begins}
        return
    gone = [one.name for one in held.current.sheets if who.names and one.identity not in who.identities]
    if gone:
        yield "escrow_holders", {"names": ", ".join(gone)}
    older = [name for name, at in made_ms.items() if at < held.current.since_ms and name not in held.current.disks]
    if older:
        yield "escrow_older_disks", {"disks": ", ".join(older)}
