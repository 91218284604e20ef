"""An officer reports a case, finds it again and reads it; the centre reads the same pages."""

import gzip
import re
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit
from diwan_core.web.forms.layout import sections_of, short_form
from diwan_core.web.kinds.kind import SET_ELSEWHERE
from diwan_core.web.kinds.registry import KINDS

from .conftest import SHORT, Browser, Site, make_site, text_of
from .forms import form_of


def asked_in(page: str) -> set[str]:
    """The controls of a page's forms that are in sight."""
    boxes = re.findall(r'<div class="field[^>]*>.*?</div>', page, re.S)
    seen = [box for box in boxes if " hidden>" not in box.partition("\n")[0]]
    return {name for box in seen for name in re.findall(r'<(?:input|select|textarea) id="([^"]+)"', box)}


def test_the_short_form_asks_the_eleven_fields_with_this_office_and_today_in_them(officer: Browser) -> None:
    """And type and country, which go without saying, and why it was selected, which may stay empty: at most ten
    touches with this office and today."""
    page = officer.get("/cases/new")
    assert page.status_code == 200
    assert asked_in(page.text) == {*SHORT, "type", "country", "selection_basis"} and len(SHORT) == 11
    form = form_of(page.text)
    assert form["type"] == "seizure" and form["country"].endswith("(JO)")
    filled = {name for name in ("date", "office", "type", "country") if form[name]}
    assert len(asked_in(page.text) - filled) <= 10
    assert 'value="JOAQJ' in page.text or "(JOAQJ)" in page.text
    assert re.search(r'data-exact="20\d\d-\d\d-\d\d"', page.text)


def test_a_reported_case_is_saved_and_shown(post: Site, officer: Browser, reported: str) -> None:
    page = officer.get(reported)
    shown = text_of(page)
    for part in ("20 Nov 2026", "Import", "12.5", "Syria", "Jordan", "Not sent yet"):
        assert part in shown, part
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and record.values["status"] == "submitted"
    assert record.values["goods"]["1"]["quantity"] == "12.5"
    assert {leg["role"]: leg["country"] for leg in record.values["leg"].values()} == {
        "departure": "SY",
        "destination": "JO",
    }


def test_every_wrong_field_is_named_at_once_and_what_was_typed_is_kept(officer: Browser) -> None:
    wrong = {
        **SHORT,
        "goods.1.quantity": "a <lot>",
        "leg.1.country": "Atlantis",
        "goods.1.product_group": "",
        "date": "soon",
    }
    page = officer.post("/cases/new", wrong)
    assert page.status_code == 422
    summary = page.text.partition('class="summary"')[2].partition("</div>")[0]
    assert set(re.findall(r'href="#([^"]+)"', summary)) == {
        "goods.1.quantity",
        "leg.1.country",
        "goods.1.product_group",
        "date",
    }
    assert 'value="a &lt;lot&gt;"' in page.text and 'value="Atlantis"' in page.text
    for path in ("goods.1.quantity", "leg.1.country", "goods.1.product_group", "date"):
        assert f'id="{path}-message"' in page.text
    assert page.text.count("aria-invalid") == 4


def test_an_empty_form_is_refused_field_by_field(officer: Browser) -> None:
    page = officer.post("/cases/new", {"office": "", "date": ""})
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 10, "a quantity is asked for with its unit, by one message"


def test_fields_the_form_does_not_ask_are_not_read(post: Site, officer: Browser) -> None:
    response = officer.post(
        "/cases/new", {**SHORT, "status": "published", "narrative": "smuggled in", "leg.1.role": "origin"}
    )
    with post.console.writing() as register:
        record = register.get(response.location.partition("?")[0].rpartition("/")[2])
    assert record is not None
    assert record.values["status"] == "submitted" and "narrative" not in record.values
    assert record.values["leg"]["1"]["role"] == "departure"


def test_a_form_open_too_long_comes_back_with_everything_typed(officer: Browser) -> None:
    page = officer.client.post("/cases/new", data={**SHORT, "csrf": "of yesterday"})
    assert page.status_code == 400
    assert "Nothing was saved" in text_of(page) and 'value="12,5"' in page.text


