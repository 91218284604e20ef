"""The console of a post: report a case, add pictures, look up what this post knows."""

from pathlib import Path
from typing import Final

from diwan_core.trust.people.accounts import Accounts
from diwan_core.web.app import create_app
from diwan_core.web.features import common_navigation, common_pages, common_panels, common_topics, report_navigation
from diwan_core.web.kit.console import OpenAccounts
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.kit.topics import Topic
from diwan_core.web.language.i18n import N_, _
from flask import Flask

from diwan_appliance.course import pages
from diwan_appliance.course.course import FILE

TRAINING: Final = Topic(
    "training",
    ("course.",),
    N_("The tasks of the course, and which of them you have solved. Nothing of it leaves this post."),
)


def create_post_app(folder: Path, *, open_accounts: OpenAccounts = Accounts.open) -> Flask:
    """The console of the post in `folder`. Raises NotANode, WrongRole."""
    navigation = [*common_navigation, report_navigation]
    if (folder / FILE).exists():
        navigation.append(NavigationItem("course.index", lambda: _("Course"), 1))
    return create_app(
        folder,
        role="post",
        blueprints=[*common_pages(), pages.blueprint],
        open_accounts=open_accounts,
        navigation=navigation,
        first_page=common_panels,
        help_topics=[*common_topics, TRAINING],
    )
