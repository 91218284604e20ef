"""Every command that takes a node's folder says in one line, and with exit code 2, that it was given none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_core.intake.cli.command_kit import a_date
from diwan_lab.command import diwan

#: What a command needs that is checked before its folder is looked at.
GIVEN = {
    "audit export": ["case", "-o", "STICK/out"],
    "import": ["sample:colombia"],
    "export": ["case"],
    "export-map write": ["etis"],
    "search": ["word"],
    "post user approve": ["1", "--by", "huda"],
    "central user approve": ["1", "--by", "huda"],
    "central subject report": ["--person", "x", "--reason", "y", "--by", "huda", "--pdf", "STICK/out"],
}
MAKES_ITS_FOLDER = {"post init", "central init"}


def folder_help() -> str:
    """What the help says of the option that names a node's folder; other commands have folders of another kind."""
    return "The node's data folder."


def commands(group: click.Command = main, way: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command of the product that takes a node's folder, by its words."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            if found is not None:
                yield from commands(found, (*way, name))
    elif any(isinstance(option, click.Option) and option.help == folder_help() for option in group.params):
        yield " ".join(way), group


ALL = dict(commands())
NAMES = sorted(set(ALL) - MAKES_ITS_FOLDER)
OF_A_ROLE = ("central ", "enrol", "post ")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A post's folder and a centre's."""
    place = tmp_path_factory.mktemp("nodes")
    diwan("post", "init", "--dir", place / "post", "--label", "Post", "--office", "JOAQJ")
    diwan("central", "init", "--dir", place / "central", "--label", "Centre", "--broker-host", "127.0.0.1")
    return {kind: place / kind for kind in ("post", "central")}


def needed(command: click.Command, stick: Path) -> Iterator[str]:
    """Something for all that a command needs beside its folder."""
    for parameter in command.params:
        if parameter.name == "folder" or not parameter.required:
            continue
        if isinstance(parameter, click.Option):
            yield parameter.opts[0]
        match parameter.type:
            case click.Choice(choices=choices):
                yield str(next(iter(choices)))
            case click.Path(dir_okay=True):
                yield str(stick)
            case click.Path():
                yield str(stick / "out")
            case click.types.IntParamType():
                yield "1"
            case click.DateTime():
                yield "2026-01-01"
            case _ if parameter.callback is a_date:
                yield "2026-01-01"
            case _:
                yield "x=y"


def said(name: str, folder: Path, stick: Path) -> tuple[int, list[str]]:
    """Exit code and lines of a command that is given this folder."""
    given = [word.replace("STICK", str(stick)) for word in GIVEN.get(name, [])]
    given = given or list(needed(ALL[name], stick))
    umask = os.umask(0o022)
    try:
        done = CliRunner().invoke(main, [*name.split(), *given, "--dir", str(folder)])
    finally:
        os.umask(umask)  # commands set their own
    return done.exit_code, [line for line in (done.stdout + done.stderr).splitlines() if line]


def test_every_command_is_here() -> None:
    assert {"post run", "central run", "central code", "post status", "post agent", "post web", "import"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_folder_is_said_once_and_not_made(name: str, tmp_path: Path) -> None:
    folder, stick = tmp_path / "none", tmp_path / "stick"
    stick.mkdir()
    code, lines = said(name, folder, stick)
    assert (code, len(lines)) == (2, 1), lines
    assert str(folder) in lines[0] and "ready" not in lines[0]
    assert not folder.exists()


@pytest.mark.parametrize("name", ["post run", "central run", "post init", "central init", "post status", "search"])
def test_a_file_in_place_of_a_folder_is_said_once(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("nothing of ours")
    code, lines = said(name, tmp_path / "file", tmp_path)
    assert (code, len(lines)) == (2, 1), lines


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(OF_A_ROLE)])
def test_a_folder_of_the_other_kind_of_node_is_said_once(name: str, nodes: dict[str, Path], tmp_path: Path) -> None:
    folder = nodes["post" if name.startswith("central ") else "central"]
    code, lines = said(name, folder, tmp_path)
    assert (code, len(lines)) == (2, 1), lines
    assert "is a" in lines[0] and "ready" not in lines[0]
