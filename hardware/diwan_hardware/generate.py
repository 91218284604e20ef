"""Writes the files generated from the profiles: `python -m diwan_hardware.generate [--check]`, in a source tree.

provisioning/hardware.json     what provisioning refuses, and the limits of acceptance
docs/reference/hardware.md     the profiles for a reader
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from diwan_hardware.bill import examples
from diwan_hardware.check.job import digest
from diwan_hardware.check.result import limit_words
from diwan_hardware.load import shipped
from diwan_hardware.profile import MEASURES, Item, Profile
from diwan_hardware.purchase import needs_of

ROOT: Final = Path(__file__).parents[2]
ASSERTS: Final = ROOT / "provisioning" / "hardware.json"
REFERENCE: Final = ROOT / "docs" / "reference" / "hardware.md"
_NEEDS: Final = {"required": "required", "optional": "optional", "tight": "tight budget"}


def asserts(profiles: Mapping[str, Profile]) -> str:
    """What provisioning and acceptance read."""
    plain = {
        "generated": "python -m diwan_hardware.generate, from hardware/profiles; do not edit",
        "profiles": {
            name: {
                "kind": profile.kind,
                "digest": digest(profile),
                "least": msgspec.to_builtins(profile.least),
                "burn_in_hours": profile.burn_in_hours,
                "limits": {key: _given(msgspec.to_builtins(limit)) for key, limit in profile.limits.items()},
            }
            for name, profile in profiles.items()
            if profile.least is not None
        },
    }
    return json.dumps(plain, indent=1) + "\n"


def _given(limit: Mapping[str, float | None]) -> dict[str, float]:
    return {key: value for key, value in limit.items() if value is not None}


def reference(profiles: Mapping[str, Profile]) -> str:
    """The profiles as Markdown."""
    return "\n".join(_reference(profiles)) + "\n"


def _reference(profiles: Mapping[str, Profile]) -> Iterator[str]:
    yield "# Hardware profiles"
    yield ""
    yield "Written from `hardware/profiles/*.toml` by `python -m diwan_hardware.generate`."
    yield "How to use them: [buy hardware](../how-to/buy-hardware.md)."
    yield ""
    yield "| profile | what for | refused below | ordered |"
    yield "|---|---|---|---|"
    for profile in profiles.values():
        yield f"| [{profile.name}](#{profile.name}) | {profile.purpose} | {_least(profile)} | {_bought(profile)} |"
    for profile in profiles.values():
        yield ""
        yield from _section(profile)


def _section(profile: Profile) -> Iterator[str]:
    yield f"## {profile.name}"
    yield ""
    yield profile.purpose
    if profile.accompanied_by:
        others = ", ".join(f"{count} × {name}" for name, count in profile.accompanied_by.items())
        yield f"Each comes with {others}."
    yield ""
    yield "| item | need | what | draws | endurance | spares | warranty | for example |"
    yield "|---|---|---|---|---|---|---|---|"
    for need, items in needs_of(profile):
        yield from (_item(item, _NEEDS[need]) for item in items)
    if profile.limits:
        yield ""
        yield "| measured | judged |"
        yield "|---|---|"
        for name, limit in profile.limits.items():
            yield f"| {MEASURES[name].title} ({MEASURES[name].unit}) | {limit_words(limit)} |"
        if profile.burn_in_hours:
            yield f"| Burn-in | {profile.burn_in_hours:g} hours |"
    for head, texts in (("The place", profile.site), ("Do not buy", profile.avoid)):
        if texts:
            yield ""
            yield f"**{head}.** " + " ".join(texts)


def _item(item: Item, need: str) -> str:
    draws = f"{item.watts:g} W" if item.watts else ""
    endurance = f"{item.flash.endurance_tbw:g} TBW" if item.flash else ""
    cells = (
        f"`{item.key}`",
        f"{need}, for `{item.replaces}`" if item.replaces else need,
        f"{item.quantity} × {item.title}" if item.quantity > 1 else item.title,
        draws,
        endurance,
        f"{item.spare_ratio:.0%}",
        f"{item.warranty_months} months",
        examples(item).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


def _least(profile: Profile) -> str:
    least = profile.least
    return f"{least.memory_mb} MB, {least.disk_gb} GB, {least.cores} cores" if least else ""


def _bought(profile: Profile) -> str:
    bought = profile.bought
    return f"{bought.memory_mb} MB, {bought.disk_gb} GB, {bought.cores} cores" if bought else ""


def wanted() -> dict[Path, str]:
    """Every generated file, and what it should hold."""
    profiles = shipped()
    return {ASSERTS: asserts(profiles), REFERENCE: reference(profiles)}


def stale() -> list[str]:
    """Generated files that are not what the profiles say."""
    return [
        str(file.relative_to(ROOT))
        for file, text in wanted().items()
        if not file.exists() or file.read_text("utf-8") != text
    ]


def main() -> None:
    """Write the files, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description="Write what is made from the hardware profiles.")
    parser.add_argument("--check", action="store_true", help="only say which files are stale")
    if parser.parse_args().check:
        found = stale()
        sys.exit(f"stale: {', '.join(found)}" if found else 0)
    for file, text in wanted().items():
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
