"""The pages both consoles have: those of every kind of record, work at hand, many records at once."""

from collections.abc import Iterator
from typing import Final

from flask import Blueprint

from diwan_core.roles import Action
from diwan_core.web.drafts import draft_pages, orphaned, pick_reference
from diwan_core.web.drafts.edit_record import editing_pages
from diwan_core.web.drafts.new_record import reporting_pages
from diwan_core.web.drafts.paper_form import paper_forms
from diwan_core.web.help.topics import TOPICS as common_topics
from diwan_core.web.home.panels import PANELS as common_panels
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kinds.kind import NUMBER, RecordKind
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _
from diwan_core.web.oversight import quarantine_page
from diwan_core.web.pictures import gallery_page, judging_page, picture_pages, upload, upload_in_pieces
from diwan_core.web.record_pages import (
    code_lookup,
    conflicts,
    evidence_label,
    object_card,
    pdf,
    record_blueprint,
    search_page,
)
from diwan_core.web.record_pages.record_blueprint import record_pages
from diwan_core.web.record_pages.register_pages import file_pages, files_navigation
from diwan_core.web.records.cultural_objects import has_objects
from diwan_core.web.release import release_page
from diwan_core.web.review import bulk_checks, bulk_gathering, review_pages
from diwan_core.web.steps import follow_up_page, step_pages
from diwan_core.web.steps.first_step_pages import first_step_pages
from diwan_core.web.transfer import import_pages, other_forms
from diwan_core.web.transfer.export_pages import export_pages

__all__ = ["common_navigation", "common_pages", "common_panels", "common_topics", "pages_of", "report_navigation"]

_ALONE: Final = (
    record_blueprint, search_page, picture_pages, upload, upload_in_pieces, gallery_page, judging_page, code_lookup,
    import_pages, draft_pages, orphaned, pick_reference, review_pages, bulk_checks, bulk_gathering, conflicts,
    release_page, quarantine_page, step_pages, follow_up_page, other_forms,
)  # fmt: skip
"""Rooms with pages of their own, not made for one kind of record."""


def _in_head(kind: RecordKind) -> NavigationItem:
    return NavigationItem(f"{kind.type}.index", lambda: _(kind.plural), kind.in_head)


common_navigation: Final[tuple[NavigationItem, ...]] = (
    *(_in_head(kind) for kind in KINDS.values() if kind.in_head),
    gallery_page.navigation,
    import_pages.navigation,
    files_navigation,
    follow_up_page.navigation,
    review_pages.review_navigation,
    draft_pages.drafts_navigation,
)
report_navigation: Final = NavigationItem(f"report_{CASE.type}.ask", lambda: _("Report"), 20)


def common_pages() -> list[Blueprint]:
    """Their blueprints, for an app of either console."""
    return [page for kind in KINDS.values() for page in pages_of(kind)] + [room.blueprint for room in _ALONE]


def pages_of(kind: RecordKind) -> Iterator[Blueprint]:
    """The blueprints of a kind: what people do with its records, and nothing else."""
    if kind.does(Action.READ_RECORDS):
        yield file_pages(kind) if kind.index == "look_up" else record_pages(kind)
    if any(not machine.part for machine in kind.record_type.machines):
        yield first_step_pages(kind)
    if kind.does(Action.EXPORT):
        yield export_pages(kind)
    if kind.printed:
        yield pdf.report_pages(kind)
        if NUMBER in kind.record_type.fields:
            yield evidence_label.evidence_labels(kind)
        if has_objects(kind):
            yield object_card.object_cards(kind)
    if kind.does(Action.REPORT):
        yield reporting_pages(kind)
        if kind.record_type.short_form:
            yield paper_forms(kind)
    if kind.does(Action.EDIT):
        yield editing_pages(kind)
