"""The purchase for a country: the lines of a bill of materials, worked out from counts of machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from diwan_hardware.profile import Item, Need, Profile

Budget = Literal["usual", "tight"]
MOST_MACHINES: Final = 100_000


class BadOrder(Exception):
    """The order makes no sense; the message names the count and says what to write."""


@dataclass(frozen=True)
class Order:
    """How many machines of each profile, and how they are bought. `spares` overrides the ratios of the profiles."""

    counts: Mapping[str, int]
    budget: Budget = "usual"
    optional: bool = False
    spares: float | None = None


@dataclass(frozen=True)
class Price:
    """What one piece costs, as the administration was offered it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Line:
    """One thing to buy: how many are used, and how many lie in reserve."""

    profile: Profile
    item: Item
    used: int
    spare: int
    price: Price | None = field(default=None)

    @property
    def key(self) -> str:
        """What the line is called in files, such as `post-standard/ssd`."""
        return f"{self.profile.name}/{self.item.key}"

    @property
    def quantity(self) -> int:
        """How many are bought."""
        return self.used + self.spare

    @property
    def cost(self) -> Decimal | None:
        """What the line costs, where it is priced."""
        return None if self.price is None else self.price.amount * self.quantity


def machines(order: Order, profiles: Mapping[str, Profile]) -> dict[str, int]:
    """How many of each profile are needed, with those that accompany others. Raises BadOrder."""
    found: dict[str, int] = {}
    for name, count in order.counts.items():
        if name not in profiles:
            raise BadOrder(f"{name!r} is not a profile. Profiles are {', '.join(profiles)}.")
        if not 0 <= count <= MOST_MACHINES:
            raise BadOrder(f"{name}: {count} machines are impossible. Write 0 to {MOST_MACHINES}.")
        found[name] = found.get(name, 0) + count
        for other, each in profiles[name].accompanied_by.items():
            if other not in order.counts:  # a count that was given is not overruled
                found[other] = found.get(other, 0) + count * each
    if not any(found.values()):
        raise BadOrder("Nothing is ordered. Say at least how many posts: --posts 24.")
    return {name: found[name] for name in profiles if found.get(name)}


def bill(order: Order, profiles: Mapping[str, Profile], prices: Mapping[str, Price] | None = None) -> list[Line]:
    """Every line of the order, by profile. Raises BadOrder."""
    if order.spares is not None and not 0 <= order.spares <= 2:
        raise BadOrder(f"A spare ratio of {order.spares:g} is impossible. Write 0 to 2; 0.1 is one spare for ten.")
    prices = prices or {}
    lines = []
    for name, count in machines(order, profiles).items():
        profile = profiles[name]
        for item in _chosen(profile, order):
            used = count * item.quantity
            ratio = item.spare_ratio if order.spares is None else order.spares
            line = Line(profile, item, used, _rounded_up(used, ratio))
            lines.append(Line(profile, item, used, line.spare, prices.get(line.key)))
    return lines


def _chosen(profile: Profile, order: Order) -> list[Item]:
    cheaper = {item.replaces: item for item in profile.items_of("tight")} if order.budget == "tight" else {}
    chosen = [cheaper.get(item.key, item) for item in profile.items_of("required")]
    return chosen + (profile.items_of("optional") if order.optional else [])


def _rounded_up(used: int, ratio: float) -> int:
    """Spares for so many: a country with one machine still needs one in reserve. Exact, since 0.1 × 10 must be 1."""
    return math.ceil(used * Fraction(str(ratio)))


@dataclass(frozen=True)
class Total:
    """What the priced lines cost together, and how many are not priced."""

    currency: str
    amount: Decimal
    priced: int
    lines: int


def total(lines: list[Line]) -> Total:
    """The sum of what is priced; prices of one file are of one currency."""
    costs = [cost for line in lines if (cost := line.cost) is not None]
    currency = next((line.price.currency for line in lines if line.price), "")
    return Total(currency, sum(costs, Decimal(0)), len(costs), len(lines))


def needs_of(profile: Profile) -> list[tuple[Need, list[Item]]]:
    """The items of a profile by need, required ones first."""
    needs: tuple[Need, ...] = ("required", "optional", "tight")
    return [(need, items) for need in needs if (items := profile.items_of(need))]
