"""The box on every page: results of all types together, each with what it was found by, logged and within the role."""

import html
import re
from typing import Any

import pytest
from diwan_core.trust.access_log.events import event_of

from .conftest import SHORT, Browser, Site
from .test_references import change, made


@pytest.fixture
def technician(post: Site) -> Browser:
    return post.browser("technician")


@pytest.fixture(scope="module")
def person(post: Site) -> str:
    return made(post, "person", name_as_written="كريم زفير", latin_name="Karim Zefir")


@pytest.fixture(scope="module")
def case(officer: Browser, post: Site, person: str) -> str:
    reported = officer.post("/cases/new", {**SHORT, "leg.1.country": "AW", "leg.1.mode": "2"}).location.partition("?")[
        0
    ]
    values: dict[str, Any] = {
        "place": "Gate Zephyrine",
        "party": {"9": {"role": "driver", "subject": person}},
        "means": {"9": {"plate": "34-56781"}},
        "narrative": "A long way before it " * 9 + "the parcels lay in a hollow girderbeam",
    }
    change(post, reported, **values)
    return reported.rpartition("/")[2]


def why(page: str, record: str) -> str:
    """The reasons a result gives, as they are read."""
    part = page.partition(f'/{record}"')[2].partition("</ul>")[0].partition('class="why')[2].partition(">")[2]
    return re.sub(r"\s+", " ", re.sub("<(?!/?mark>)[^>]*>", "", part)).strip()


def test_every_page_has_the_box_for_those_who_may_read(officer: Browser, technician: Browser) -> None:
    assert '<form action="/search"' in officer.get("/persons").text
    assert 'action="/search"' not in technician.get("/status").text
    assert technician.get("/search", q="tobacco").status_code == 403


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("Aruba", "Country: <mark>Aruba</mark>"),
        ("أروبا", "Country: <mark>Aruba</mark>"),
        ("karim zefir", "Person كريم زفير, Name in Latin letters: <mark>Karim</mark> <mark>Zefir</mark>"),
        ("زفير", "<mark>زفير</mark>"),
        ("٣٤٥٦٧٨١", "<mark>34-56781</mark>"),
        ("hollow girderbeam", "<mark>hollow</mark> <mark>girderbeam</mark>"),
        ("gate zephyrine", "Place: <mark>Gate</mark> <mark>Zephyrine</mark>"),
    ],
)
def test_a_case_is_found_by_what_stands_in_it_and_says_where(
    officer: Browser, case: str, typed: str, says: str
) -> None:
    page = officer.get("/search", q=typed).text
    assert f'/cases/{case}"' in page
    assert says in why(page, case).replace("\u2068", "").replace("\u2069", "")


def test_several_words_are_each_answered(officer: Browser, case: str, person: str) -> None:
    page = officer.get("/search", q="Aruba zefir").text
    reasons = why(page, case)
    assert "<mark>Aruba</mark>" in reasons and "<mark>Zefir</mark>" in reasons
    assert f'/persons/{person}"' not in page, "the person has nothing to do with Aruba"


def test_what_was_found_by_its_own_words_stands_first_and_types_can_be_shown_alone(
    officer: Browser, case: str, person: str
) -> None:
    page = officer.get("/search", q="Zefir").text
    assert 0 < page.index(f'/persons/{person}"') < page.index(f'/cases/{case}"')
    assert f'/persons/{person}"' not in officer.get("/search", q="Zefir", type="case").text
    assert f"/cases/{case}" in officer.get("/cases", q="Zefir").text, "the list finds the same"


def test_each_look_is_logged(officer: Browser, post: Site, case: str) -> None:
    officer.get("/search", q="Zefir")
    rows = post.console.reads.page(person="officer")[:40]
    events = [event_of(row.detail) for row in rows]
    assert any(held is not None and held.parameters.get("words") == "Zefir" for held in events)
    assert case in {row.record for row in rows}


def test_the_next_page_begins_where_the_last_one_ended(officer: Browser, post: Site) -> None:
    ids = [made(post, "person", name_as_written=f"Salmaquist number {n}") for n in range(23)]
    first = officer.get("/search", q="Salmaquist").text
    more = re.search(r'rel="next" href="([^"]+)"', first)
    assert more is not None
    made(post, "person", name_as_written="Salmaquist later")
    second = officer.client.get(html.unescape(more[1])).text
    shown = [found for page in (first, second) for found in re.findall(r'/persons/([0-9a-f-]{36})"', page)]
    assert shown == list(reversed(ids))


@pytest.mark.parametrize(
    "asked", [{"q": "\0"}, {"q": '"' * 40}, {"q": "* OR ("}, {"q": "x", "after": "1.2.3"}, {"q": "x", "type": "no"}, {}]
)
def test_no_question_breaks_the_page(officer: Browser, asked: dict[str, str]) -> None:
    assert officer.get("/search", **asked).status_code == 200
