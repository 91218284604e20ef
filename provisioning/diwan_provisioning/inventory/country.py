"""Reads `country.yml`: the machines by group, each with its variables and the line on which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

GROUPS: Final = ("central", "posts", "backup_disks", "laptops")
_MAX_BYTES: Final = 4 * 1024 * 1024


class UnreadableCountry(Exception):
    """The file is not an inventory; the text names the file, the line and the remedy."""


@dataclass(frozen=True)
class Machine:
    """A machine of a group. `own` are the variables that stand beside it, `all` with those of the country."""

    name: str
    group: str
    line: int
    own: Mapping[str, Any]
    all: Mapping[str, Any]


@dataclass(frozen=True)
class Country:
    """A whole inventory."""

    path: Path
    variables: Mapping[str, Any]
    machines: tuple[Machine, ...]
    strange: Mapping[str, int] = field(default_factory=dict)
    """Groups it does not know, with their lines."""

    def of(self, group: str) -> list[Machine]:
        """The machines of a group."""
        return [machine for machine in self.machines if machine.group == group]


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: YAML would silently take the last, and a post would be missing."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key, _value in node.value:
        name = loader.construct_object(key, deep=True)
        line = key.start_mark.line + 1
        if name in seen:
            raise UnreadableCountry(
                f"line {line}: {name!r} stands there again (first in line {seen[name]}). Rename one."
            )
        seen[name] = line
    made: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=True)
    made["__lines__"] = seen
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# A vault is read by Ansible alone; here it is only a value that is there.
_Loader.add_constructor("!vault", lambda _loader, node: f"vault in line {node.start_mark.line + 1}")


def read(path: Path) -> Country:
    """Read an inventory. Raises UnreadableCountry."""
    try:
        content = path.read_bytes()
        if len(content) > _MAX_BYTES:
            raise UnreadableCountry(f"{path} is too long to be an inventory. Name the file that `provision new` wrote.")
        plain = yaml.load(content, _Loader)  # noqa: S506  a SafeLoader of our own
        return _country(path, plain)
    except OSError as error:
        raise UnreadableCountry(
            f"{path} cannot be read ({error.strerror}). Make one with `diwan provision new FOLDER`."
        ) from error
    except UnreadableCountry as error:
        raise UnreadableCountry(f"{path}: {error}".replace(f"{path}: {path}", str(path))) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UnreadableCountry(
            f"{path}{where}: {reason}. Correct that line; spaces at its beginning matter."
        ) from error


def _country(path: Path, plain: Any) -> Country:
    top = _table(plain, "the file")
    everything = _table(top.get("all"), "all")
    variables = _clean(_table(everything.get("vars") or {}, "all: vars"))
    children = _table(everything.get("children") or {}, "all: children")
    machines, strange = [], {}
    for group, content in _clean(children).items():
        if group not in GROUPS:
            strange[str(group)] = children["__lines__"][group]
            continue
        table = _table(content or {}, group)
        shared = variables | _clean(_table(table.get("vars") or {}, f"{group}: vars"))
        hosts = _table(table.get("hosts") or {}, f"{group}: hosts")
        for name, own in _clean(hosts).items():
            values = _clean(_table(own or {}, f"{group}: {name}"))
            machines.append(Machine(str(name), group, hosts["__lines__"][name], values, shared | values))
    return Country(path, variables, tuple(machines), strange)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableCountry(f"{where} is not a table of names and values. Compare it with inventories/example.")
    value.setdefault("__lines__", {})
    return value


def _clean(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != "__lines__"}
