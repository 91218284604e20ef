"""What both consoles offer for many records at once: exporting lists, importing spreadsheets."""

from typing import Final

from flask import Blueprint

from diwan_core.web import imports
from diwan_core.web.cases import CASES
from diwan_core.web.exports import export_pages
from diwan_core.web.render import NavigationItem

bulk_navigation: Final[tuple[NavigationItem, ...]] = (imports.navigation,)


def bulk_pages() -> list[Blueprint]:
    """The pages' blueprints, made anew for each console."""
    return [export_pages(CASES), imports.blueprint]
