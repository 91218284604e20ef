"""A hardware profile: the machine that is refused, the machine that is bought, and the limits by which it is
accepted."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Kind = Literal["post", "central", "disk", "laptop", "network", "power"]
Need = Literal["required", "optional", "tight"]
FlashKind = Literal["sd", "emmc", "ssd"]


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """A product that fits at the time of writing, and why. Never a demand: a tender says "or equivalent"."""

    name: str
    why: str


class Flash(Struct, frozen=True, forbid_unknown_fields=True):
    """Flash memory and how much may be written to it. `source` says where the number comes from."""

    kind: FlashKind
    capacity_gb: int
    endurance_tbw: float
    source: str


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a bill of materials."""

    key: str
    title: str
    need: Need
    specification: tuple[str, ...]
    """Clauses for a tender."""
    acceptance: tuple[str, ...]
    """How the buyer sees at delivery that the clauses are met."""
    warranty_months: int
    life_years: float
    quantity: int = 1
    spare_ratio: float = 0.1
    replaces: str = ""
    """Of an item for a tight budget: the key of the required item it stands for."""
    watts: float = 0.0
    """Typical draw, in watts."""
    watts_most: float = 0.0
    operating_c: tuple[int, int] | None = None
    """Air temperature it is made for, in degrees Celsius."""
    flash: Flash | None = None
    battery_wh: float = 0.0
    examples: tuple[Example, ...] = ()
    alternatives: tuple[str, ...] = ()


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """A limit of a measured value. Either both values are upper limits (`above`) or both are lower ones (`below`)."""

    warn_above: float | None = None
    fail_above: float | None = None
    warn_below: float | None = None
    fail_below: float | None = None


class Least(Struct, frozen=True, forbid_unknown_fields=True):
    """What a machine must have. With less, provisioning refuses it."""

    memory_mb: int
    disk_gb: int
    cores: int
    architectures: tuple[str, ...]


class Bought(Struct, frozen=True, forbid_unknown_fields=True):
    """What to order, so that the machine lasts for its years."""

    memory_mb: int
    disk_gb: int
    cores: int


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of machine, or of what belongs to a site."""

    name: str
    title: str
    kind: Kind
    purpose: str
    items: tuple[Item, ...]
    avoid: tuple[str, ...]
    """What not to buy, each with the reason."""
    site: tuple[str, ...] = ()
    """What the place must offer: power, heat, dust, a lock."""
    least: Least | None = None
    bought: Bought | None = None
    limits: dict[str, Limit] = {}
    burn_in_hours: float = 0.0
    accompanied_by: dict[str, int] = {}
    """Other profiles that each machine of this one needs, with how many."""

    @property
    def warranty_months(self) -> int:
        """The warranty of the machine itself: of the first required item."""
        return next((item.warranty_months for item in self.items if item.need == "required"), 0)

    def items_of(self, need: Need) -> list[Item]:
        """The items of one need, in the order of the file."""
        return [item for item in self.items if item.need == need]


class Measure(Struct, frozen=True):
    """A value that can be measured: its unit, whether more is worse, and the range in which a limit makes sense."""

    unit: str
    more_is_worse: bool
    least: float
    most: float
    title: str


MEASURES: Final[dict[str, Measure]] = {
    "temperature_c": Measure("°C", True, 30, 110, "Temperature under load"),
    "write_mb_s": Measure("MB/s", False, 1, 20_000, "Sequential writing"),
    "read_mb_s": Measure("MB/s", False, 1, 20_000, "Sequential reading"),
    "safe_writes_per_s": Measure("per second", False, 1, 200_000, "Writes of 4 KiB that survive a power cut"),
    "drift_ppm": Measure("ppm", True, 1, 1_000, "Drift of the clock"),
    "round_trip_ms": Measure("ms", True, 1, 10_000, "Round trip to the centre"),
    "loss_percent": Measure("%", True, 0, 100, "Packets lost on the way to the centre"),
    "throughput_kbit_s": Measure("kbit/s", False, 1, 10_000_000, "Throughput from the centre"),
    "wear_percent": Measure("%", True, 1, 100, "Wear of the disk, by its own account"),
    "power_on_hours": Measure("hours", True, 1, 100_000, "Hours the disk has run, by its own account"),
}
"""Every value that a profile may limit and a check measures."""
