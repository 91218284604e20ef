"""The table of rooms in docs/architecture.md names exactly what each room of the core imports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import diwan_core
import pytest

pytestmark = pytest.mark.slow

CORE = Path(diwan_core.__file__).parent
PAGE = Path(__file__).parents[2] / "docs/architecture.md"
ROOMS = {path.parent.name for path in CORE.glob("*/__init__.py")} - {"reference"}


def imported(room: str) -> set[str]:
    """The other rooms whose modules the files of a room import."""
    found = set()
    for path in (CORE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "diwan_core":
                found |= {alias.name for alias in node.names}
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name.split(".")[1] for name in names if name.startswith("diwan_core.")}
    return found & ROOMS - {room}


def test_the_table_of_rooms_names_what_each_room_imports() -> None:
    section = PAGE.read_text("utf-8").partition("### The rooms of the core")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", section, re.MULTILINE)
    told = {room: set(re.findall(r"`(\w+)`", names)) & ROOMS for room, names in rows}
    assert told == {room: imported(room) for room in sorted(ROOMS)}
