"""Lists in the browser: narrowed, sorted, leafed through, and kept as views of one's own."""

import html
import re
from pathlib import Path

import pytest
from diwan_core.register import Edit
from diwan_core.trust.access_log.events import event_of
from diwan_core.web.records.listing import PAGE_SIZE

from .conftest import SHORT, Browser, Site, make_site, text_of


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A centre with sixty cases of two offices."""
    folder: Path = tmp_path_factory.mktemp("busy") / "centre"
    site = make_site(folder, "central", "Centre", "")
    with site.console.writing() as register:
        for number in range(60):
            values = {
                "type": "seizure", "date": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}", "status": "submitted",
                "office": "JOAQJ" if number % 2 else "JOAMM", "direction": "import", "country": "JO",
                "detection_method": "routine", "concealment_method": "none", "place": f"Warehouse {number}",
                "goods": {"1": {"product_group": "tobacco" if number % 3 else "drugs", "quantity": "1", "unit": "KGM"}},
                "leg": {"1": {"role": "departure", "country": "SY", "mode": "3"},
                        "2": {"role": "destination", "country": "JO"}},
            }  # fmt: skip
            register.save([Edit("case", values)], author="amal")
    return site


@pytest.fixture(scope="module")
def analyst(busy: Site) -> Browser:
    return busy.browser("analyst")


def cases_of(page: str) -> list[str]:
    return re.findall(r'<th scope="row">(?:<input[^>]*>)?<a href="(/cases/[0-9a-f-]{36})"', page)


def test_leafing_shows_every_case_once_and_leads_back(analyst: Browser) -> None:
    page, seen, address = analyst.get("/cases").text, list[str](), ""
    while True:
        seen += cases_of(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = html.unescape(following[1])
        page = analyst.client.get(address).text
    assert len(seen) == len(set(seen)) == 60
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back is not None
    assert cases_of(analyst.client.get(html.unescape(back[1])).text) == seen[PAGE_SIZE : 2 * PAGE_SIZE]


def test_a_page_of_a_list_is_light(analyst: Browser) -> None:
    """Before what each row repeats was looked at, the same page had 45 kB, and a row 830 bytes."""
    page = analyst.get("/cases").text
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert len(rows) / PAGE_SIZE < 700 and len(page.encode()) < 39_000


def test_filters_and_search_stand_together_and_say_how_many_fit(analyst: Browser) -> None:
    for query, count in (
        ({"office": "JOAQJ"}, 30),
        ({"office": "JOAQJ", "product_group": "drugs"}, 10),
        ({"product_group": "drugs", "from": "2025-03-01", "to": "2025-03-31"}, 0),
        ({"country": "Jordan (JO)"}, 60),
        ({"q": "warehouse", "office": "JOAMM"}, 30),
        ({"q": "warehouse 17"}, 1),
        ({"conflicts": "1"}, 0),
    ):
        assert re.search(rf"\b{count} results?\b", text_of(analyst.get("/cases", **query))), query


def test_days_the_other_way_round_are_turned_and_what_is_no_day_narrows_nothing(analyst: Browser) -> None:
    count = re.compile(r"\b([0-9]+) results?\b")
    turned = count.search(text_of(analyst.get("/cases", **{"from": "2030-01-01", "to": "2000-01-01"})))
    assert turned and turned[1] == "60"
    unread = text_of(analyst.get("/cases", **{"from": "2026-13-45", "to": "0000-00-00"}))
    assert "No results" not in unread and not count.search(unread), "a filter that the page does not show"


@pytest.mark.parametrize(
    "words",
    [
        "\u200ewarehouse 17",
        "ware\u00adhouse\u00a017",
        "warehouse\t17",
        "\u202bwarehouse 17\u202c",
        "ware\u200bhouse 17",
    ],
)
def test_words_that_were_copied_with_what_nobody_sees_are_searched(analyst: Browser, words: str) -> None:
    assert re.search(r"\b1 result\b", text_of(analyst.get("/cases", q=words)))


def test_of_a_search_that_is_too_long_the_beginning_counts_and_never_nothing(analyst: Browser) -> None:
    page = text_of(analyst.get("/cases", q="nowhere " + "\u0627" * 1080))
    assert re.search(r"\b0 results\b", page) and "warehouse" not in page


def test_a_heading_sorts_and_sorts_the_other_way(analyst: Browser) -> None:
    page = analyst.get("/cases", sort="office").text
    assert re.search(r'aria-sort="ascending"><a class="sort" href="/cases\?sort=-office', page)
    page = analyst.get("/cases", sort="-office").text
    assert 'aria-sort="descending"' in page and "JOAMM" not in page.partition("<tbody>")[2]


def test_a_view_is_kept_for_its_owner_alone_and_can_be_removed(busy: Site, analyst: Browser) -> None:
    response = analyst.post(
        "/cases/views", {"title": " Drugs  at\nAqaba ", "query": "office=JOAQJ&product_group=drugs"}
    )
    page = analyst.follow(response)
    assert "Drugs at Aqaba" in text_of(page) and "10 results" in text_of(page)
    assert "Drugs at Aqaba" not in busy.browser("supervisor").get("/cases").text
    analyst.post("/cases/views/remove", {"title": "Drugs at Aqaba"})
    assert "Drugs at Aqaba" not in analyst.get("/cases").text


@pytest.mark.parametrize("title", ["", "   ", "x" * 61, "\u202eevil"])
def test_a_view_without_a_proper_name_is_refused(analyst: Browser, title: str) -> None:
    assert analyst.post("/cases/views", {"title": title, "query": "x"}).status_code == 422


def test_a_search_is_logged_with_its_words(busy: Site, analyst: Browser) -> None:
    analyst.get("/cases", q="warehouse 17")
    held = event_of(busy.console.reads.page(person="analyst")[0].detail)
    assert held is not None and held.code == "list.searched"
    assert held.parameters == {"types": "case", "words": "warehouse 17"}


def test_a_case_is_called_by_its_number_and_opened_by_it_however_it_is_typed(officer: Browser) -> None:
    reported = officer.post("/cases/new", SHORT).location.partition("?")[0]
    title = re.search(r"<h1><bdi>([A-Z0-9-]+)</bdi>", officer.get(reported).text)
    assert title is not None
    number = title[1]
    assert number in text_of(officer.get("/cases"))
    arabic = number.translate({48 + digit: 0x660 + digit for digit in range(10)}).lower().replace("-", " ")
    for typed in (number, arabic, number[:-3]):
        assert officer.client.get(f"/n/{typed}").location == reported
        assert reported in officer.client.get("/cases", query_string={"q": typed}).text
    assert officer.client.get(f"/n/{number[:-2]}AA").status_code == 404
