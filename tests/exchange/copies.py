"""Copies of databases, put back later as after the loss of a disk; and what all nodes must hold then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.reopening import close
from diwan_core.register import Register

from tests.exchange.network import Network, Post, case, record_in


def save_copy(folder: Path, target: Path) -> None:
    """A backup of a node's database, taken while it is closed or idle."""
    target.mkdir(exist_ok=True)
    for name in ("register.db", "register.db-wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)


def put_back(folder: Path, source: Path, *, in_place: bool) -> None:
    """Restore it; `in_place` keeps the file's inode, as `cp` over it does."""
    for name in ("register.db-wal", "register.db-shm"):
        (folder / name).unlink(missing_ok=True)
    if not in_place:
        (folder / "register.db").unlink()
    for file in source.iterdir():
        shutil.copy(file, folder / file.name)


def centre_put_back(net: Network, tmp_path: Path, between: Callable[[], object] = lambda: None) -> None:
    """The centre's database is exchanged for a copy made before `between`, and it is closed."""
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    between()
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    shutil.rmtree(folder / "blobs")
    with Register.open(folder, role="writer") as register:
        close(register.store)
    net.restart_centre()


def alike(net: Network, records: list[str]) -> None:
    """Every node holds every record, and the same."""
    registers = net.registers()
    for record in records:
        held = [record_in(register, record) for register in registers]
        assert all(found.values == held[0].values for found in held)


def write_on(post: Post, hours: range) -> list[str]:
    """Some cases."""
    return post.save(*[case(time=f"{hour:02d}:15") for hour in hours])


def follow_ledger(net: Network) -> None:
    """The relay seals to the key that the ledger names now."""
    assert net.relay.ledger_grew()
    for topic, payload in net.relay.renew(scope_key(net.register.folder, ledger.load(net.register))):
        net.relay_carrier.publish(topic, payload)
