"""Opens a node's database, and brings it to this release's schema where it has another one."""

from __future__ import annotations

from pathlib import Path

from diwan_core.register.storage.database import Store, Transaction


def open_store(path: Path, *, writer: bool) -> Store:
    """A connection to a node's database; a writer's brings it to this release's schema first. Raises RegisterError."""
    return Store(path, writer=writer, migrate=_migrate)


def _migrate(transaction: Transaction) -> None:
    # Loaded only when it is needed: the migration library takes 13 MB.
    from diwan_core.register.migrations import migrate

    migrate(transaction)
