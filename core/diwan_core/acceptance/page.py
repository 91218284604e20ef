"""An acceptance sheet as one HTML page for printing and filing, without scripts and without anything loaded from
elsewhere."""

from __future__ import annotations

from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined

from diwan_core.acceptance.sheet import Sheet

_SIGNS: Final = {"pass": "✓", "waived": "○", "warn": "!", "fail": "✗"}
_TEMPLATE: Final = "sheet.html"


def page(sheet: Sheet, signer: str = "") -> str:
    """The sheet as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = resources.files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(template).render(sheet=sheet, signs=_SIGNS, signer=signer)
