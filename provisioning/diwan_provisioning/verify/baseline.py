"""The controls that a machine must meet, from `baseline.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

FILE: Final = Path(__file__).with_name("baseline.toml")
Group = Literal["ssh", "kernel"]


@dataclass(frozen=True)
class Control:
    """One control: the value that a setting must have, or the reason why it need not."""

    id: str
    title: str
    key: str = ""
    value: str | None = None
    one_of: tuple[str, ...] = ()
    subset: tuple[str, ...] = ()
    most: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    waived: str = ""
    note: str = ""

    def holds(self, told: str) -> tuple[bool, str]:
        """Whether a value fits, and what is expected in words."""
        if self.value is not None:
            return told == self.value, self.value
        if self.one_of:
            return told in self.one_of, " or ".join(word or "not set" for word in self.one_of)
        if self.subset:
            words = [word for word in told.split(",") if word]
            return bool(words) and set(words) <= set(self.subset), f"of {', '.join(self.subset)}"
        if self.most is not None:
            return told.isdigit() and int(told) <= self.most, f"at most {self.most}"
        return False, "nothing is said about it"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def controls(group: Group) -> tuple[Control, ...]:
    """The controls of a group, in their order."""
    return tuple(_control(name, said) for name, said in _table()[group].items())


def _control(name: str, said: Mapping[str, Any]) -> Control:
    lists = {key: tuple(said[key]) for key in ("one_of", "subset") if key in said}
    return Control(id=name, **{**said, **lists})


def kernel_keys() -> list[str]:
    """Every kernel setting that is asked about."""
    return [key for control in controls("kernel") for key in control.settings]


def is_of_the_host(key: str) -> bool:
    """Whether a setting is the computer's, where the machine is a container."""
    return key.startswith(tuple(_table()["in_container"]["prefixes"]))
