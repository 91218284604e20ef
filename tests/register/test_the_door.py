"""Every SQL statement on a node's database stands in the register."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
UNITS = ("core/diwan_core", "appliance", "central", "backup", "hardware", "provisioning")
REGISTER = "core/diwan_core/register/"
OWN_FILES = {
    "central/diwan_central/table_file.py": "opens the files of the centre's own: assets, roll-out, privacy",
    "central/diwan_central/assets/": "assets.db, through table_file",
    "central/diwan_central/rollout/": "rollout.db, through table_file",
    "central/diwan_central/privacy/": "privacy.db, through table_file",
    "core/diwan_core/trust/people/": "accounts.db",
    "core/diwan_core/trust/access_log/": "audit.db, the log of reads",
    "core/diwan_core/trust/network/enrolment_codes.py": "accounts.db of the centre, which holds the codes",
}
"""What has a database of its own and speaks SQL to it, and no other."""

RUNS_SQL = {"execute", "executemany", "executescript"}
_SPELLED = (
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s|SAVEPOINT\s"
    r"|CREATE\s+(UNIQUE\s+|VIRTUAL\s+)?(TABLE|INDEX)\s|ALTER\s+TABLE\s|DROP\s+TABLE\s)"
)
STATEMENT = re.compile(f"{_SPELLED}|{_SPELLED.lower()}", re.DOTALL)
"""In capitals or in small letters; a sentence that begins with "Select" is none."""


def statements(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a module that run SQL or spell it, and what stands there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS_SQL:
            yield node.lineno, f".{node.func.attr}("
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            if STATEMENT.match(text):
                yield node.lineno, text


def modules() -> Iterator[tuple[str, str]]:
    """The path and text of every module of the product outside the register."""
    for unit in UNITS:
        for path in sorted((ROOT / unit).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(REGISTER):
                yield name, path.read_text(encoding="utf-8")


def test_no_sql_is_run_or_spelled_outside_the_register() -> None:
    found = [
        f"{name}:{line}: {text}"
        for name, source in modules()
        if not name.startswith(tuple(OWN_FILES))
        for line, text in statements(source)
    ]
    assert not found, "give it a function in register/ that says what it reads or writes"


def test_nobody_takes_the_connection_itself() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, source in modules()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr == "connection" and ast.unparse(node.value).endswith("store")
    ]
    assert not found, "`with store.read() as transaction:` says what is wrong where the file is damaged"


def test_every_exception_still_speaks_sql() -> None:
    speaking = {name for name, source in modules() if any(statements(source)) or "table_file" in source}
    idle = [known for known in OWN_FILES if not any(name.startswith(known) for name in speaking)]
    assert not idle, "take it off the list"


@pytest.mark.parametrize(
    "line",
    [
        "store.one('SELECT count(*) FROM ledger')",
        "store.rows(f'SELECT no, {after} FROM epoch')",
        "transaction.execute(_SQL, (node,))",
        "SQL = 'INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)'",
        "transaction.executemany(sql, rows)",
        "run('update node set signs=1')",
        "sql = '''\n  DELETE FROM feed WHERE scope=?'''",
    ],
)
def test_each_way_to_write_a_statement_is_seen(line: str) -> None:
    assert list(statements(line))


@pytest.mark.parametrize("line", ["'Select a file from the list'", "'Update the register'", "queue.put('delete')"])
def test_prose_is_no_statement(line: str) -> None:
    assert not list(statements(line))
