"""Register, exchange, trust and the services on them reach clocks, chance, threads and durable files by `world` alone.

So a simulation decides all of them, and the same seed gives the same run."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "core/diwan_core/register",
    "core/diwan_core/exchange",
    "core/diwan_core/trust",
    "central/diwan_central/exchange",
    "central/diwan_central/network",
    "appliance/diwan_appliance",
)
FORBIDDEN = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep", "localtime"},
    "secrets": None,
    "random": None,
    "uuid": {"uuid1", "uuid4", "uuid7"},
    "os": {"urandom", "fsync", "fdatasync", "replace", "rename"},
    "threading": {"Thread", "Timer"},
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "x509": {"random_serial_number"},
    "sqlite3": {"connect"},
}
"""By name of a module or class, what of it is forbidden; None: all of it."""
UNORDERED = {"glob", "rglob", "iterdir", "scandir", "listdir"}
KEYS = {"Ed25519PrivateKey", "X25519PrivateKey"}

ELSEWHERE = {
    "core/diwan_core/exchange/carriers/mqtt.py": "sockets; a simulation has a carrier of its own",
    "core/diwan_core/exchange/carriers/chaos.py": "disturbs messages for the scenarios of real processes",
    "core/diwan_core/register/carving": "reads a damaged file by a technician's command, while the node is stopped",
    "core/diwan_core/register/storage/database.py": "where every connection to a database is made, by `database_uri`",
    "core/diwan_core/exchange/carriers/memory.py": "the carrier of tests; its chance is seeded",
    "core/diwan_core/exchange/carriers/folder.py": "lists a stick up to a limit and puts the names in order then",
    "core/diwan_core/exchange/wire/train.py": "a tool of developers, with a seed of its own",
    "core/diwan_core/trust/speed.py": "measures how long primitives take",
    "core/diwan_core/trust/people/accounts_db.py": "accounts of consoles, which take no part in the exchange",
    "core/diwan_core/trust/access_log/log.py": "a file of consoles, of which the exchange sees anchors only",
    "core/diwan_core/trust/access_log/event_tally.py": "counts floods of a console's events with a timer",
    "core/diwan_core/trust/custodians/recovery.py": "a key that is printed, by a person's command",
    "appliance/diwan_appliance/course": "the exercise post, which is in no network",
}
"""Files that need no doors, and why."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(tuple(ELSEWHERE)):
                yield name, ast.parse(path.read_text("utf-8"))


def past_the_doors(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what) of each use of the world that is not through a door."""
    ordered = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ("sorted", "set", "frozenset", "any", "all", "sum", "len")
        for inner in ast.walk(node)
    } | {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Set | ast.SetComp) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            banned = FORBIDDEN.get(node.module or "", set())
            for name in node.names:
                if banned is None or name.name in banned:
                    yield node.lineno, f"from {node.module} import {name.name}"
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        banned = FORBIDDEN.get(owner, set())
        if banned is None or node.attr in banned:
            yield node.lineno, f"{owner}.{node.attr}"
        if owner in KEYS and node.attr == "generate":
            yield node.lineno, f"{owner}.generate"
        if node.attr in UNORDERED and id(node) not in ordered:
            yield node.lineno, f"{node.attr} in the order of the disk"


def test_the_world_is_reached_by_its_doors_alone() -> None:
    found = [f"{name}:{line}: {what}" for name, tree in sources() for line, what in past_the_doors(tree)]
    assert found == []


def test_each_exception_is_there() -> None:
    assert [name for name in ELSEWHERE if not (ROOT / name).exists()] == []


def test_what_goes_past_a_door_is_seen() -> None:
    text = "import time, os\nx = time.monotonic()\nfor p in f.glob('*'): pass\ny = os.urandom(4)\nz = sorted(f.glob())"
    assert {line for line, _ in past_the_doors(ast.parse(text))} == {2, 3, 4}
    for text in ("from threading import Thread", "from time import monotonic as now", "from secrets import token_hex"):
        assert [line for line, _ in past_the_doors(ast.parse(text))] == [1], text
    assert list(past_the_doors(ast.parse("from threading import RLock"))) == []
