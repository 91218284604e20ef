"""The pages both consoles have: cases with their pictures, records on file, work at hand, many records at once."""

from typing import Final

from flask import Blueprint

from diwan_core.web import (
    codes,
    conflicts,
    drafting,
    gallery,
    imports,
    left_drafts,
    picking,
    picture_upload,
    pictures,
    records,
    report,
    review,
    trouble,
)
from diwan_core.web.cases import CASES, case_navigation
from diwan_core.web.editing import editing_pages
from diwan_core.web.exports import export_pages
from diwan_core.web.files import FILES, file_pages, files_navigation
from diwan_core.web.kinds import KINDS
from diwan_core.web.records import record_pages
from diwan_core.web.render import NavigationItem
from diwan_core.web.reporting import reporting_pages

_ALONE: Final = (
    records, pictures, picture_upload, gallery, codes, imports,
    drafting, left_drafts, picking, review, conflicts, trouble,
)  # fmt: skip
"""Rooms with pages of their own, not made for one kind of record."""

common_navigation: Final[tuple[NavigationItem, ...]] = (
    case_navigation,
    gallery.navigation,
    imports.navigation,
    files_navigation,
    review.review_navigation,
    drafting.drafts_navigation,
)


def common_pages() -> list[Blueprint]:
    """Their blueprints, for an app of either console."""
    made = [record_pages(CASES), export_pages(CASES), report.report_pages(CASES)]
    made += [reporting_pages(CASES), editing_pages(CASES)]
    for kind in FILES:
        made.append(file_pages(kind))
        if kind.type in KINDS:
            made += [reporting_pages(kind), editing_pages(kind)]
    return made + [room.blueprint for room in _ALONE]
