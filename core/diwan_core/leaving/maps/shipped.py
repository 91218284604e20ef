"""Templates: those in the package and a person's own, read and checked as a whole."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from .check import check
from .template import Template, TemplateError

SUFFIX: Final = ".toml"
LARGEST: Final = 256 * 1024
"""Bytes of a template's file."""


def shipped() -> Iterator[str]:
    """Names of the templates in the package, in order."""
    yield from sorted(entry.name.removesuffix(SUFFIX) for entry in _folder().iterdir() if entry.name.endswith(SUFFIX))


def load(name: str) -> Template:
    """The template of that name in the package, or in that file (a name ending in .toml). Raises TemplateError."""
    if not name.endswith(SUFFIX):
        if name not in (known := list(shipped())):
            shown = ", ".join(known)
            raise TemplateError(name, [f"there is no such template; shipped are {shown}, or name a .toml file"])
        return parse(_folder().joinpath(name + SUFFIX).read_text(encoding="utf-8"), name)
    try:
        with Path(name).open("rb") as file:
            held = file.read(LARGEST + 1)
        text = held.decode("utf-8")
    except OSError as error:
        raise TemplateError(name, [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise TemplateError(name, ["the file is not UTF-8; save it as UTF-8"]) from error
    if len(held) > LARGEST:
        raise TemplateError(name, [f"the file is larger than {LARGEST} bytes, and no template"])
    return parse(text, name)


def parse(text: str, name: str) -> Template:
    """A template from its text. Raises TemplateError with everything that is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(name, [f"it is not TOML: {error}; text stands in quotes, lists in brackets"]) from error
    except RecursionError as error:
        raise TemplateError(name, ["its lists are nested deeper than those of a template"]) from error
    return check(table, text, name)


def _folder() -> Traversable:
    return resources.files("diwan_core.leaving").joinpath("maps", "templates")
