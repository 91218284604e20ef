"""`diwan hardware …`: what to buy, papers for it, and whether what was delivered is what was ordered."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core.console_line import json_option, say

from diwan_hardware import plan as planning
from diwan_hardware.check.commands import check
from diwan_hardware.energy import Sun
from diwan_hardware.load import load_all
from diwan_hardware.prices import read_prices
from diwan_hardware.purchase import Order
from diwan_hardware.storage import Use
from diwan_hardware.telling import out_file, plain, profiles_option, write


@click.group()
def hardware() -> None:
    """Plan and buy the hardware of a country, and test what is delivered."""


hardware.add_command(check)


@hardware.command("plan")
@click.option("--posts", default=0, help="Posts of the kind post-standard.")
@click.option("--small-posts", default=0, help="Posts of the kind post-small.")
@click.option("--rugged-posts", default=0, help="Posts of the kind post-rugged.")
@click.option("--laptops", default=0, help="Laptops of officers.")
@click.option("--technician-laptops", default=2, show_default=True, help="Laptops of technicians.")
@click.option("--central", type=click.Choice(["small", "standard", "none"]), default="small", show_default=True,
              help="The central server.")  # fmt: skip
@click.option("--backup-disks", type=int, help="Backup disks, where not as many as the profile of the centre says.")
@click.option("--budget", type=click.Choice(["usual", "tight"]), default="usual", show_default=True,
              help="With tight, cheaper things stand in for what the profiles require.")  # fmt: skip
@click.option("--optional", is_flag=True, help="Also what is optional.")
@click.option(
    "--spares", type=float, help="One spare ratio for everything, such as 0.1; without it, those of the profiles."
)
@click.option("--cases", default=Use.cases, show_default=True, help="Cases a year at each post.")
@click.option("--pictures", default=Use.pictures, show_default=True, help="Pictures a case.")
@click.option("--picture-kb", default=Use.picture_kb, show_default=True, help="Size of a picture in kB.")
@click.option("--years", default=Use.years, show_default=True, help="Years that are planned.")
@click.option(
    "--sun-hours", default=Sun.peak_hours, show_default=True, help="Hours of full sun a day in the worst month."
)
@click.option(
    "--dark-days", default=Sun.dark_days, show_default=True, help="Days without sun that the battery bridges."
)
@click.option("--laptops-a-post", default=1, show_default=True, help="Laptops that a post's power has to carry.")
@click.option("--prices", type=click.Path(path_type=Path, dir_okay=False), help="The CSV with prices filled in.")
@click.option("--csv", "csv_file", type=out_file, help="Write the bill of materials as CSV, to be filled in.")
@click.option("--xlsx", "xlsx_file", type=out_file, help="Write the bill of materials as a workbook.")
@profiles_option
@json_option
@plain
def plan_command(
    posts: int, small_posts: int, rugged_posts: int, laptops: int, technician_laptops: int, central: str,
    backup_disks: int | None, budget: str, optional: bool, spares: float | None, cases: int, pictures: float,
    picture_kb: int, years: int, sun_hours: float, dark_days: float, laptops_a_post: int, prices: Path | None,
    csv_file: Path | None, xlsx_file: Path | None, profile_folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Say what to buy for a country, what it costs, stores and draws."""
    profiles = load_all(profile_folder)
    counts = {
        "post-standard": posts, "post-small": small_posts, "post-rugged": rugged_posts, "officer-laptop": laptops,
        "technician-laptop": technician_laptops,
    }  # fmt: skip
    if central != "none":
        counts[f"central-{central}"] = 1
    if backup_disks is not None:
        counts["backup-disk"] = backup_disks
    order = Order(counts, "tight" if budget == "tight" else "usual", optional, spares)
    known = {f"{profile.name}/{item.key}" for profile in profiles.values() for item in profile.items}
    given = read_prices(prices, known) if prices else {}
    use = Use(cases, pictures, picture_kb, years)
    made = planning.make(order, profiles, use, Sun(sun_hours, dark_days), laptops_a_post, given)
    if csv_file or xlsx_file:
        from diwan_hardware.bill import as_csv, as_workbook

        if csv_file:
            write(csv_file, as_csv(made.lines).encode("utf-8-sig"))  # Excel reads UTF-8 only with its mark
        if xlsx_file:
            write(xlsx_file, as_workbook(order, profiles, made.lines))
    say(as_json, "\n".join(planning.words(made, use)), **planning.facts(made, use))


@hardware.command("profiles")
@profiles_option
@json_option
@plain
def profiles_command(profile_folder: Path, as_json: bool) -> None:
    """List the profiles, and refuse impossible ones."""
    profiles = load_all(profile_folder)
    lines = [f"{name:18} {profile.title}: {profile.purpose}" for name, profile in profiles.items()]
    say(as_json, "\n".join(lines), profiles={name: profile.title for name, profile in profiles.items()})
