"""Whatever a person can type, set or open is documented, and what the documents say is so."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest
from diwan_core.reference.__main__ import FOLDER, PAGES, is_fresh
from diwan_core.reference.commands import INTRODUCTION, every_command
from diwan_core.reference.settings import FOR_TESTS, VARIABLES

from tests.docs import console_pages
from tests.web.conftest import Site, make_site

ROOT = Path(__file__).parents[2]
UNITS = ("core", "appliance", "central", "backup", "provisioning", "hardware", "lab", "bench")
MODULES = [path.relative_to(ROOT).as_posix() for unit in (*UNITS, "tests") for path in (ROOT / unit).rglob("*.py")]
PAGES_WITH_LINKS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_written_from_the_code_says_what_the_code_says(name: str) -> None:
    assert is_fresh(FOLDER / name, PAGES[name]()), "run: python -m diwan_core.reference"


def test_every_command_and_every_option_says_what_it_is() -> None:
    silent = [name for name, command in every_command() if not command.help]
    for name, command in every_command():
        options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
        silent += [f"{name} {option.opts[0]}" for option in options if not option.help]
    assert silent == []


def test_every_command_says_its_exit_codes_where_they_are_not_the_usual_ones() -> None:
    """The usual ones, and those of backups, stand at the top of the page."""
    unusual = [(name, command) for name, command in every_command() if codes_of(command) - {0, 1, 130}]
    silent = [name for name, command in unusual if "Exit code" not in str(command.help)]
    assert [name for name in silent if not name.startswith("diwan backup ")] == []
    assert "`diwan backup`" in INTRODUCTION


def codes_of(command: click.Command) -> set[int]:
    """The codes with which a command ends itself, by what stands in its module; errors end as the page's top says."""
    function = inspect.unwrap(command.callback) if command.callback else None
    if function is None:
        return set()
    module = sys.modules[function.__module__]
    functions = {node.name: node for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef)}
    found, seen, wait = set[int](), set[str](), [function.__name__]
    while wait:
        if (name := wait.pop()) in seen or name not in functions or name in ("stop", "_stop"):
            continue
        seen.add(name)
        for call in (node for node in ast.walk(functions[name]) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called in ("exit", "SystemExit", "finish"):
                found |= {code for argument in call.args for code in named_codes(argument, module)}
            wait.append(called)
    return found


@cache
def parsed(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def named_codes(argument: ast.expr, module: ModuleType) -> Iterator[int]:
    for node in ast.walk(argument):
        held = node.value if isinstance(node, ast.Constant) else vars(module).get(getattr(node, "id", ""))
        yield from (code for code in (held.values() if isinstance(held, dict) else [held]) if type(code) is int)


def test_every_environment_variable_is_documented_and_none_is_gone() -> None:
    sources = [path for unit in UNITS for path in (ROOT / unit).rglob("*.py")]
    sources = [path for path in sources if path.name != "settings.py"] + [ROOT / "diwan", ROOT / "Vagrantfile"]
    used = {name for path in sources for name in re.findall(r"DIWAN_[A-Z]+(?:_[A-Z]+)*\b", path.read_text())}
    assert used == VARIABLES.keys() | FOR_TESTS.keys()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Site]:
    folder = tmp_path_factory.mktemp("documented")
    return make_site(folder / "p", "post", "Aqaba port", "JOAQJ"), make_site(folder / "c", "central", "Centre", "")


def test_every_address_of_the_consoles_is_documented(sites: tuple[Site, Site]) -> None:
    text = console_pages.page(*sites)
    assert not re.search(r"\|  \|$", text, re.M), "a view without a docstring"
    assert is_fresh(console_pages.PAGE, text), "run: python -m tests.docs.console_pages"


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8"))
    here = [(page.parent / name if name else page, place) for name, place in links if "://" not in name]
    gone = [path for path, _ in here if not path.exists()]
    gone += [(path, place) for path, place in here if place and path.suffix == ".md" and place not in places(path)]
    assert gone == []


def places(page: Path) -> set[str]:
    """The anchors of a page: those of its headings, as GitHub makes them, and those written into it."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one) for one in re.findall(r"^#+ (.*)$", text, re.MULTILINE))
    made = {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}
    return made | set(re.findall(r'\bid="([^"]+)"', text))


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`([\w-]+(?:/[\w-]+)*\.py)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in MODULES)] == []


def test_every_page_can_be_found_from_the_index() -> None:
    found, waiting = set[Path](), [ROOT / "README.md", ROOT / "docs/README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in found or page.suffix != ".md" or not page.is_file():
            continue
        found.add(page)
        links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        targets = [page.parent / link for link in links if "://" not in link]
        waiting += [*targets, *(below for target in targets if target.is_dir() for below in target.glob("*.md"))]
    lost = [str(page.relative_to(ROOT)) for page in PAGES_WITH_LINKS if page.resolve() not in found]
    assert lost == []
