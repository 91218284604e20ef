"""Adds a post to an inventory that people have edited, and leaves their lines and comments as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

from diwan_provisioning.inventory.check import check
from diwan_provisioning.inventory.country import read
from diwan_provisioning.inventory.new import CannotWrite, Place, lines_of_a_post


def add_post(path: Path, post: Place) -> str:
    """Write one more post into the inventory; its name there. Nothing is written where the result would be wrong.

    Raises CannotWrite and UnreadableCountry."""
    country = read(path)
    name = _free_name([machine.name for machine in country.machines])
    lines = path.read_text("utf-8").splitlines()
    at = _end_of_posts(lines, path)
    if lines[at - 1].rstrip().endswith("hosts: {}"):
        lines[at - 1] = lines[at - 1].rstrip().removesuffix(" {}")
    lines[at:at] = lines_of_a_post(name, post)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text("\n".join(lines) + "\n", "utf-8")
    try:
        faults = [fault for fault in check(read(beside)) if fault.machine == name]
        if faults:
            raise CannotWrite("; ".join(str(fault) for fault in faults))
        if not any(machine.name == name for machine in read(beside).of("posts")):
            raise CannotWrite(f"{path} has another layout than `provision new` writes: add the post by hand.")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return name


def _free_name(taken: list[str]) -> str:
    number = 1 + max((int(found[1]) for name in taken if (found := re.fullmatch(r"post-(\d{1,6})", name))), default=0)
    return f"post-{number}"


def _end_of_posts(lines: list[str], path: Path) -> int:
    """The line after the last one of the group `posts`. Raises CannotWrite."""
    try:
        start = next(at for at, line in enumerate(lines) if re.fullmatch(r"    posts:\s*(#.*)?", line))
    except StopIteration:
        raise CannotWrite(f"{path} has no group `posts` with four spaces before it: add the post by hand.") from None
    end = start + 1
    for at in range(start + 1, len(lines)):
        if lines[at].strip() and not lines[at].startswith("     "):
            break
        if lines[at].strip():
            end = at + 1
    return end
