"""Pages ask the register for what they show: none counts the tables of records to show the names of nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from diwan_core.register.storage.database import Store

from .conftest import Browser, Site

WHOLE_TABLE = re.compile(r"select\s+count\(\*\)\s+from\s+\[?record_\w+\]?", re.IGNORECASE)
MOST = 60
"""Statements a page may ask the register at the most."""

Asked = Callable[[str, Browser], list[str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The statements that SQLite runs on the register's database while a page is made."""
    statements: list[str] = []
    before = Store._prepare

    def prepare(store: Store, *given: Any) -> None:
        before(store, *given)
        store.connection.set_trace_callback(statements.append)

    monkeypatch.setattr(Store, "_prepare", prepare)

    def ask(path: str, browser: Browser) -> list[str]:
        statements.clear()
        assert browser.get(path).status_code == 200
        return list(statements)

    return ask


def test_the_page_of_posts_counts_no_table_of_records(asked: Asked, centre: Site) -> None:
    statements = asked("/posts", centre.browser("technician"))
    assert any("FROM node" in statement for statement in statements), statements
    assert [statement for statement in statements if WHOLE_TABLE.search(statement)] == []
    assert len(statements) < MOST, statements


@pytest.mark.parametrize("path", ["/", "/cases", "/cases/new", "/conveyances", "/companies"])
def test_no_page_that_people_work_at_counts_whole_tables(asked: Asked, post: Site, reported: str, path: str) -> None:
    officer = post.browser("officer")
    place = officer.get(path).headers.get("Location", path)
    for page in (place, reported):
        assert [statement for statement in asked(page, officer) if WHOLE_TABLE.search(statement)] == []
