"""The energy that a site uses in a day, and the battery and solar panel that supply it. Each formula is written where
it is used.

Sources: IEEE Std 1562 and 1013 (sizing of stand-alone systems: daily load, days of autonomy, depth of discharge), IEC
61724-1 (performance ratio), the Global Solar Atlas (globalsolaratlas.info) for the sun of a place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_hardware.profile import Profile
from diwan_hardware.purchase import BadOrder, Budget

CONVERSION: Final = 0.85
"""Part of the energy that is left after charge controller and converters (MPPT about 0.95, 12 V to 5 V about 0.9)."""
DEPTH: Final = 0.8
"""Part of a LiFePO4 battery's capacity that is used, so that it lasts some 3,000 nights; lead allows 0.5."""
PERFORMANCE: Final = 0.65
"""Performance ratio of a small off-grid system: heat, dust, cables, a battery that is full at noon (IEC 61724-1)."""
VOLTS: Final = 12.8
"""Nominal voltage of a battery of four LiFePO4 cells."""


@dataclass(frozen=True)
class Sun:
    """What the place gives: hours of full sun in the worst month, and days the battery bridges without sun."""

    peak_hours: float = 4.0
    dark_days: float = 2.0


@dataclass(frozen=True)
class Draw:
    """One thing that draws power at a site."""

    title: str
    watts: float
    hours: float

    @property
    def watt_hours(self) -> float:
        """Energy in a day."""
        return self.watts * self.hours


@dataclass(frozen=True)
class Energy:
    """What one site draws, and the solar set that carries it."""

    draws: tuple[Draw, ...]
    day_wh: float
    most_watts: float
    battery_wh: int
    battery_ah: int
    panel_wp: int
    sun: Sun


_HOURS: Final[Mapping[str, float]] = {"screen-set": 10.0, "tablet": 10.0, "laptop": 10.0}
"""Hours a day of what is not on all day."""


def of_site(profile: Profile, profiles: Mapping[str, Profile], laptops: int, sun: Sun, budget: Budget = "usual",
            optional: bool = False) -> Energy:  # fmt: skip
    """What one post of a profile draws in a day with this many laptops beside it. Raises BadOrder."""
    if not 0.5 <= sun.peak_hours <= 9:
        raise BadOrder(f"{sun.peak_hours:g} hours of full sun a day are impossible. Write 0.5 to 9; deserts reach 7.")
    if not 0 <= sun.dark_days <= 14:
        raise BadOrder(f"{sun.dark_days:g} days without sun are not a size for a battery. Write 0 to 14; 2 is usual.")
    draws = list(_draws(profile, budget, optional))
    for name, count in profile.accompanied_by.items():
        draws += [Draw(draw.title, draw.watts * count, draw.hours) for draw in _draws(profiles[name], budget, optional)]
    officer = profiles.get("officer-laptop")
    if laptops and officer is not None:
        watts = max(draw.watts for draw in _draws(officer, budget, optional=False))
        draws.append(Draw("Laptops of officers", watts * laptops, _HOURS["laptop"]))
    day = sum(draw.watt_hours for draw in draws)
    # battery = energy of a day × days without sun (at least one night) ÷ (usable depth × conversion)
    battery = day * max(sun.dark_days, 0.6) / (DEPTH * CONVERSION)
    # panel = energy of a day ÷ (hours of full sun × performance ratio)
    panel = day / (sun.peak_hours * PERFORMANCE)
    most = sum(draw.watts for draw in draws)
    return Energy(
        tuple(draws), round(day, 1), round(most, 1), _up(battery, 10), math.ceil(battery / VOLTS), _up(panel, 10), sun
    )  # fmt: skip


def _draws(profile: Profile, budget: Budget, optional: bool) -> Iterable[Draw]:
    cheaper = {item.replaces: item for item in profile.items_of("tight")} if budget == "tight" else {}
    items = [cheaper.get(item.key, item) for item in profile.items_of("required")]
    for item in items + (profile.items_of("optional") if optional else []):
        if item.watts:
            yield Draw(item.title, item.watts * item.quantity, _HOURS.get(item.key, 24.0))


def _up(value: float, step: int) -> int:
    return math.ceil(round(value, 6) / step) * step


def formulas(energy: Energy) -> list[str]:
    """The arithmetic as sentences, with the numbers in it."""
    day, sun = energy.day_wh, energy.sun
    return [
        f"Energy of a day: sum of watts × hours = {day:g} Wh.",
        f"Battery (LiFePO4): {day:g} Wh × {max(sun.dark_days, 0.6):g} days ÷ ({DEPTH:g} usable × {CONVERSION:g} "
        "conversion) "
        f"= {energy.battery_wh} Wh, {energy.battery_ah} Ah at {VOLTS:g} V.",
        f"Panel: {day:g} Wh ÷ ({sun.peak_hours:g} h of full sun in the worst month × performance ratio "
        f"{PERFORMANCE:g}) "
        f"= {energy.panel_wp} W.",
        "Sources: IEEE Std 1562 and 1013; IEC 61724-1; hours of sun: globalsolaratlas.info.",
    ]
