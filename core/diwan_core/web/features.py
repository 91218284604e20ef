"""The pages that both consoles have: cases with pictures, other records, drafts, import and export."""

from typing import Final

from flask import Blueprint

from diwan_core.web.drafts import draft_pages, orphaned, pick_reference
from diwan_core.web.drafts.edit_record import editing_pages
from diwan_core.web.drafts.new_record import reporting_pages
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.oversight import quarantine_page
from diwan_core.web.pictures import gallery_page, picture_pages, upload
from diwan_core.web.record_pages import code_lookup, conflicts, pdf, record_blueprint
from diwan_core.web.record_pages.record_blueprint import record_pages
from diwan_core.web.record_pages.register_pages import FILES, file_pages, files_navigation
from diwan_core.web.records.cases import CASES, case_navigation
from diwan_core.web.records.kinds import KINDS
from diwan_core.web.review import review_pages
from diwan_core.web.transfer import import_pages
from diwan_core.web.transfer.export_pages import export_pages

_ALONE: Final = (
    record_blueprint, picture_pages, upload, gallery_page, code_lookup, import_pages,
    draft_pages, orphaned, pick_reference, review_pages, conflicts, quarantine_page,
)  # fmt: skip
"""Rooms with pages of their own, not made for one kind of record."""

common_navigation: Final[tuple[NavigationItem, ...]] = (
    case_navigation,
    gallery_page.navigation,
    import_pages.navigation,
    files_navigation,
    review_pages.review_navigation,
    draft_pages.drafts_navigation,
)


def common_pages() -> list[Blueprint]:
    """Their blueprints, for an app of either console."""
    made = [record_pages(CASES), export_pages(CASES), pdf.report_pages(CASES)]
    made += [reporting_pages(CASES), editing_pages(CASES)]
    for kind in FILES:
        made.append(file_pages(kind))
        if kind.type in KINDS:
            made += [reporting_pages(kind), editing_pages(kind)]
    return made + [room.blueprint for room in _ALONE]
