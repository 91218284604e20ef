"""The console of a post: report a case, add pictures, look up what this post knows."""

from pathlib import Path

from diwan_core.trust.accounts import Accounts
from diwan_core.web import codes, gallery, picture_upload, pictures, report
from diwan_core.web.app import create_app
from diwan_core.web.bulk import bulk_navigation, bulk_pages
from diwan_core.web.cases import CASES, case_navigation, report_navigation
from diwan_core.web.console import OpenAccounts
from diwan_core.web.editing import editing_pages
from diwan_core.web.records import blueprint as records
from diwan_core.web.records import record_pages
from diwan_core.web.reporting import reporting_pages
from diwan_core.web.work import working_navigation, working_pages
from flask import Flask


def create_post_app(folder: Path, *, open_accounts: OpenAccounts = Accounts.open) -> Flask:
    """The console of the post in `folder`. Raises NotANode, WrongRole."""
    return create_app(
        folder,
        role="post",
        blueprints=[
            record_pages(CASES),
            *bulk_pages(),
            report.report_pages(CASES),
            reporting_pages(CASES),
            editing_pages(CASES),
            *working_pages(),
            records,
            pictures.blueprint,
            picture_upload.blueprint,
            gallery.blueprint,
            codes.blueprint,
        ],
        open_accounts=open_accounts,
        navigation=[
            case_navigation,
            gallery.navigation,
            report_navigation,
            *bulk_navigation,
            *working_navigation,
        ],
    )
