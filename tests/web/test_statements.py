"""Pages ask the register for what they show: none counts the tables of records to show the names of nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from diwan_core.register.storage.database import Store

from .conftest import SHORT, Browser, Site, make_site

WHOLE_TABLE = re.compile(r"select\s+count\(\*\)\s+from\s+\[?record_\w+\]?", re.IGNORECASE)
MOST = 60
"""Statements a page may ask the register at the most."""

Asked = Callable[[str, Browser], list[str]]
Role = Literal["post", "central"]


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


@pytest.fixture
def site(asked: Asked, tmp_path: Path) -> Iterator[Callable[[Role], Site]]:
    """Makes a site whose register is opened after `asked` listens; those that other tests share are open already."""
    with ExitStack() as stack:

        def made(role: Role) -> Site:
            site = make_site(tmp_path / role, role, "Aqaba port", "JOAQJ" if role == "post" else "")
            stack.callback(site.console.close)
            return site

        yield made


def test_the_page_of_posts_counts_no_table_of_records(asked: Asked, site: Callable[[Role], Site]) -> None:
    statements = asked("/posts", site("central").browser("technician"))
    assert any("FROM node" in statement for statement in statements), statements
    assert [statement for statement in statements if WHOLE_TABLE.search(statement)] == []
    assert len(statements) < MOST, statements


def test_no_page_that_people_work_at_counts_whole_tables(asked: Asked, site: Callable[[Role], Site]) -> None:
    officer = site("post").browser("officer")
    reported = officer.post("/cases/new", SHORT).location.partition("?")[0]
    for path in ("/", "/cases", "/cases/new", "/conveyances", "/companies", reported):
        page = officer.get(path).headers.get("Location", path)
        statements = asked(page, officer)
        assert statements, page
        assert [statement for statement in statements if WHOLE_TABLE.search(statement)] == []
