"""Mapping files: those in the package and a person's own, read and checked as a whole."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from diwan_core.dictionary import N_, Dictionary, sentence
from diwan_core.intake.faults import MappingError, Wrong
from diwan_core.intake.mapping.check import check_mapping
from diwan_core.intake.mapping.model import Mapping


def shipped_mappings() -> Iterator[str]:
    """Names of the mappings in the package."""
    for entry in sorted(
        resources.files("diwan_core.intake").joinpath("mappings").iterdir(), key=lambda item: item.name
    ):
        if entry.name.endswith(".toml"):
            yield entry.name.removesuffix(".toml")


def load(name: str, dictionary: Dictionary) -> Mapping:
    """The mapping of that name in the package, or in that file (a name ending in .toml). Raises MappingError."""
    if name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise _useless(name, N_("the file cannot be read: {error}"), error=str(error.strerror)) from error
        except UnicodeDecodeError as error:
            raise _useless(name, N_("the file is not UTF-8; save it as UTF-8")) from error
    elif name in (known := list(shipped_mappings())):
        text = resources.files("diwan_core.intake").joinpath("mappings", f"{name}.toml").read_text(encoding="utf-8")
    else:
        template = N_("there is no such mapping; shipped are {names}, or name a .toml file")
        raise _useless(name, template, names=", ".join(known))
    return parse(text, name, dictionary)


def parse(text: str, name: str, dictionary: Dictionary) -> Mapping:
    """A mapping from its text. Raises MappingError with everything that is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _useless(name, N_("it is not TOML: {error}"), error=str(error)) from error
    return check_mapping(table, name, dictionary)


def _useless(name: str, template: str, **parameters: str) -> MappingError:
    return MappingError(name, [Wrong("", sentence(template, **parameters))])
