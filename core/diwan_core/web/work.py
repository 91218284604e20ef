"""The pages of work both consoles share: drafts, records on file, checking, settling conflicts, what was set aside."""

from typing import Final

from flask import Blueprint

from diwan_core.web import conflicts, drafting, left_drafts, picking, review, trouble
from diwan_core.web.editing import editing_pages
from diwan_core.web.files import FILES, file_pages, files_navigation
from diwan_core.web.kinds import KINDS
from diwan_core.web.render import NavigationItem
from diwan_core.web.reporting import reporting_pages


def working_pages() -> list[Blueprint]:
    """Blueprints for both consoles, made anew for each app."""
    made = [drafting.blueprint, left_drafts.blueprint, picking.blueprint]
    made += [review.blueprint, conflicts.blueprint, trouble.blueprint]
    for kind in FILES:
        made.append(file_pages(kind))
        if kind.type in KINDS:
            made += [reporting_pages(kind), editing_pages(kind)]
    return made


working_navigation: Final[tuple[NavigationItem, ...]] = (
    files_navigation,
    review.review_navigation,
    drafting.drafts_navigation,
)
