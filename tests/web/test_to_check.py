"""What waits to be checked: the oldest first, a page at a time, counted, without imported cases unless asked for."""

import html
import re
from datetime import datetime
from pathlib import Path

import pytest
from diwan_core.register import Edit

from .conftest import Browser, Site, make_site, text_of
from .forms import form_of
from .test_lists import cases_of


def case(number: int, **more: object) -> dict[str, object]:
    return {
        "type": "seizure", "date": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}", "status": "submitted",
        "office": "JOAQJ", "country": "JO", "direction": "import",
        "detection_method": "routine", "concealment_method": "none",
        "place": f"Gate {number}", "narrative": f"Driver {number}",
        "goods": {"1": {"product_group": "drugs", "quantity": "12345.5", "unit": "KGM", "description": "Tablets"}},
        "leg": {"1": {"role": "departure", "country": "SY", "mode": "3"},
                "2": {"role": "destination", "country": "JO"}},
        **more,
    }  # fmt: skip


def made_desk(folder: Path, reported: int, imported: int) -> Site:
    """A post with so many cases to check, and so many imported ones."""
    site = make_site(folder, "post", "Aqaba port", "JOAQJ")
    with site.console.writing() as register:
        register.save_many([[Edit("case", case(number))] for number in range(reported)], author="amal")
        source = {"source_system": "north-log"}
        foreign = [case(number, **source, source_key=f"N-{number}") for number in range(imported)]
        register.save_many([[Edit("case", values)] for values in foreign], author="import")
    return site


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Sixty and three hundred: to look at, not to work on."""
    return made_desk(tmp_path_factory.mktemp("to-check") / "post", 60, 300)


@pytest.fixture(scope="module")
def supervisor(desk: Site) -> Browser:
    return desk.browser("supervisor")


def leafed(browser: Browser, address: str) -> list[str]:
    """What stands on all pages of a queue, in order."""
    rows: list[str] = []
    while address:
        page = browser.client.get(address).text
        rows += re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.S)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    return rows


def test_the_oldest_stand_first_and_each_is_shown_once(supervisor: Browser) -> None:
    rows = leafed(supervisor, "/check")
    dates = [re.search(r"\d{1,2} [A-Z][a-z]{2} \d{4}", row) for row in rows]
    assert len(rows) == len(set(rows)) == 60
    found = [datetime.strptime(date[0], "%d %b %Y").date() for date in dates if date]  # noqa: DTZ007  a day alone
    assert found == sorted(found) and len(found) == 60


def test_the_way_back_leads_to_the_page_before(supervisor: Browser) -> None:
    first = supervisor.get("/check").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = supervisor.client.get(html.unescape(following[1])).text
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    assert cases_of(supervisor.client.get(html.unescape(back[1])).text) == cases_of(first)


def test_how_many_wait_is_said_and_imported_ones_only_when_asked_for(supervisor: Browser) -> None:
    page = text_of(supervisor.get("/check"))
    assert "To check (60)" in page and "Sent back, not yet corrected (0)" in page and "N-7" not in page
    with_them = supervisor.get("/check", imported="1")
    assert "To check (360)" in text_of(with_them)
    assert len(leafed(supervisor, "/check?imported=1")) == 360


def test_an_imported_case_that_was_checked_once_stays_among_the_others(tmp_path: Path) -> None:
    desk = made_desk(tmp_path / "post", 2, 3)
    supervisor = desk.browser("supervisor")
    address = cases_of(supervisor.get("/cases", q="gate 2").text)[0]
    seen = form_of(supervisor.get(address).text, 'name="seen"')["seen"]
    supervisor.post(f"{address}/check", {"seen": seen, "decision": "sent_back", "comment": "Which gate?"})
    back = supervisor.get("/check", queue="back")
    assert address in back.text and "Sent back, not yet corrected (1)" in text_of(back)
    assert address in desk.browser("officer").get("/drafts").text
    seen = form_of(supervisor.get(address).text, 'name="seen"')["seen"]
    supervisor.post(f"{address}/submit-again", {"seen": seen, "comment": "The only gate."})
    assert "To check (3)" in text_of(supervisor.get("/check"))


def test_a_queue_nobody_knows_is_the_first_one(supervisor: Browser) -> None:
    assert "To check (" in text_of(supervisor.get("/check", queue="'; drop", after="x", before="%00"))


def test_a_line_tells_its_case_from_the_others_and_names_nobody(desk: Site, supervisor: Browser) -> None:
    before = desk.console.reads.head()
    page = supervisor.get("/cases", q="gate 170")
    line = text_of(page)
    for words in ("Drugs", "Tablets", "12 345.5 kg", "JOAQJ Gate 170", "N-170"):
        assert words in line, words
    assert "Driver" not in page.text
    assert desk.console.reads.head()[0] == before[0] + 1, "the search is a look; the lines are none"


@pytest.mark.slow
def test_ten_thousand_waiting_are_leafed_like_ten(tmp_path: Path) -> None:
    site = make_site(tmp_path / "centre", "central", "Centre", "")
    with site.console.writing() as register:
        for start in range(0, 10_001, 1000):
            edits = [[Edit("case", case(number))] for number in range(start, min(start + 1000, 10_001))]
            assert not register.save_many(edits, author="amal").refused
    browser = site.browser("supervisor")
    page = browser.get("/check")
    assert "To check (more than 10 000)" in text_of(page) and len(page.data) < 40_000
    assert len(cases_of(page.text.replace("#check", ""))) == 25
