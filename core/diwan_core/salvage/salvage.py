"""Salvages a node's data folder: its register, pictures, drafts, accounts and log of reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.health.findings import Findings, findings_of
from diwan_core.intake.run import jobs
from diwan_core.processes.lock import AlreadyRunning, Lock
from diwan_core.processes.running import RUN
from diwan_core.register import Register, RegisterBusy
from diwan_core.register.carving.carve import carve
from diwan_core.register.carving.chains import chains
from diwan_core.register.carving.damaged_file import DamagedFile
from diwan_core.register.carving.other_tables import copy_pages, copy_readable
from diwan_core.register.carving.refill import Refilled
from diwan_core.register.carving.soundness import is_readable, is_sound, make_indexes_anew
from diwan_core.register.drafts import FILE as DRAFTS
from diwan_core.register.drafts import Drafts
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.opening import open_store
from diwan_core.register.register import DATABASE
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import MARK, is_marked, unmark
from diwan_core.register.storage.tail_mark import Tail
from diwan_core.salvage import swap
from diwan_core.salvage.pending import PART, WAITS, settle_all
from diwan_core.salvage.pictures import Pictures, check_pictures
from diwan_core.salvage.rebuild import rebuild
from diwan_core.trust import NodeKeys, verify
from diwan_core.trust.access_log.log import FILE as READS
from diwan_core.trust.access_log.log import ReadLog
from diwan_core.trust.files import make_private_folder
from diwan_core.trust.people.accounts import Accounts
from diwan_core.trust.people.accounts_db import FILE as ACCOUNTS

_NOT_COPIED: Final = (DATABASE, "run", "spool", swap.WORK, swap.ASIDE, MARK, unsynced.MARK)
_BESIDE: Final[dict[str, Callable[[Path], Drafts | Accounts | ReadLog]]] = {
    DRAFTS: Drafts.open,
    ACCOUNTS: Accounts.open,
    READS: ReadLog.open,
}

Say = Callable[[str], None]


class SalvageRefused(node.NodeError):
    """The salvage cannot be done here and now; the message says why."""


@dataclass
class Salvaged:
    """The result of a salvage. `beside`: for other databases, by name, (rows saved, tables with rows that are lost)."""

    aside: Path
    rebuilt: Refilled
    pictures: Pictures
    pages: int
    broken: int
    beside: dict[str, tuple[int, int]] = field(default_factory=dict)


@contextmanager
def alone(folder: Path, parts: tuple[str, ...]) -> Iterator[None]:
    """Hold the locks of all parts of a node, so that nothing else of it runs. Raises AlreadyRunning."""
    with ExitStack() as stack:
        for part in (RUN, *parts):
            lock = Lock(folder, part)
            lock.take()
            stack.callback(lock.release)
        if any(job.state == "running" for job in jobs.all_of(folder)):
            raise AlreadyRunning(f"An import or export in {folder} is at work. Wait for its end, or stop it first.")
        yield


def needs_restart(folder: Path) -> None:
    """Raise SalvageRefused where a sync of the register has failed since the machine was started: what is read of it
    comes out of memory and looks whole, and its disk may lose what is written to it."""
    if unsynced.is_marked(folder):
        raise SalvageRefused(
            f"The disk of {folder} did not confirm what was written. Restart the machine; if it happens again, save "
            "the node onto another disk with --onto FOLDER."
        )


def looks_whole(folder: Path) -> bool:
    """Whether SQLite finds nothing wrong with the register's file. Raises SalvageRefused where a program holds it."""
    path = folder / DATABASE
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        return is_sound(path)
    except RegisterBusy as error:
        raise SalvageRefused(f"{path} is in use by another program. Stop it first.") from error


