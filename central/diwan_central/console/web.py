"""The console of the centre: all cases of the country, the posts and their state, enrolment of new posts."""

from pathlib import Path

from diwan_core.acceptance.signature import SIGNERS
from diwan_core.trust.people.accounts import Accounts
from diwan_core.web.app import create_app
from diwan_core.web.features import common_navigation, common_pages, common_panels, common_topics
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import OpenAccounts, register
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _
from diwan_core.web.oversight.quarantine_page import trouble_navigation
from diwan_core.web.record_pages import repeated_rows
from flask import Blueprint, Flask, render_template

from diwan_central.assets.pages import asset_pages
from diwan_central.console import acceptance_pages, metrics
from diwan_central.console.agreement_pages import agreement_pages
from diwan_central.console.backup_pages import backup_pages
from diwan_central.console.confirmation_pages import post_page
from diwan_central.console.department_pages import department_pages
from diwan_central.console.enrolment_pages import Enrol, MakeCode, code_pages, machine_routes
from diwan_central.console.equivalent_pages import equivalent_pages
from diwan_central.console.post_panels import post_panels
from diwan_central.console.post_rows import STATES, post_rows
from diwan_central.console.price_pages import price_pages
from diwan_central.console.scope_pages import scope_pages
from diwan_central.console.setting_pages import setting_pages
from diwan_central.console.topics import TOPICS
from diwan_central.console.unit_pages import unit_pages
from diwan_central.days import now_ms
from diwan_central.network.console_certificates import certify
from diwan_central.network.renewal import renew
from diwan_central.privacy import retention_pages, run_pages, subject_pages
from diwan_central.rollout.pages import rollout_pages


def post_pages() -> Blueprint:
    """The posts and how they are doing."""
    blueprint = Blueprint("posts", __name__, template_folder="templates")

    @blueprint.get("/posts")
    @may(Action.SEE_POSTS)
    def index() -> str:
        """The posts of the country and how they stand."""
        posts = post_rows(register().nodes(), now_ms(), register().rows_of_nodes())
        late, revoked, waiting = (sum(getattr(row, name) for row in posts) for name in ("late", "revoked", "waits"))
        return render_template(
            "console/posts.html", posts=posts, states=STATES, late=late, waiting=waiting, enrolled=len(posts) - revoked
        )

    return blueprint


def create_central_app(
    folder: Path,
    *,
    enrol: Enrol | None = None,
    make_code: MakeCode | None = None,
    open_accounts: OpenAccounts = Accounts.open,
    signers: Path = SIGNERS,
) -> Flask:
    """The console of the centre in `folder`. Raises NotANode, WrongRole."""
    if enrol is None or make_code is None:
        from diwan_central.network import central_enrolment

        enrol, make_code = enrol or central_enrolment.enrol, make_code or central_enrolment.make_code
    return create_app(
        folder,
        role="central",
        blueprints=[
            *common_pages(),
            repeated_rows.blueprint,
            post_pages(),
            post_page(),
            acceptance_pages.blueprint,
            metrics.blueprint,
            code_pages(make_code),
            asset_pages(signers),
            backup_pages(),
            unit_pages(),
            scope_pages(),
            price_pages(),
            equivalent_pages(),
            agreement_pages(),
            setting_pages(),
            department_pages(),
            rollout_pages(),
            retention_pages.blueprint,
            run_pages.blueprint,
            subject_pages.blueprint,
            machine_routes(enrol, renew, certify),
        ],
        open_accounts=open_accounts,
        first_page=[*common_panels, *post_panels],
        help_topics=[*common_topics, *TOPICS],
        navigation=[
            *common_navigation,
            repeated_rows.navigation,
            trouble_navigation,
            acceptance_pages.navigation,
            NavigationItem("posts.index", lambda: _("Posts"), 30),
            NavigationItem("assets.index", lambda: _("Machines"), 32),
            NavigationItem("backups.index", lambda: _("Backups"), 34),
            NavigationItem("scopes.index", lambda: _("Who reads what"), 31),
            NavigationItem("units.index", lambda: _("Units"), 36),
            NavigationItem("prices.index", lambda: _("Prices"), 37),
            NavigationItem("equivalents.index", lambda: _("Doses and equivalents"), 41),
            NavigationItem("departments.index", lambda: _("Departments"), 39),
            NavigationItem("agreements.index", lambda: _("Agreements"), 40),
            NavigationItem("settings.index", lambda: _("National settings"), 38),
            NavigationItem("retention.index", lambda: _("Retention"), 35),
            subject_pages.navigation,
            NavigationItem("rollout.index", lambda: _("Roll-out"), 33),
        ],
    )