def test_the_list_finds_by_words_by_fragment_and_by_filter(post: Site, officer: Browser) -> None:
    with post.console.writing() as register:
        values = {
            "type": "seizure", "date": "2025-03-01", "office": "JOAMM", "country": "JO", "direction": "export",
            "status": "submitted",
            "detection_method": "xray_cargo", "concealment_method": "vehicle_cabin",
            "narrative": "Hidden under ABRIAQUÍ coffee",
            "goods": {"1": {"product_group": "tobacco", "quantity": "7", "unit": "KGM"}},
            "leg": {
                "1": {"role": "departure", "country": "CO", "mode": "3"}, "2": {"role": "destination", "country": "JO"}
            },
            "means": {"1": {"role": "transit", "plate": "AB-1234-Z"}},
        }  # fmt: skip
        register.save([Edit("case", values)], author="officer")
    for query in ({"q": "abriaqui"}, {"q": "b1234"}, {"office": "JOAMM"}, {"from": "2025-03-01", "to": "2025-03-01"}):
        page = officer.get("/cases", **query)
        assert page.status_code == 200 and "1 Mar 2025" in page.text, query
    assert "1 Mar 2025" not in officer.get("/cases", q="abriaqui", office="JOAQJ").text
    assert "No results" in text_of(officer.get("/cases", q="nothing-like-it"))


@pytest.mark.parametrize(
    "page",
    [
        "0",
        "x",
        "W251bGwsIDFd",
        "WzEsMl0",
        "W1tdLHt9XQ",
        "²",
        "WyJcdWQ4MDAiLCAxXQ",
        "WzksOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",
    ],
)
def test_a_place_in_the_list_that_is_none_is_the_beginning(officer: Browser, page: str) -> None:
    assert officer.get("/cases", after=page).status_code == 200
    assert officer.get("/cases", before=page, sort=page, office=page, origin=page).status_code == 200


def test_the_history_says_who_when_and_from_which_post(officer: Browser, reported: str) -> None:
    history = text_of(officer.get(reported)).partition("History")[2]
    assert "officer" in history and "Aqaba port" in history and re.search(r"\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d", history)


def test_every_field_of_a_case_is_laid_out_once(post: Site) -> None:
    case = DICTIONARY.type("case")
    laid = [field.name for _, fields in sections_of(case) for field in fields]
    assert len(laid) == len(set(laid))
    assert set(laid) == {name for name, field in case.fields.items() if not field.retired} - SET_ELSEWHERE
    named = {name for heading in KINDS["case"].headings for name in heading.fields.split()}
    assert named <= set(case.fields), "the kind names fields the dictionary does not have"


def test_the_short_form_is_the_dictionarys() -> None:
    case = DICTIONARY.type("case")
    assert len([entry for entry in short_form(case, {}).entries if entry.asked]) == len(case.short_form)


def test_the_first_page_is_small(post: Site, officer: Browser, reported: str) -> None:
    for path in ("/cases", "/cases/new", reported):
        page = officer.get(path).data
        style = re.search(rb'href="(/static/[^"]+)"', page)
        assert style is not None
        both = gzip.compress(page) + gzip.compress(officer.get(style[1].decode()).data)
        assert len(both) < 40_000, path


def test_the_centre_reads_the_same_pages(centre: Site) -> None:
    analyst = centre.browser("analyst")
    assert analyst.get("/cases").status_code == 200
    assert "Report a case" not in text_of(analyst.get("/cases")) and "/cases/new" not in analyst.get("/cases").text


def test_a_new_centre_says_that_no_post_is_enrolled(tmp_path: Path) -> None:
    centre = make_site(tmp_path / "centre", "central", "Centre", "")
    posts = centre.browser("analyst").get("/posts")
    centre.console.close()
    assert posts.status_code == 200 and "No post is enrolled" in text_of(posts)


def test_the_console_says_it_lives_and_nothing_else(post: Site) -> None:
    response = post.stranger().get("/healthz")
    assert (response.status_code, response.data) == (200, b"ok\n")


def test_every_answer_carries_the_headers_that_keep_it_to_itself(post: Site, officer: Browser, reported: str) -> None:
    for path in ("/cases", reported, "/sign-in", "/nowhere", "/healthz"):
        headers = officer.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_no_page_holds_script_or_style_of_its_own(officer: Browser, reported: str) -> None:
    for path in ("/cases", "/cases/new", reported, "/status"):
        page = officer.get(path).text
        assert not re.search(r"<script(?! src=./static/)|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", page), path


def test_a_technician_tends_the_machine_and_sees_no_case(post: Site, reported: str) -> None:
    technician = post.browser("technician")
    assert technician.get("/status").status_code == 200
    assert "This machine" in text_of(technician.get("/"))
    for path in ("/cases", reported, "/cases/new"):
        assert technician.get(path).status_code == 403


def test_an_imported_case_is_found_by_its_key_and_says_where_it_is_from(post: Site) -> None:
    values = {"source_system": "north-log", "source_key": "LOG/2026/0031", "status": "submitted"}
    with post.console.writing() as register:
        record = register.save([Edit("case", values)], author="amal").records[0]
    officer = post.browser("officer")
    assert "1 result" in text_of(officer.get("/cases", q="LOG/2026/0031"))
    assert "imported from north-log: LOG/2026/0031" in text_of(officer.get(f"/cases/{record}"))
