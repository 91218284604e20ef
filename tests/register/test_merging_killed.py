"""A power cut while the search index is merged: it holds exactly what the records say, as one made anew would."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from diwan_core.register import Edit, Register
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.schema import FRAME

Case = Callable[..., dict[str, Any]]
ROUNDS = 3
MERGES = """
import sys, sqlite3
from diwan_core.register.storage.fts_merge import TABLES, step
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
print("ready", flush=True)
while True:
    for table in TABLES:
        step(connection, table)
"""


@contextmanager
def killed_at_the_end(database: Path) -> Iterator[None]:
    """Another process merges all the time, until it is killed."""
    argv = [sys.executable, "-c", MERGES, str(database)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def entries(connection: sqlite3.Connection, table: str) -> list[tuple[str, int, str]]:
    """Every word of an index, with its record and column."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.words_{table} USING fts5vocab(main, {table}, instance)")
    return connection.execute(f"SELECT term, doc, col FROM words_{table} ORDER BY term, doc, col").fetchall()


def made_anew(register: Register) -> sqlite3.Connection:
    """The same records in an index of their own."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in FRAME.split(";\n"):
        if "USING fts5" in statement:
            connection.execute(statement)
    plan = PLANS["case"]
    for (number,) in register.store.rows("SELECT no FROM record_case"):
        state = load_state(register.store.connection, plan, number)
        words = plan.index(state.rest, state.nominal)
        connection.execute(
            "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, ?, ?, ?)", (number, *words)
        )
        connection.execute("INSERT INTO fragment (rowid, value) VALUES (?, ?)", (number, words[2]))
    return connection


def test_the_index_holds_what_the_records_say(register: Register, case: Case) -> None:
    records: list[str] = []
    for turn in range(ROUNDS):
        with killed_at_the_end(register.store.path):
            for number in range(25):
                means = {"1": {"role": "departure", "plate": f"AB {turn}{number}"}}
                edit = Edit("case", case(means=means, narrative=f"Cartons of turn{turn} and number{number}."))
                records += register.save([edit], author="officer").records
            for number, record in enumerate(records[::7]):
                register.save([Edit("case", {"narrative": f"Nothing in {turn}.{number}."}, record=record)], author="x")
    with closing(made_anew(register)) as anew:
        for table in ("search", "fragment"):  # codes are entered beside the saves
            held = entries(register.store.connection, table)
            assert len(held) > len(records)
            assert held == entries(anew, table)
