"""The command line leaves the same trace as a page: what it shows of people is in the log."""

from __future__ import annotations

import pytest
from diwan_core.register import Edit, Register
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import FILE, Logged, ReadLog

from .conftest import Post
from .test_exporting import CASE


@pytest.fixture
def record(post: Post) -> str:
    with Register.open(post.folder, role="writer") as register:
        return register.save([Edit("case", CASE)], author="amal").records[0]


def logged(post: Post) -> list[Logged]:
    log = ReadLog.open(post.folder)
    try:
        assert log.verify() is None
        return log.page()
    finally:
        log.close()


def test_show_search_and_exports_are_logged(post: Post, record: str) -> None:
    post.run("show", record)
    post.run("search", "salim", "haddad")
    post.run("export", "case", "--nominal", "--where", "office=JOAQJ")
    post.run("export", "case")
    counted, reduced, export, search, show = logged(post)
    assert (show.how, show.record, show.role) == ("command line", record, "command line") and show.person
    shown, searched, exported = event_of(show.detail), event_of(search.detail), event_of(export.detail)
    assert shown is not None and shown.code == "record.shown_by_command"
    assert searched is not None and searched.parameters == {"words": "salim haddad"}
    assert exported is not None and exported.parameters == {
        "type": "case", "form": "csv", "personal": True, "filters": "office=JOAQJ",
    }  # fmt: skip
    begun, ended = event_of(reduced.detail), event_of(counted.detail)
    assert begun is not None and begun.parameters["personal"] is False
    assert ended is not None and ended.parameters == {
        "type": "case", "form": "csv", "records": 1, "coarser": 1, "coarsest": 1, "held_back": 0,
    }  # fmt: skip


def test_what_cannot_be_logged_is_not_shown(post: Post, record: str) -> None:
    (post.folder / FILE).write_bytes(b"no database at all, and long enough to be looked at as one" * 40)
    for words in (("show", record), ("search", "salim"), ("export", "case", "--nominal"), ("export", "case")):
        answer = post.run(*words)
        assert answer.code == 1 and "cannot be used" in answer.err and "Salim" not in answer.out
