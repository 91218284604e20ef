"""Of a date of birth no more is shown than is known; it may be typed as far as it is known, and people found by it."""

from __future__ import annotations

from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit
from diwan_core.trust.access_log.events import event_of
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.filled_form import Entry, Form, Section
from diwan_core.web.records.birth_search import born_between

from .conftest import Site, text_of

PERSON = DICTIONARY.type("person")


def made(site: Site, **values: Any) -> str:
    with site.console.writing() as register:
        return register.save([Edit("person", {"status": "submitted", **values})], author="amal").records[0]


@pytest.mark.parametrize(
    ("values", "shown", "hidden"),
    [
        ({"birth_date": "1991-01-01", "birth_precision": "year"}, "1991", "1991-01-01"),
        ({"birth_date": "1980-05-01", "birth_precision": "month"}, "May 1980", "1 May 1980"),
        (
            {"birth_date": "1965-01-01", "birth_date_to": "1968-12-31", "birth_precision": "range"},
            *("1 Jan 1965 – 31 Dec 1968", "Between"),
        ),
        ({"birth_date": "1970-01-01", "birth_precision": "about"}, "About this date", "Precision"),
    ],
)  # fmt: skip
def test_the_page_of_a_person_shows_a_date_with_its_precision(
    post: Site, values: dict[str, str], shown: str, hidden: str
) -> None:
    person = made(post, name_as_written="Uma Exampleton", **values)
    page = text_of(post.browser("officer").get(f"/persons/{person}"))
    facts = page.split("History")[0]
    assert shown in facts and hidden not in facts


def test_people_are_found_by_when_they_were_born(post: Site) -> None:
    made(post, name_as_written="Early Exampleton", birth_date="1931-01-01", birth_precision="year")
    made(post, name_as_written="Late Exampleton", birth_date="2001-07-07")
    officer = post.browser("officer")
    for born, name in (("1931", "Early"), ("1930-1932", "Early"), ("2000-2002", "Late"), ("07/2001", "Late")):
        page = text_of(officer.get("/persons", born=born))
        assert f"{name} Exampleton" in page and ("Early" in page) != ("Late" in page), born
    assert "No results" in text_of(officer.get("/persons", born="1931", q="late"))
    assert "That is not a date" in text_of(officer.get("/persons", born="long ago"))
    searched = [event_of(row.detail) for row in post.console.reads.page(how="search")]
    assert "1931" in [one.parameters.get("born") for one in searched if one is not None]


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("1970", ("1970-01-01", "1970-12-31")),
        ("1965-1970", ("1965-01-01", "1970-12-31")),
        ("05/1970", ("1970-05-01", "1970-05-31")),
        ("١٩٧٠", ("1970-01-01", "1970-12-31")),
        ("5 May 1970", ("1970-05-05", "1970-05-05")),
        ("05/06/1970", None),
        ("long ago", None),
        ("", None),
    ],
)
def test_when_somebody_was_born_may_be_asked_for_in_many_ways(typed: str, span: tuple[str, str] | None) -> None:
    assert born_between(typed) == span


@pytest.mark.parametrize(
    ("typed", "document"),
    [
        ("1975", {"birth_date": "1975-01-01", "birth_precision": "year"}),
        ("00/00/1975", {"birth_date": "1975-01-01", "birth_precision": "year"}),
        ("05/1980", {"birth_date": "1980-05-01", "birth_precision": "month"}),
        ("1965-1968", {"birth_date": "1965-01-01", "birth_date_to": "1968-12-31", "birth_precision": "range"}),
        ("1988-07-06", {"birth_date": "1988-07-06"}),
    ],
)
def test_a_date_of_birth_is_typed_as_far_as_it_is_known(typed: str, document: dict[str, str]) -> None:
    names = ("birth_date", "birth_date_to", "birth_precision")
    form = Form(PERSON, (Section("who", "", tuple(Entry(name, PERSON.fields[name]) for name in names)),))
    assert filled_form.read(form, {"birth_date": typed}, "en").document == document
