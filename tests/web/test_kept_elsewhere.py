"""Of a record whose names are kept elsewhere, pages and reports say where, and nobody can change what is not here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import reach
from diwan_core.web.kit import print_page

from .conftest import SHORT, Browser, Site, text_of

NOTHING_SAID = reach.Said({}, set(), set())


@pytest.fixture
def away(post: Site, officer: Browser) -> Iterator[str]:
    """A case that another post reported and whose names stay at the centre."""
    record = str(officer.post("/cases/new", SHORT).location.partition("?")[0].rpartition("/")[2])
    with post.console.writing() as register:
        register.save([Edit("case", {"party": {"1": {"name": "Nadia Zubaydi"}}}, record=record)], author="somebody")
        with register.store.write() as transaction:
            transaction.execute("UPDATE epoch SET own=0")
            reach.follow(transaction, register.config.id, "post", reach.Said({"case": ("centre", 9)}, set(), set()))
            transaction.execute("UPDATE epoch SET own=1")
    yield record
    with post.console.writing() as register, register.store.write() as transaction:
        reach.follow(transaction, register.config.id, "post", NOTHING_SAID)


def test_the_page_says_where_names_are_kept_and_shows_none(post: Site, officer: Browser, away: str) -> None:
    text = text_of(officer.get(f"/cases/{away}"))
    assert "is kept at the centre and at" in text and "Zubaydi" not in text
    with post.console.writing() as register:
        assert register.search("Zubaydi") == []


def test_nobody_changes_what_is_not_here_but_anything_else(post: Site, away: str) -> None:
    with post.console.writing() as register:
        with pytest.raises(Refused, match="not kept at this post"):
            register.save([Edit("case", {"party": {"1": {"name": "Somebody"}}}, record=away)], author="somebody")
        register.save([Edit("case", {"direction": "export"}, record=away)], author="somebody")


def test_the_report_on_paper_says_it_too(officer: Browser, away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []

    def keep(html: str, pictures: object, folder: Path) -> bytes:
        printed.append(html)
        return b"%PDF-"

    monkeypatch.setattr(print_page, "print_paper", keep)
    assert officer.get(f"/cases/{away}/report.pdf").status_code == 200
    assert "is kept at the centre and at" in printed[0] and "Zubaydi" not in printed[0]
