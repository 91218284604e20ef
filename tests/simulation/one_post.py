"""A post on a simulated disk: a real register in which cases are saved until the post dies."""

from __future__ import annotations

import io
import os
import random
import sqlite3
from pathlib import Path

from diwan_core import node
from diwan_core.register import Edit, Register, RegisterError
from diwan_core.register.maintenance import upkeep_connection
from diwan_core.register.storage.fts_merge import Merging
from diwan_core.trust import NodeKeys

from tests.exchange.network import case
from tests.simulation.disk import SimulatedDisk
from tests.simulation.faults import Died
from tests.simulation.vfs import SimulatedSqlite


class Post:
    """The post, whose disk and whose officers' doings come from one seed."""

    def __init__(self, sqlite: SimulatedSqlite, root: Path, seed: int, synchronous: str = "FULL") -> None:
        self.chance = random.Random(seed)
        self.folder = root / "post"
        node.create(self.folder, node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ"))
        NodeKeys.create(self.folder)
        with Register.open(self.folder, role="writer"):
            pass  # the first start after the installation, which nobody interrupts
        self.disk = sqlite.add(SimulatedDisk(self.folder, random.Random(seed + 1)))
        self.synchronous = synchronous
        """How writers and the upkeep commit; the product knows FULL alone."""
        self.cases: dict[str, str] = {}
        """What the officers were told is saved: the narrative of each case."""
        self.pictures: dict[str, bytes] = {}
        """The pictures of which they were told so."""
        self.boots = 0

    def work(self, most_operations: int) -> None:
        """Start the post and let people work until the disk has done so many operations, then let it die."""
        self.boots += 1
        os.environ["DIWAN_BOOT_ID"] = f"boot-{self.boots}"
        self.disk.faults.die_at(self.disk.operations + self.chance.randint(1, most_operations))
        try:
            while True:
                with Register.open(self.folder, role="writer") as register:
                    register.store.connection.execute(f"PRAGMA synchronous={self.synchronous}")
                    for _ in range(self.chance.randint(1, 30)):
                        self.do_something(register)
        except (RegisterError, sqlite3.Error, Died):
            assert self.disk.dead

    def do_something(self, register: Register) -> None:
        """One thing that people or the services of a post do."""
        what = self.chance.choices(("save", "picture", "upkeep", "read"), (20, 2, 5, 1))[0]
        if what == "save":
            self.save(register)
        elif what == "picture":
            content = self.chance.randbytes(self.chance.randint(1, 20_000))
            self.pictures[register.blobs.add(io.BytesIO(content)).sha256] = content
        elif what == "upkeep":
            self.upkeep(register.store.path)
        else:
            with Register.open(self.folder) as reader:
                assert reader.count("case") >= len(self.cases)

    def save(self, register: Register) -> None:
        """An officer saves a case and is told so."""
        text = f"Case {len(self.cases)}, {self.chance.randbytes(8).hex()}"
        saved = register.save([Edit("case", case(narrative=text))], author="officer")
        self.cases[saved.records[0]] = text

    def upkeep(self, database: Path) -> None:
        """What `register.maintenance` does beside the saves, as it does it: merge the search index, or copy the log
        into the database; in a turn drawn at random, even if it were not worth it yet."""
        with upkeep_connection(database) as connection:
            if self.synchronous != "FULL":
                connection.execute(f"PRAGMA synchronous={self.synchronous}")
            if self.chance.random() < 0.5:
                Merging().turn(connection)
            else:
                connection.execute(f"PRAGMA wal_checkpoint({self.chance.choice(('PASSIVE', 'RESTART', 'TRUNCATE'))})")

    def missing(self) -> list[str]:
        """What was told saved and is not there, or is not what was saved; and what is wrong with the database."""
        with Register.open(self.folder) as register:
            wrong = [row[0] for row in register.store.rows("PRAGMA integrity_check") if row[0] != "ok"]
            if wrong:
                return wrong
            for record, text in self.cases.items():
                shown = register.get(record)
                if shown is None or shown.values.get("narrative") != text:
                    wrong.append(f"case {record}")
        return wrong + [f"picture {name}" for name, content in self.pictures.items() if self._picture(name) != content]

    def _picture(self, name: str) -> bytes | None:
        path = self.folder / "blobs" / name[:2] / name
        return path.read_bytes() if path.exists() else None
