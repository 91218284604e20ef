"""Changes the settings of backups, by a person or by provisioning on each run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from diwan_core.archives import settings as all_settings
from diwan_core.archives.settings import BadSettings, Settings

NUMBERS: Final[dict[str, tuple[int, int]]] = {
    "media": (1, 5),
    "first_hours": (1, 24 * 30),
    "second_days": (1, 90),
    "drill_days": (7, 100),
    "erased_days": (1, 400),
    "daily": (1, 400),
    "weekly": (0, 400),
    "monthly": (0, 400),
}
"""What may be changed, from and to."""
TAIL: Final = "tail"


def with_changes(settings: Settings, given: tuple[str, ...]) -> Settings:
    """The settings with NAME=VALUE changed. Raises BadSettings."""
    values: dict[str, int | str] = {}
    for one in given:
        name, _, text = one.partition("=")
        if name == TAIL:
            values[name] = _place_of_tail(text)
            continue
        if name not in NUMBERS:
            raise BadSettings(f"{name!r} is nothing that can be agreed; there are: {', '.join([*NUMBERS, TAIL])}")
        low, high = NUMBERS[name]
        if not text.isdecimal() or not low <= int(text) <= high:
            raise BadSettings(f"{name} must be a whole number from {low} to {high}, not {text!r}")
        values[name] = int(text)
    return msgspec.structs.replace(settings, **values)


def _place_of_tail(text: str) -> str:
    if text and not (text.startswith("/") and text.isprintable()):
        raise BadSettings(f"tail must be a folder by its whole path, or empty, not {text!r}")
    return text


def configure(folder: Path, given: tuple[str, ...]) -> bool:
    """Change what was agreed; whether it is another than before. Raises BadSettings, OSError."""
    before = all_settings.load(folder)
    after = with_changes(before, given)
    if after == before:
        return False
    all_settings.save(folder, after)
    return True
