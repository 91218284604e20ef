"""A post with a real register, and imports run as a person runs them: through the command line."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner
from diwan_core import node
from diwan_core.intake.cli import (
    commands,
    commands_agreements,
    commands_export_map,
    commands_imports,
    commands_mapping,
)
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

BENCH = Path(__file__).parents[2] / "bench"
OUTCOMES = ("imported", "already_there", "statistics", "skipped", "refused")
COMMANDS = {
    "import": commands.import_command,
    "export": commands.export_command,
    "export-map": commands_export_map.export_map_group,
    "export-map agree": commands_agreements.agree_command,
    "export-map agreements": commands_agreements.agreements_command,
    "export-map end": commands_agreements.end_agreement_command,
    "export-map write": commands_export_map.write_map_command,
    "export-map list": commands_export_map.list_command,
    "export-map new": commands_export_map.new_map_command,
    "export-map show": commands_export_map.show_map_command,
    "search": commands.search_command,
    "show": commands.show_command,
    "dictionary": commands.dictionary_command,
    "imports": commands_imports.imports_group,
    "mapping": commands_mapping.mapping_group,
}
WITHOUT_FOLDER = ("dictionary", "mapping", "export-map list", "export-map new", "export-map show")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of the answer: one JSON object."""
        return json.loads(self.out.splitlines()[-1])


@dataclass(frozen=True)
class Post:
    """A post's folder and what its technician types."""

    folder: Path

    def run(self, command: str, *words: str | Path) -> Answer:
        chosen: click.Command = COMMANDS[command]
        place = [] if command in WITHOUT_FOLDER else ["--dir", str(self.folder)]
        result = CliRunner().invoke(chosen, [*map(str, words), *place])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def register(self) -> Register:
        return Register.open(self.folder)

    def documents(self, kind: str = "case") -> list[dict[str, Any]]:
        with self.register() as register:
            records = [register.get(record) for record in register.ids(kind)]
        return [record.values for record in records if record is not None]


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Post:
    workplace = tmp_path / "work"
    workplace.mkdir()
    monkeypatch.chdir(workplace)
    return make_post(tmp_path / "post")


def make_post(folder: Path) -> Post:
    """A new post in a folder."""
    node.create(folder, node.NodeConfig(role="post", id=node.mint_id(), label="Test post"))
    NodeKeys.create(folder)
    return Post(folder)


SIMPLE = """
type = "case"
system = "test"
[source]
key = ["No"]
[constants]
status = "submitted"
goods.1.unit = "KGM"
[fields]
date = { column = "Day", format = "DD/MM/YYYY" }
place = { column = "Where" }
goods.1.quantity = { column = "Pounds", unit = "LBR", to = "KGM" }
"""


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    """A mapping for CSV files with the columns No, Day, Where, Pounds."""
    path = tmp_path / "simple.toml"
    path.write_text(SIMPLE)
    return path


@pytest.fixture(scope="session")
def w1gen() -> ModuleType:
    """The generator of the workload W1."""
    spec = importlib.util.spec_from_file_location("w1gen", next(BENCH.rglob("w1gen.py")))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
