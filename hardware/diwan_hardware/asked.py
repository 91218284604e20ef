"""The options that describe a country to the commands `plan` and `guide`, and the plan made from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar

import click

from diwan_hardware import plan as planning
from diwan_hardware.command_kit import profiles_option
from diwan_hardware.energy import Sun
from diwan_hardware.load import load_all
from diwan_hardware.plan import Plan
from diwan_hardware.prices import read_prices
from diwan_hardware.profile import Profile
from diwan_hardware.purchase import Order
from diwan_hardware.storage import Use

Command = TypeVar("Command", bound=Callable[..., Any])


class Asked(TypedDict):
    """What the options of `country_options` gave."""

    posts: int
    small_posts: int
    rugged_posts: int
    laptops: int
    technician_laptops: int
    central: str
    backup_disks: int | None
    budget: str
    optional: bool
    spares: float | None
    cases: int
    pictures: float
    picture_kb: int
    years: int
    sun_hours: float
    dark_days: float
    laptops_a_post: int
    prices: Path | None
    profile_folder: Path


_OPTIONS: Final = (
    click.option("--posts", default=0, help="Posts of the kind post-standard."),
    click.option("--small-posts", default=0, help="Posts of the kind post-small."),
    click.option("--rugged-posts", default=0, help="Posts of the kind post-rugged."),
    click.option("--laptops", default=0, help="Laptops of officers."),
    click.option("--technician-laptops", default=2, show_default=True, help="Laptops of technicians."),
    click.option("--central", type=click.Choice(["small", "standard", "none"]), default="small", show_default=True,
                 help="The central server."),
    click.option("--backup-disks", type=int, help="Backup disks, where not as many as the centre's profile says."),
    click.option("--budget", type=click.Choice(["usual", "tight"]), default="usual", show_default=True,
                 help="With tight, cheaper things stand in for what the profiles require."),
    click.option("--optional", is_flag=True, help="Also what is optional."),
    click.option("--spares", type=float, help="One spare ratio for everything; without it, those of the profiles."),
    click.option("--cases", default=Use.cases, show_default=True, help="Cases a year at each post."),
    click.option("--pictures", default=Use.pictures, show_default=True, help="Pictures a case."),
    click.option("--picture-kb", default=Use.picture_kb, show_default=True, help="Size of a picture in kB."),
    click.option("--years", default=Use.years, show_default=True, help="Years that are planned."),
    click.option("--sun-hours", default=Sun.peak_hours, show_default=True,
                 help="Hours of full sun a day in the worst month."),
    click.option("--dark-days", default=Sun.dark_days, show_default=True,
                 help="Days without sun that the battery bridges."),
    click.option("--laptops-a-post", default=1, show_default=True, help="Laptops that a post's power has to carry."),
    click.option("--prices", type=click.Path(path_type=Path, dir_okay=False), help="The CSV with prices filled in."),
    profiles_option,
)  # fmt: skip


def country_options(command: Command) -> Command:
    """Give a command the options that describe a country."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def order_of(asked: Asked) -> Order:
    """The order that was asked for."""
    counts = {
        "post-standard": asked["posts"],
        "post-small": asked["small_posts"],
        "post-rugged": asked["rugged_posts"],
        "officer-laptop": asked["laptops"],
        "technician-laptop": asked["technician_laptops"],
    }
    if asked["central"] != "none":
        counts[f"central-{asked['central']}"] = 1
    if asked["backup_disks"] is not None:
        counts["backup-disk"] = asked["backup_disks"]
    return Order(counts, "tight" if asked["budget"] == "tight" else "usual", asked["optional"], asked["spares"])


def planned(asked: Asked) -> tuple[Order, Use, dict[str, Profile], Plan]:
    """The order, what is taken in, the profiles, and the plan. Raises BadProfile, BadPrices, BadOrder."""
    profiles = load_all(asked["profile_folder"])
    order = order_of(asked)
    known = {f"{profile.name}/{item.key}" for profile in profiles.values() for item in profile.items}
    prices = read_prices(asked["prices"], known) if asked["prices"] else {}
    use = Use(asked["cases"], asked["pictures"], asked["picture_kb"], asked["years"])
    sun = Sun(asked["sun_hours"], asked["dark_days"])
    return order, use, profiles, planning.make(order, profiles, use, sun, asked["laptops_a_post"], prices)
