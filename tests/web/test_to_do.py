"""Where a person's day begins they are told what waits for them, and drafts of one day can be told apart."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance.web import create_post_app
from diwan_core import node
from diwan_core.exchange.stick_files import MIRRORED
from diwan_core.health.findings import Findings
from diwan_core.register import Register
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import set_state
from diwan_core.web.kit.console import KEY

from .conftest import SHORT, Browser, Site, make_site, text_of
from .forms import form_of, place

pytestmark = pytest.mark.slow


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Site]:
    """A post at which nothing has happened."""
    site = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")
    yield site
    site.console.close()


def report(browser: Browser, do: str = "report", **typed: str) -> str:
    return place(browser.post("/cases/new", {**form_of(browser.get("/cases/new").text), **SHORT, **typed, "do": do}))


def test_the_list_of_cases_says_what_waits_for_whom(quiet: Site) -> None:
    officer, supervisor = quiet.browser("officer"), quiet.browser("supervisor")
    case = report(officer)
    assert "Cases to check: 1" in text_of(supervisor.get("/cases"))
    assert "to be corrected" not in officer.get("/cases").text and "not sent" not in officer.get("/cases").text
    seen = form_of(supervisor.get(case).text, 'name="seen"')["seen"]
    place(supervisor.post(f"{case}/check", {"seen": seen, "decision": "sent_back", "comment": "Weigh it again."}))
    assert "One case was sent back to be corrected" in text_of(officer.get("/cases"))
    assert "Cases to check" not in supervisor.get("/cases").text
    for _draft in range(2):
        report(officer, "save")
    assert "2 drafts you have not sent" in text_of(officer.get("/cases"))
    assert "drafts" not in text_of(quiet.browser("auditor").get("/cases"))
    assert "sent back" not in text_of(officer.get("/cases", q="tobacco")), "who searches is left in peace"


def test_drafts_of_one_day_are_told_apart_by_their_goods(quiet: Site) -> None:
    officer = quiet.browser("officer")
    report(officer, "save", **{"goods.1.quantity": "many", "goods.1.unit": "<b>"})
    report(officer, "save", **{"goods.1.product_group": "tobacco", "goods.1.quantity": "40"})
    page = text_of(officer.get("/drafts"))
    assert "Drugs many <b>" in page and "Tobacco 40 kg" in page


def test_a_supervisor_goes_from_a_checked_case_to_the_others(quiet: Site) -> None:
    case = report(quiet.browser("officer"))
    supervisor = quiet.browser("supervisor")
    assert 'href="/check"' in supervisor.get(case).text.partition('id="check-title"')[2].partition("</section>")[0]
    assert "All cases to check" not in quiet.browser("officer").get(case).text


def test_the_first_page_says_how_the_mirror_stick_is(tmp_path: Path) -> None:
    folder, stick = tmp_path / "post", tmp_path / "stick"
    site = make_site(folder, "post", "Aqaba port", "JOAQJ")
    assert "stick" not in text_of(site.browser("officer").get("/cases")), "it has none"
    node.save(folder, dataclasses.replace(node.load(folder), mirror=str(stick)))
    app = create_post_app(folder, open_accounts=lambda _: site.accounts)
    officer = Site(folder, app, site.accounts).browser("officer")
    assert "nothing was written onto it yet" in text_of(officer.get("/cases"))
    stick.mkdir()
    with Register.open(folder, role="writer") as register, register.store.write() as connection:
        set_state(connection, MIRRORED, now_ms())  # what the agent notes when it has written
    assert re.search(r"Mirror stick: last written \d+ \w+ 20\d\d.*, \d+ % full", text_of(officer.get("/cases")))
    Findings(folder, "agent").note("mirror_missing", place=str(stick))
    assert f"The mirror stick is not plugged in at {stick}." in text_of(officer.get("/cases"))
    app.extensions[KEY].close()
    site.console.close()
