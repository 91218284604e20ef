"""An older release beside the present one: the product's modules made a second time, with an earlier dictionary.

A node of a process scenario gets its dictionary from the environment of its process. Here all nodes are in one process.
So the rooms that know the dictionary are imported again under the same names, and while a machine with the older
release stands at the doors, these names, and those by which the simulation calls the product, mean the older ones."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY

VERSIONS: Final = tuple(range(1, DICTIONARY.version))
"""The dictionaries of older releases."""
_ROOMS: Final = ("dictionary", "register", "exchange")
_MADE_AGAIN: Final = (*(f"diwan_core.{room}" for room in _ROOMS), "diwan_appliance", "diwan_central")
_DATABASE: Final = "diwan_core.register.storage.database"
_SHARED: Final = (_DATABASE, "diwan_core.register.storage.unsynced")
"""Their errors, and what they remember, are the same whichever release runs. All that the first knows of a dictionary
is the mark of the schema."""
_SCHEMA: Final = "diwan_core.register.storage.schema"
_CALLERS: Final = ("tests.simulation", "tests.exchange.network")


class Release:
    """The product's modules with one dictionary, and how the simulation's names are led to them."""

    def __init__(self, modules: dict[str, ModuleType]) -> None:
        self._modules = modules
        self._loaded = 0
        """How many modules there were when it was entered: one more says that something was imported late."""
        database = vars(sys.modules[_DATABASE])
        self._names: list[tuple[dict[str, Any], str, Any]] = [(database, "MARK", vars(modules[_SCHEMA])["MARK"])]

    def enter(self) -> None:
        """From now on the product's names mean this release."""
        sys.modules.update(self._modules)
        self._loaded = len(sys.modules)
        for names, name, meant in self._names:
            names[name] = meant

    def leave(self, other: Release) -> None:
        """Nothing of it is found by its name any more once the other one is entered; what was imported late is kept
        with the rest."""
        if len(sys.modules) != self._loaded:
            self._modules = _taken_away()
            return
        for name in self._modules.keys() - other._modules.keys():
            del sys.modules[name]

    def lead(self, other: Release) -> None:
        """Find every name of the simulation that comes from the other release and means something in this one too."""
        for module in [one for name, one in sorted(sys.modules.items()) if name.startswith(_CALLERS)]:
            names = vars(module)
            for name, meant in list(names.items()):
                if (same := self._same(meant, other)) is not None:
                    self._names.append((names, name, same))
                    other._names.append((names, name, meant))

    def _same(self, meant: Any, other: Release) -> Any:
        if isinstance(meant, ModuleType):
            return self._modules.get(meant.__name__) if other._modules.get(meant.__name__) is meant else None
        home = other._modules.get(getattr(meant, "__module__", None) or "")
        name = getattr(meant, "__name__", "")
        if home is None or getattr(home, name, None) is not meant:
            return None
        return getattr(self._modules[home.__name__], name, None)


def _product() -> dict[str, ModuleType]:
    return {name: one for name, one in sys.modules.items() if name.startswith(_MADE_AGAIN) and name not in _SHARED}


def _taken_away() -> dict[str, ModuleType]:
    found = _product()
    for name in found:
        del sys.modules[name]
    return found


@cache
def _with_dictionary(version: int) -> dict[str, ModuleType]:
    """The product's modules with an older dictionary; those of the present release stay in place."""
    rooms = {room: getattr(sys.modules["diwan_core"], room) for room in _ROOMS}
    present = _taken_away()
    os.environ["DIWAN_DICTIONARY_VERSION"] = str(version)
    try:
        for name in present:
            importlib.import_module(name)
    finally:
        del os.environ["DIWAN_DICTIONARY_VERSION"]
        older = _taken_away()
        sys.modules.update(present)
        for room, module in rooms.items():
            setattr(sys.modules["diwan_core"], room, module)
    return older


class Releases:
    """Which release is in force: the present one, or for a while an older one."""

    def __init__(self) -> None:
        self._present: Release | None = None
        self._older: dict[int, Release] = {}
        self._now = 0

    @contextmanager
    def using(self, version: int) -> Iterator[None]:
        """Inside, the product knows this dictionary; 0 is the present one."""
        before = self._now
        self._turn_to(version)
        try:
            yield
        finally:
            self._turn_to(before)

    def _turn_to(self, version: int) -> None:
        if version == self._now:
            return
        if version and self._now:
            self._turn_to(0)
        if self._present is None:
            self._present = Release(_product())
        turned, left = self._find(version), self._find(self._now)
        left.leave(turned)
        turned.enter()
        self._now = version

    def _find(self, version: int) -> Release:
        assert self._present is not None
        if version and version not in self._older:
            made = self._older[version] = Release(_with_dictionary(version))
            made.lead(self._present)
        return self._older[version] if version else self._present
