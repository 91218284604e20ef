"""The files and databases that belong in a backup: each unit declares its part under the entry-point group
`diwan.backup_sets`.

The name of an entry is the role of the nodes it is for, `central` or `post`, or `node` for all. Private keys are in
no set: a key that is on every backup disk belongs to whoever finds one (`diwan_core.trust.custodians.recovery`
seals them apart)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath
from typing import Final

from diwan_core.node import NodeError, Role

GROUP: Final = "diwan.backup_sets"
_SECRET: Final = (".pem", ".key", ".passphrase", ".sealed")


class SecretInSet(NodeError):
    """A set names a file that holds a private key."""


@dataclass(frozen=True)
class Database:
    """A database of a node's folder. `scrub` are statements that take secrets out of the copy."""

    name: str
    scrub: tuple[str, ...] = ()


@dataclass(frozen=True)
class BackupSet:
    """Databases are copied in one step; `files` (patterns) are copied as they are; of `trees` every file is archived
    straight from the folder: their files never change once they are written."""

    databases: tuple[Database, ...] = ()
    files: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()


NODE_SET: Final = BackupSet(
    databases=(
        Database("register.db"),
        Database(
            "accounts.db",
            (
                "DELETE FROM session",
                "DELETE FROM secret",
                "DELETE FROM failure",
                "DELETE FROM known_device",
                "DELETE FROM enrolment_code WHERE used_by=x''",
            ),
        ),
        Database("audit.db"),
        Database("drafts.db"),
    ),
    files=(
        "node.toml",
        "keys/central.json",
        "keys/*.crt",
        "console-authority/root.crt",
        "console-authority/issued/*.crt",
        "mappings/**/*",
        "maps/**/*",
        "codes/*.db",
        "backup/settings.json",
        "backup/archives.jsonl",
        "custody/*",
    ),
    trees=("blobs",),
)


def of_role(role: Role) -> BackupSet:
    """Everything that is declared for nodes of this role by the installed units."""
    found = [point.load() for point in sorted(entry_points(group=GROUP)) if point.name in ("node", role)]
    return BackupSet(
        tuple(database for one in found for database in one.databases),
        tuple(pattern for one in found for pattern in one.files),
        tuple(tree for one in found for tree in one.trees),
    )


def files_of(folder: Path, backup_set: BackupSet) -> Iterator[PurePosixPath]:
    """The files of a node that are copied as they are, relative to its folder. Raises SecretInSet."""
    for pattern in backup_set.files:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                yield refuse_secret(PurePosixPath(path.relative_to(folder)))


def refuse_secret(path: PurePosixPath) -> PurePosixPath:
    """The path itself. Raises SecretInSet where it may be a private key."""
    in_keys = path.parts[0] == "keys" and path.name != "central.json" and path.suffix != ".crt"
    if in_keys or path.suffix in _SECRET:
        raise SecretInSet(f"{path} may hold a private key and must not be in a backup: take it out of the backup set")
    return path
