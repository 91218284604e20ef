"""docs/reference/commands.md: every command with its arguments, options and defaults, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from diwan_core.cli import main

INTRODUCTION: Final = """\
# Commands

Every command of Diwan. A post has those of `core` and `appliance`, a centre those of `core`, `central` and `backup`, a
technician's laptop those of `provisioning` and `hardware`. `--help` after any of them says the same.

**Exit codes**, unless a command says otherwise: 0 done; 1 refused or failed, with one line on standard error that names
the thing and the remedy; 2 wrong use, or no node in the folder. Of `diwan backup`: 0 well; 1 done, and something in it
needs a look; 2 failed. 130: stopped with Ctrl-C. With `--json`, standard output is one JSON object.
"""
ENDING: Final = "\nWritten from the commands by `python -m diwan_core.reference`.\n"


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by its whole name."""
    yield from _below("diwan", main, click.Context(main))


def _below(name: str, command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    for leaf in command.list_commands(context):
        found = command.get_command(context, leaf)
        if found is not None and not found.hidden:
            yield from _below(f"{name} {leaf}", found, context)


def page() -> str:
    """The page as Markdown."""
    lines, group = [INTRODUCTION], ""
    for name, command in every_command():
        if (first := name.split()[1]) != group:
            group = first
            lines.append(f"## diwan {group}\n")
        lines += _entry(name, command)
    return "\n".join(lines) + ENDING


def _entry(name: str, command: click.Command) -> list[str]:
    words = [f"{name}"]
    words += [argument.make_metavar(click.Context(command)) for argument in command.params if _is_argument(argument)]
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    lines = [f"### {name}\n", f"    {' '.join([*words, '[OPTIONS]'] if options else words)}\n"]
    lines.append(_text(command.help or "") + "\n")
    if options:
        lines += ["| option | default | what it is |", "|---|---|---|"]
        lines += [f"| {_spelled(option)} | {_default(option)} | {_text(option.help or '')} |" for option in options]
        lines.append("")
    return lines


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _spelled(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    kinds = f"`{option.make_metavar(click.Context(click.Command('x')))}`".replace("|", "\\|")
    return f"{names} {kinds}" + (", may be repeated" if option.multiple else "")


def _default(option: click.Option) -> str:
    default = option.default
    if option.required:
        return "must be given"
    if option.is_flag or default is None or callable(default) or str(default).startswith("Sentinel"):
        return ""
    values = default if isinstance(default, tuple | list) else (default,)
    return ", ".join(f"`{_anywhere(str(value))}`" for value in values if str(value) and "://" not in str(value))


def _anywhere(value: str) -> str:
    """A path without what is so on this machine alone."""
    tree = f"{Path(__file__).parents[3]}/"
    home = f"{Path.home()}/"
    if value.startswith(tree):
        return value.removeprefix(tree)
    return f"~/{value.removeprefix(home)}" if value.startswith(home) else value


def _text(text: str) -> str:
    one = re.sub(r"\s+", " ", inspect.cleandoc(text).replace("\b", "")).strip()
    return one.replace("|", "\\|")
