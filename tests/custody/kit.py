"""A centre and people with custodian keys of their own, by the very commands that people type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from diwan_core.cli import main

PASSWORD = "four brown goats on the pier"
NAMES = ("Amina Odeh", "Brahim Salem", "Chipo Banda")


def run(*words: object, given: str = "") -> Result:
    """A command of the product."""
    return CliRunner().invoke(main, [str(word) for word in words], input=given)


def told(*words: object, given: str = "") -> dict[str, Any]:
    """What a command says with --json, which must succeed."""
    done = run(*words, "--json", given=given)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(*words: object, given: str = "") -> str:
    """The one line by which a command refuses."""
    done = run(*words, given=given)
    assert done.exit_code in (1, 2), done.output
    return done.stderr.strip().splitlines()[-1]


@dataclass
class Person:
    """Somebody with a custodian's key."""

    name: str
    key: Path
    public: Path

    def sign(self, act: Path) -> None:
        """Sign with the right password."""
        told("custodian", "sign", act, "--key", self.key, "--yes", given=f"{PASSWORD}\n")


def person(place: Path, name: str, file: str = "") -> Person:
    """A new custodian's key."""
    path = place / f"{file or name.split(maxsplit=1)[0].lower()}.key"
    made = told("custodian", "key", name, "--out", path, given=f"{PASSWORD}\n")
    return Person(name, path, Path(made["public"]))


def name(centre: Path, people: Sequence[Person], *more: object) -> dict[str, Any]:
    """Name these people at a centre."""
    return told("custodian", "name", *(one.public for one in people), "--dir", centre, "--yes", *more)
