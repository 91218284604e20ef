"""A command loads what it needs when it runs, and no more: one that prints a line starts at once on a small machine,
and what looks after a node's processes for months holds little memory."""

import subprocess
import sys
from pathlib import Path

import pytest
from diwan_lab.command import diwan

pytestmark = pytest.mark.slow

HEAVY = ("diwan_core.register", "diwan_core.dictionary", "diwan_core.exchange", "diwan_core.web", "jinja2", "sqlite3")
RUN = (
    "import sys; from diwan_core.processes.running import Parts; Parts.run = lambda parts: print('looked after'); "
    "from diwan_core.cli import main; main(sys.argv[1:], standalone_mode=False); "
    f"print('loaded:', *sorted(name for name in sys.modules if name.startswith({HEAVY!r})))"
)


@pytest.fixture(scope="module", params=["post", "central"])
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    kind = str(request.param)
    folder = tmp_path_factory.mktemp("light") / kind
    more = ["--office", "JOAQJ"] if kind == "post" else ["--broker-host", "127.0.0.1"]
    diwan(kind, "init", "--dir", folder, "--label", "Aqaba", *more)
    return kind, folder


def printed(*command: str | Path) -> list[str]:
    argv = [sys.executable, "-P", "-c", RUN, *map(str, command)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()


def test_what_looks_after_the_processes_of_a_node_holds_no_register(node: tuple[str, Path]) -> None:
    kind, folder = node
    assert printed(kind, "run", "--dir", folder) == ["looked after", "loaded:"]


def test_a_command_that_needs_no_register_loads_none(node: tuple[str, Path]) -> None:
    kind, folder = node
    assert printed(kind, "status", "--help")[-1] == "loaded:"
    if kind == "post":
        assert printed(kind, "words", "--dir", folder)[-1] == "loaded:"
