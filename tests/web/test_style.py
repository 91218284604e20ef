"""The stylesheet: readable in both colour schemes, one sheet for both directions of writing, nothing from elsewhere."""

import re

import pytest
from diwan_core.web.kit.assets import STATIC

SHEET = (STATIC / "diwan.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", SHEET, re.S)
)

#: (text, ground): what stands on what.
TEXT = [
    *((ink, ground) for ink in ("ink", "quiet", "accent", "wrong") for ground in ("sheet", "ground")),
    ("accent-ink", "accent"),
    ("accent", "accent-soft"),
    ("ink", "accent-soft"),
    ("wrong", "wrong-soft"),
    ("warn", "warn-soft"),
    ("ink", "warn-soft"),
    ("quiet", "warn-soft"),
    ("good", "good-soft"),
    ("ink", "good-soft"),
]
LINES = [
    ("line-strong", "sheet"),
    ("line-strong", "ground"),
    ("focus", "sheet"),
    ("focus", "ground"),
    ("wrong", "sheet"),
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_the_edges_of_controls_and_the_focus_can_be_seen(colours: dict[str, str], line: str, ground: str) -> None:
    assert contrast(colours[line], colours[ground]) >= 3


def test_both_directions_share_one_sheet() -> None:
    sides = "left|right|top|bottom"
    physical = rf"[\s;{{](?:margin|padding|border|inset)-(?:{sides})|[\s;{{](?:{sides})\s*:|: (?:left|right);"
    assert re.findall(physical, SHEET) == []


def test_nothing_comes_from_elsewhere() -> None:
    assert "url(" not in SHEET and "@import" not in SHEET
