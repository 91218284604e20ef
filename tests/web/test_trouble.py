"""When the machine itself is in trouble, a person gets a plain page, and the log no word of what they typed."""

import logging
from pathlib import Path
from typing import Literal

import pytest
from diwan_core import node
from diwan_core.node import NotANode, WrongRole
from diwan_core.register import DiskFull, Register, RegisterBusy, RegisterError
from diwan_core.web.app import create_app
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.record_pages.record_blueprint import record_pages

from .conftest import Browser, Site, text_of


def troubled(post: Site, error: Exception) -> Browser:
    """A browser at a console whose register fails like this."""

    def fail(_folder: Path, _role: Literal["writer", "reader"]) -> Register:
        raise error

    app = create_app(
        post.folder,
        role="post",
        blueprints=[record_pages(CASE)],
        open_register=fail,
        open_accounts=lambda _: post.accounts,
    )
    signed = post.browser("officer")
    return Browser(app, signed.cookie, signed.token)


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (RegisterBusy("busy"), 503, "Wait a few seconds"),
        (DiskFull("full"), 507, "disk of this machine is full"),
        (RegisterError("damaged"), 503, "Call your technician"),
        (ZeroDivisionError("Mr Secret Name"), 500, "an error of the program"),
    ],
)
def test_trouble_is_a_plain_page_with_the_remedy(
    post: Site, caplog: pytest.LogCaptureFixture, error: Exception, status: int, says: str
) -> None:
    with caplog.at_level(logging.ERROR):
        browser = troubled(post, error)
        for _ in range(4):  # more often than there are readers: a failed one is not lost
            response = browser.get("/cases", q="Mr Secret Name")
            assert (response.status_code, says in text_of(response)) == (status, True)
    assert "Secret" not in caplog.text


def test_a_folder_without_a_node_gets_no_console(tmp_path: Path) -> None:
    with pytest.raises(NotANode):
        create_app(tmp_path, role="post", blueprints=[])


def test_a_posts_folder_gets_no_centres_console(post: Site) -> None:
    assert node.load(post.folder).role == "post"
    with pytest.raises(WrongRole):
        create_app(post.folder, role="central", blueprints=[])
