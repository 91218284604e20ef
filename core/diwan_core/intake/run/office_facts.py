"""What a register says of offices, for small cells: the region each is in, and how many cases each has had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

from diwan_core.leaving.record_cells import is_counted
from diwan_core.leaving.small_cells import FEW_CASES
from diwan_core.leaving.templates import REPORTED
from diwan_core.register import Register

_YEAR: Final = timedelta(days=365)
_HIGHEST: Final = 50
"""Units above one another: more is a circle."""


class OfficeCases(Mapping[str, int]):
    """How many cases an office has had in the 365 days before a day, counted as far as matters. Demonstration cases and
    real ones are counted apart: none of either makes the other's office a busy one."""

    def __init__(self, register: Register, today: date, demonstration: bool) -> None:
        self._register, self._demonstration = register, demonstration
        self._days = ((today - _YEAR).isoformat(), today.isoformat())
        self._counted: dict[str, int] = {}

    def __getitem__(self, office: str) -> int:
        if office not in self._counted:
            self._counted[office] = sum(1 for _ in islice(self._cases(office), FEW_CASES)) if office else 0
        return self._counted[office]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counted)

    def __len__(self) -> int:
        return len(self._counted)

    def _cases(self, office: str) -> Iterator[str]:
        numbers = self._register.numbers(REPORTED, {"office": office, "date": self._days}, order="date")
        for record, half in self._register.plain_halves(REPORTED, numbers):
            if is_counted(half, self._demonstration):
                yield record


class _Regions(dict[str, str]):
    def __missing__(self, office: str) -> str:
        return ""


def regions_of_offices(register: Register) -> Mapping[str, str]:
    """The code of the region above the unit of each office, as the centre has written them; "" of any other."""
    units = {record: held.values for record in register.ids("unit") if (held := register.get(record)) is not None}
    found = _Regions()
    for unit in units.values():
        above: Mapping[str, Any] | None = unit
        for _ in range(_HIGHEST):
            if above is None or above.get("kind") == "region":
                break
            above = units.get(str(above.get("parent") or ""))
        if above is not None and above.get("kind") == "region" and unit.get("office"):
            found[str(unit["office"])] = str(above.get("code") or "")
    return found
