"""The commands `diwan hardware …`: plan purchases, write documents, and check delivered machines."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click
from diwan_core.console_line import json_option, say

from diwan_hardware import plan as planning
from diwan_hardware.asked import Asked, country_options, planned
from diwan_hardware.asset_tag import asset_tag
from diwan_hardware.check_commands import check, sign
from diwan_hardware.command_kit import out_file, plain, profiles_option, write
from diwan_hardware.load import load_all


@click.group()
def hardware() -> None:
    """Plan and buy the hardware of a country, and test what is delivered."""


hardware.add_command(check)
hardware.add_command(sign)


@hardware.command("plan")
@country_options
@click.option("--csv", "csv_file", type=out_file, help="Write the bill of materials as CSV, to be filled in.")
@click.option("--xlsx", "xlsx_file", type=out_file, help="Write the bill of materials as a workbook.")
@json_option
@plain
def plan_command(csv_file: Path | None, xlsx_file: Path | None, as_json: bool, **asked: Unpack[Asked]) -> None:
    """Say what to buy for a country, what it costs, stores and consumes."""
    order, use, profiles, made = planned(asked)
    if csv_file or xlsx_file:
        from diwan_hardware.bill import as_csv, as_workbook

        if csv_file:
            write(csv_file, as_csv(made.lines).encode("utf-8-sig"))  # Excel reads UTF-8 only with its mark
        if xlsx_file:
            write(xlsx_file, as_workbook(order, profiles, made.lines))
    say(as_json, "\n".join(planning.words(made, use)), **planning.facts(made, use))


@hardware.command("guide")
@click.argument("file", type=out_file)
@country_options
@click.option("--administration", default="", help="Name of the administration, on the first page.")
@click.option("--reference", default="", help="Number of the tender or the letter.")
@click.option("--date", default="", help="Date of the document, as it is to stand there.")
@json_option
@plain
def guide_command(
    file: Path, administration: str, reference: str, date: str, as_json: bool, **asked: Unpack[Asked]
) -> None:
    """Write the guide to buying for a country into FILE (PDF), with clauses for a tender."""
    from diwan_hardware.paper.guide import Buyer, guide
    from diwan_hardware.paper.html import press

    order, use, profiles, made = planned(asked)
    write(file, press(guide(Buyer(administration, reference, date), order, made, use, profiles)))
    say(as_json, f"{file} is written", file=str(file), machines=dict(made.machines))


@hardware.command("labels")
@click.argument("file", type=out_file)
@click.option("--prefix", required=True, help="Letters before the numbers, such as the country's code.")
@click.option("--first", default=1, show_default=True, help="First number.")
@click.option("--count", default=24, show_default=True, help="How many labels.")
@click.option("--owner", default="", help="Name of the administration.")
@click.option("--kind", default="", help="What the labels are for, such as post-standard.")
@click.option("--used", default=0, show_default=True, help="Labels already used on the first sheet.")
@click.option("--columns", default=3, show_default=True, help="Labels beside each other.")
@click.option("--rows", default=8, show_default=True, help="Labels below each other.")
@click.option("--width", default=70.0, show_default=True, help="Width of a label in mm.")
@click.option("--height", default=37.0, show_default=True, help="Height of a label in mm.")
@click.option("--left", default=0.0, show_default=True, help="Margin at the left in mm.")
@click.option("--top", default=0.5, show_default=True, help="Margin at the top in mm.")
@json_option
@plain
def labels_command(
    file: Path, prefix: str, first: int, count: int, owner: str, kind: str, used: int, columns: int, rows: int,
    width: float, height: float, left: float, top: float, as_json: bool,
) -> None:  # fmt: skip
    """Write sheets of asset labels with QR codes into FILE (PDF, A4)."""
    from diwan_hardware.paper.html import press
    from diwan_hardware.paper.labels import MOST, BadSheet, Sheet, labels

    if not 1 <= count <= MOST:
        raise BadSheet(f"{count} labels: write 1 to {MOST} at once.")
    tags = [asset_tag(prefix, number) for number in range(first, first + count)]
    sheet = Sheet(columns, rows, width, height, left, top)
    write(file, press(labels(tags, sheet, owner, kind, used)))
    say(as_json, f"{file} is written: {tags[0]} to {tags[-1]}", file=str(file), first=tags[0], last=tags[-1])


@hardware.command("profiles")
@profiles_option
@json_option
@plain
def profiles_command(profile_folder: Path, as_json: bool) -> None:
    """List the profiles, and refuse impossible ones."""
    profiles = load_all(profile_folder)
    lines = [f"{name:18} {profile.title}: {profile.purpose}" for name, profile in profiles.items()]
    say(as_json, "\n".join(lines), profiles={name: profile.title for name, profile in profiles.items()})
