"""Makes a console: one Flask app from the parts of the kit and the pages that a unit chooses.

The app refuses to be made when a route has no access decision (`access.refuse_undeclared`).
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final, Literal

from flask import Blueprint, Flask, Request

from diwan_core import node
from diwan_core.register import Register
from diwan_core.trust.people.accounts import Accounts
from diwan_core.web.accounts import approvals, authority_page, own_account, sign_in, users
from diwan_core.web.help import help_pages
from diwan_core.web.kit import (
    access,
    access_log,
    console,
    errors,
    gate,
    headers,
    indentation,
    packing,
    panels,
    row_numbers,
    site_pages,
    template_context,
    topics,
    well_formed,
)
from diwan_core.web.kit.access import FORM_LIMIT
from diwan_core.web.kit.panels import Panel
from diwan_core.web.kit.spool import IN_MEMORY, spool
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.kit.topics import Topic
from diwan_core.web.oversight import access_log_page
from diwan_core.web.transfer import job_sweep

PARTS_LIMIT: Final = 600


class ConsoleRequest(Request):
    """A request whose uploaded files are spooled inside the node's data folder, never in a system-wide /tmp; those of a
    route that takes little stay in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        most = self.max_content_length
        return io.BytesIO() if most is not None and most <= IN_MEMORY else spool()


def _open_register(folder: Path, role: Literal["writer", "reader"]) -> Register:
    return Register.open(folder, role=role)


def create_app(
    folder: Path,
    *,
    role: node.Role,
    blueprints: Iterable[Blueprint],
    navigation: Iterable[NavigationItem] = (),
    first_page: Iterable[Panel] = (),
    help_topics: Iterable[Topic] = (),
    open_register: console.OpenRegister = _open_register,
    open_accounts: console.OpenAccounts = Accounts.open,
) -> Flask:
    """The console of the node in `folder`. Raises NotANode, WrongRole, UndeclaredRoute.

    Nothing is opened yet: register and accounts are, at the first request that needs them."""
    config = node.load(folder, role=role)
    app = Flask("diwan_core.web", static_folder=None)
    app.request_class = ConsoleRequest
    app.config["MAX_CONTENT_LENGTH"] = FORM_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_LIMIT
    app.config["MAX_FORM_PARTS"] = PARTS_LIMIT
    packing.install(app)
    indentation.install(app)
    row_numbers.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    console.install(app, console.Console(app, folder, config, open_register, open_accounts))
    access_log.install(app)
    job_sweep.install(app, folder)
    gate.install(app)
    headers.install(app)
    errors.install(app)
    template_context.install(app, [*navigation, users.navigation, approvals.navigation, access_log_page.navigation])
    panels.install(app, first_page)
    topics.install(app, help_topics)
    for blueprint in (
        site_pages.blueprint,
        authority_page.blueprint,
        sign_in.blueprint,
        users.blueprint,
        approvals.blueprint,
        own_account.blueprint,
        help_pages.blueprint,
        access_log_page.blueprint,
        *blueprints,
    ):
        app.register_blueprint(blueprint)
    well_formed.install(app)
    access.refuse_undeclared(app)
    return app