def salvage(folder: Path, target: Path, config: node.NodeConfig, say: Say) -> Salvaged:
    """Make a new register for the node in `target`, which may be `folder` itself, from the damaged one in `folder`.

    Raises KeysMissing, RegisterError, OSError."""
    keys = NodeKeys.load(target)
    aside, work = swap.aside_folder(target), swap.work_folder(target)
    (work / "keys").symlink_to(target / "keys")
    shutil.copyfile(target / node.FILE, work / node.FILE)
    tail = Tail(folder).read()

    def is_own(epoch: str, seq: int, head: bytes, signature: bytes) -> bool:
        message = checkpoint_message(config.id, epoch, seq, head)
        return verify(keys.identity_public, CHECKPOINT_DOMAIN, message, signature)

    say("reading what can be read")
    with closing(DamagedFile(folder / DATABASE)) as file:
        found = carve(work / "scratch.db", file.rows(), file.stale_rows())
        damage = file.damage
    say("following the chains of the journal")
    kept = chains(found, config.id, is_own, [tail[0]] if tail else [])
    say("filling the new register")
    with closing(Register(work, config, open_store(work / DATABASE, writer=True), keys)) as register:
        rebuilt = rebuild(register, found, kept)
        if rebuilt.beside and not config.enrolled:
            say("writing anew what no chain holds: this post never had a centre")
            rebuilt.beside = settle_all(register).left
        say("looking at the pictures")
        pictures = check_pictures(register, target / "blobs", aside / "blobs")
    found.scratch.close()
    beside = {name: held for name in _BESIDE if (held := _other(target, name, work, aside)) is not None}
    swap.settle_down(target, aside)
    unmark_damage(target)
    if rebuilt.beside:
        Findings(target, PART).note(WAITS, count=str(rebuilt.beside))
    return Salvaged(aside, rebuilt, pictures, damage.pages, damage.broken + damage.unreadable, beside)


def mend_marked(folder: Path) -> bool:
    """Where a register in which SQLite finds nothing wrong is marked as damaged: make its search indexes anew, which
    SQLite does not compare, and take the mark away. Whether it was marked."""
    marked = is_marked(folder)
    if marked:
        make_indexes_anew(folder / DATABASE)
    unmark_damage(folder)
    return marked


def unmark_damage(folder: Path) -> None:
    """Take away the mark and the findings that say the register is damaged: it is whole."""
    unmark(folder)
    for finding in findings_of(folder):
        if finding.code.startswith("register_"):
            Findings(folder, finding.part).clear(finding.code)


def _other(folder: Path, name: str, work: Path, aside: Path) -> tuple[int, int] | None:
    """Salvage another database of the node, where it is damaged: (rows saved, tables with rows that are lost). What
    SQLite cannot read of it is looked for in its pages, except for accounts: what was deleted there must not come
    back."""
    path = folder / name
    if is_readable(path):
        return None
    _BESIDE[name](work).close()
    rows, broken = copy_readable(path, work / name)
    found = rows + (copy_pages(path, work / name) if broken and name != ACCOUNTS else 0), broken
    for suffix in swap.PARTS:
        damaged = path.with_name(name + suffix)
        if damaged.exists():
            damaged.rename(aside / damaged.name)
    (work / name).rename(path)
    return found


def copy_folder(folder: Path, target: Path, say: Say) -> list[str]:
    """Copy a node's folder, without the register, onto another disk; the names of files that could not be read. Raises
    SalvageRefused, OSError."""
    if target.exists() and any(target.iterdir()):
        raise SalvageRefused(f"{target} is not empty. Give a new folder on another disk with --onto.")
    make_private_folder(target)
    unreadable: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if str(name).startswith(_NOT_COPIED) or path.is_symlink():
            continue
        if path.is_dir():
            (target / name).mkdir(mode=0o700, exist_ok=True)
        elif path.is_file() and not _copied(path, target / name):
            unreadable.append(str(name))
            say(f"cannot be read: {name}")
    return unreadable


def _copied(path: Path, target: Path) -> bool:
    try:
        shutil.copyfile(path, target)
    except OSError as error:
        if error.filename2 is not None or not path.exists():
            raise
        target.unlink(missing_ok=True)
        return False
    target.chmod(0o600)
    return True
