"""The plan of a country: what to buy, what it costs, stores and consumes, in numbers and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_hardware import energy, storage
from diwan_hardware.energy import Energy, Sun
from diwan_hardware.profile import Item, Profile
from diwan_hardware.purchase import Line, Order, Price, Total, bill, machines, total
from diwan_hardware.storage import Storage, Use, sized

POSTS: Final = ("post-small", "post-standard", "post-rugged")


@dataclass(frozen=True)
class Endurance:
    """How long a flash memory of the plan lasts under what is written to it."""

    key: str
    title: str
    years: float
    wanted: float

    @property
    def is_enough(self) -> bool:
        """Whether it lasts as long as the machine is meant to."""
        return self.years >= self.wanted


@dataclass(frozen=True)
class Plan:
    """Everything `diwan hardware plan` says."""

    machines: Mapping[str, int]
    lines: tuple[Line, ...]
    total: Total
    storage: Storage
    endurance: tuple[Endurance, ...]
    energy: Mapping[str, Energy]
    """Of one post of each kind ordered."""
    remarks: tuple[str, ...]


def make(
    order: Order, profiles: Mapping[str, Profile], use: Use, sun: Sun, laptops_a_post: int = 1,
    prices: Mapping[str, Price] | None = None,
) -> Plan:  # fmt: skip
    """The plan of an order. Raises BadOrder."""
    counts = machines(order, profiles)
    lines = tuple(bill(order, profiles, prices))
    posts = sum(counts.get(name, 0) for name in POSTS)
    stored = storage.needed(use, max(posts, 1))
    drawn = {
        name: energy.of_site(profiles[name], profiles, laptops_a_post, sun, order.budget, order.optional)
        for name in POSTS if counts.get(name)
    }  # fmt: skip
    lasting = tuple(_endurance(lines, stored))
    return Plan(counts, lines, total(list(lines)), stored, lasting, drawn, tuple(_remarks(lines, stored, lasting, use)))


def _endurance(lines: tuple[Line, ...], stored: Storage) -> Iterator[Endurance]:
    for line in lines:
        if line.item.flash is not None and line.profile.kind == "post" and not _is_start_only(line.item):
            years = storage.life_years(line.item.flash, stored.post_day_written)
            yield Endurance(line.key, line.item.title, round(years, 1), line.item.life_years)


def _is_start_only(item: Item) -> bool:
    """A card that only starts the machine is hardly written to."""
    return item.key == "boot-card"


def _remarks(lines: tuple[Line, ...], stored: Storage, lasting: tuple[Endurance, ...], use: Use) -> Iterator[str]:
    for line in lines:
        flash, kind = line.item.flash, line.profile.kind
        if flash is None or _is_start_only(line.item) or kind not in ("post", "central", "disk"):
            continue
        kept = {"post": stored.post_bytes, "central": stored.central_bytes, "disk": stored.backup_bytes}[kind]
        if not storage.is_enough(flash.capacity_gb, kept):
            yield (
                f"{line.key}: {sized(kept)} after {use.years} years do not fit into {flash.capacity_gb} GB "
                f"({storage.RESERVE:.0%} of it are filled at most). Order a larger one, or let posts give up old "
                "pictures."
            )
    for one in lasting:
        if not one.is_enough:
            yield (
                f"{one.key}: worn out after {one.years:g} years, before its {one.wanted:g}. Order one with a "
                "higher endurance."
            )
    for line in lines:
        if line.spare == 0 and line.item.spare_ratio > 0:
            yield f"{line.key}: no spare is bought."


def words(plan: Plan, use: Use) -> Iterator[str]:
    """The plan as lines of text."""
    yield "WHAT TO BUY"
    yield from _bought(plan)
    yield ""
    yield "WHAT IT COSTS"
    yield from _costs(plan.total)
    yield ""
    yield "WHAT IT STORES"
    yield from _stored(plan, use)
    for name, site in plan.energy.items():
        yield ""
        yield f"WHAT ONE POST DRAWS ({name})"
        yield from (
            f"  {draw.title:68.68} {draw.watts:6.1f} W × {draw.hours:4.1f} h = {draw.watt_hours:7.1f} Wh"
            for draw in site.draws
        )
        yield from (f"  {formula}" for formula in energy.formulas(site))
    if plan.remarks:
        yield ""
        yield "TO DECIDE"
        yield from (f"  {remark}" for remark in plan.remarks)


def _bought(plan: Plan) -> Iterator[str]:
    yield "  " + ", ".join(f"{count} × {name}" for name, count in plan.machines.items())
    for line in plan.lines:
        mark = "" if line.item.need == "required" else f" ({line.item.need})"
        cost = "" if line.cost is None else f"  {line.cost:,} {line.price.currency if line.price else ''}"
        yield f"  {line.used:5} + {line.spare:3} spare  {line.key:36} {line.item.title}{mark}{cost}"


def _costs(sum_: Total) -> Iterator[str]:
    if not sum_.priced:
        yield (
            "  No price is filled in. Write the bill with --csv FILE, fill in unit_price and currency, give it "
            "back with --prices FILE."
        )
        return
    yield f"  {sum_.amount:,} {sum_.currency} for {sum_.priced} of {sum_.lines} lines."
    if sum_.priced < sum_.lines:
        yield f"  {sum_.lines - sum_.priced} lines have no price yet; the real sum is higher."


def _stored(plan: Plan, use: Use) -> Iterator[str]:
    yield (
        f"  {use.cases:,} cases a year at each post, {use.pictures:g} pictures a case of {use.picture_kb:,} kB, "
        f"{use.years} years: "
        f"{sized(plan.storage.post_bytes)} at a post, {sized(plan.storage.central_bytes)} at the centre, "
        f"{sized(plan.storage.backup_bytes)} on a backup disk."
    )
    yield f"  Written to the disk of a post in a day: {sized(plan.storage.post_day_written)}."
    for one in plan.endurance:
        yield f"  {one.key}: lasts {one.years:g} years under it (wanted: {one.wanted:g})."


def facts(plan: Plan, use: Use) -> dict[str, object]:
    """The plan for programs: the object that --json prints."""
    stored = plan.storage
    return {
        "machines": dict(plan.machines),
        "lines": [_line_facts(line) for line in plan.lines],
        "total": {
            "amount": str(plan.total.amount),
            "currency": plan.total.currency,
            "priced": plan.total.priced,
            "lines": plan.total.lines,
        },
        "storage": {
            "years": use.years,
            "post_bytes": stored.post_bytes,
            "central_bytes": stored.central_bytes,
            "backup_bytes": stored.backup_bytes,
            "post_bytes_written_a_day": stored.post_day_written,
        },
        "endurance": [{"item": one.key, "years": one.years, "wanted": one.wanted} for one in plan.endurance],
        "energy": {name: _energy_facts(site) for name, site in plan.energy.items()},
        "remarks": list(plan.remarks),
    }


def _line_facts(line: Line) -> dict[str, object]:
    return {
        "item": line.key,
        "title": line.item.title,
        "need": line.item.need,
        "used": line.used,
        "spare": line.spare,
        "quantity": line.quantity,
        "unit_price": None if line.price is None else str(line.price.amount),
        "cost": None if line.cost is None else str(line.cost),
    }


def _energy_facts(site: Energy) -> dict[str, object]:
    return {
        "wh_a_day": site.day_wh,
        "watts_together": site.most_watts,
        "battery_wh": site.battery_wh,
        "battery_ah": site.battery_ah,
        "panel_wp": site.panel_wp,
        "peak_sun_hours": site.sun.peak_hours,
        "dark_days": site.sun.dark_days,
    }
