"""A record's page calls what it refers to by name and lists what refers to it: to those who may see it, and logged."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from diwan_core.register import Edit
from diwan_core.register.erasure.erase import BOTH, NOMINAL, Order, carry_out

from tests.states.kit import NEW

from .conftest import PNG, SHORT, Browser, Site, picture, text_of
from .test_references import UNKNOWN, change, from_centre, made


def case(officer: Browser, **changed: str) -> str:
    """The id of a freshly reported case."""
    return str(officer.post("/cases/new", {**SHORT, **changed}).location.partition("?")[0].rpartition("/")[2])


def link(post: Site, case: str, **values: Any) -> None:
    with post.console.writing() as register:
        register.save([Edit("case", values, record=case)], author="somebody")


def from_centre_again(post: Site, setting: str) -> None:
    """A setting has no value again."""
    with post.console.writing() as register:
        register.config, own = replace(register.config, role="central"), register.config
        try:
            register.save([Edit("national_setting", {"value": None}, record=setting)], author="somebody")
        finally:
            register.config = own


def named(page: str) -> str:
    """The part of a page that lists where its record is named."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page.partition('id="named-in"')[2].partition("</section>")[0]))


@pytest.fixture
def person(post: Site) -> str:
    return made(post, "person", name_as_written="Nadia Haddad")


@pytest.fixture
def erased(post: Site) -> Callable[[str, int], None]:
    """Carry out an erasure as the ledger would order it."""

    def erase(record: str, halves: int) -> None:
        with post.console.writing() as register, register.store.write() as connection:
            carry_out(connection, [Order(record, halves, "Order 12/2026", (), 1)])

    return erase


def test_a_persons_page_lists_the_cases_by_date_with_the_role(post: Site, officer: Browser, person: str) -> None:
    old, new = case(officer, date="2026-03-04"), case(officer, date="2026-11-05")
    link(post, old, party={"1": {"role": "driver", "subject": person}})
    link(post, new, party={"1": {"role": "declarant", "subject": person}, "2": {"role": "driver", "subject": person}})
    made(post, "conveyance", plate="NAM 3 D", owner=person)
    page = officer.get(f"/persons/{person}").text
    shown = named(page)
    assert "3 records" in shown and "NAM 3 D" in shown and "Owner" in shown
    assert shown.index("5 Nov 2026") < shown.index("4 Mar 2026")
    assert "Driver" in shown and "Declarant" in shown and f'href="/cases/{new}"' in page
    assert "Named in" not in text_of(officer.get(f"/cases/{old}")), "a case that nothing names says nothing"


def test_companies_conveyances_operations_cases_and_pictures_say_where_they_are_named(
    post: Site, officer: Browser, reported: str
) -> None:
    company, lorry = made(post, "company", name="Blue Delta"), made(post, "conveyance", plate="12")
    operation = from_centre(post, "operation", name="Operation Samum", state="running")
    other = case(officer)
    change(
        post, reported, operation=operation, related_cases={"a": other}, means={"1": {"conveyance": lorry}},
        party={"1": {"role": "carrier", "subject": company}},
    )  # fmt: skip
    for path in (f"/companies/{company}", f"/conveyances/{lorry}", f"/operations/{operation}", f"/cases/{other}"):
        shown = officer.get(path)
        assert shown.status_code == 200 and reported in shown.text.partition('id="named-in"')[2], path
    assert "Operation Samum" in text_of(officer.get(f"/operations/{operation}"))
    assert "Operation Samum" in text_of(officer.get("/operations", q="samum"))
    page = text_of(officer.get(reported))
    assert "Operation Samum" in page and "Blue Delta" in page
    assert "No record mentions it" in text_of(officer.get(f"/persons/{made(post, 'person', latin_name='NOBODY')}"))


def test_a_photo_is_shown_on_the_persons_page_and_says_whose_it_is(post: Site, officer: Browser, reported: str) -> None:
    officer.post(f"{reported.replace('/cases/', '/records/')}/pictures/new", picture(PNG, caption="A portrait"))
    (photo,) = re.findall(r'href="/pictures/([0-9a-f-]+)"', officer.get(reported).text)[:1]
    person = made(post, "person", latin_name="HAS A PHOTO", photo=photo)
    page = officer.get(f"/persons/{person}")
    assert f'class="portrait" src="/pictures/{photo}/thumb"' in page.text and "A portrait" in text_of(page)
    assert "HAS A PHOTO" in named(officer.get(f"/pictures/{photo}").text)
    without = made(post, "person", latin_name="HAS NONE HERE", photo=UNKNOWN)
    assert "portrait" not in officer.get(f"/persons/{without}").text


def test_a_long_list_is_leafed_through(post: Site, officer: Browser, person: str) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 24)]
    for day in days:
        link(post, case(officer, date=day), party={"1": {"role": "driver", "subject": person}})
    seen: list[str] = []
    path = f"/persons/{person}?done=saved"
    while path:
        page = officer.client.get(path).text
        seen += [f"2026-01-{int(day):02}" for day in re.findall(r"(\d+) Jan 2026", named(page))]
        assert "23 records" in named(page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
        assert not older or ("#named-in" in path and "done" not in path)
    assert seen == days[::-1]
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer and "13 Jan 2026" in named(officer.client.get(newer[1].replace("&amp;", "&")).text)
    for forged in ("x", "1.", "-1.2", "9" * 40, "1.2.3", "\u0661.\u0662"):
        assert officer.get(f"/persons/{person}", **{"named-after": forged}).status_code == 200, forged


def test_what_a_role_may_not_open_is_neither_listed_nor_counted(post: Site, officer: Browser, person: str) -> None:
    file = {**NEW, "title": "Secret interest", "subject": {"1": {"kind": "person", "subject": person}}}
    made(post, "suspect", **file)
    page = text_of(officer.get(f"/persons/{person}"))
    assert "No record mentions it" in page and "Secret" not in page and "Suspect" not in page
    assert "Secret interest" in text_of(post.browser("investigator").get(f"/persons/{person}"))
    assert post.browser("technician").get(f"/persons/{person}").status_code == 403
    assert post.browser("administrator").get("/operations").status_code == 403
    assert post.browser("technician").get("/look-up/case/party.subject", q="nadia").status_code == 403
    assert post.browser("analyst").get(f"/persons/{person}").status_code == 200


def test_reading_is_logged_for_what_is_nominal_and_only_for_that(post: Site, officer: Browser, person: str) -> None:
    naming, lorry = case(officer, narrative="Nominal words"), made(post, "conveyance", plate="LOG 1", owner=person)
    link(post, naming, party={"1": {"role": "driver", "subject": person}}, narrative="Nominal words")
    before = post.console.reads.head()[0]
    officer.get(f"/persons/{person}")
    looked = {row.record for row in post.console.reads.page(limit=50) if row.no > before}
    assert looked == {person, lorry}, "the plate of the lorry was shown; of the case only its date and the role"
    before = post.console.reads.head()[0]
    officer.get(f"/cases/{naming}")
    assert {naming, person} <= {row.record for row in post.console.reads.page(limit=50) if row.no > before}


def test_a_reference_that_leads_to_no_ordinary_record_says_why(
    post: Site, officer: Browser, reported: str, person: str, erased: Any
) -> None:
    gone = made(post, "person", name_as_written="Withdrawn Person")
    with post.console.writing() as register:
        register.save([Edit("person", {"status": "withdrawn"}, record=gone)], author="supervisor")
    for record, halves in ((person, NOMINAL), (whole := made(post, "person", latin_name="ERASED WHOLE"), BOTH)):
        erased(record, halves)
    file = made(post, "suspect", **{**NEW, "title": "Secret interest"})
    party = {str(n): {"role": "driver", "subject": id} for n, id in enumerate((gone, person, whole, UNKNOWN, file), 1)}
    change(post, reported, party=party)
    page = officer.get(reported)
    section = page.text.partition('id="part-party"')[2].partition("</section>")[0]
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", section))
    assert "Withdrawn Person withdrawn" in text and f'href="/persons/{gone}"' in page.text
    assert text.count("erased under the law") == 2 and "Haddad" not in text and "ERASED WHOLE" not in text
    assert "not known at this machine" in text and "not shown to your role" in text and "Secret" not in text
    assert "erased under the law: Order 12/2026" in text_of(officer.get(f"/persons/{person}"))
    assert "This record was erased under the law" in text_of(officer.get(f"/persons/{whole}"))


def test_a_case_without_its_words_is_still_called_by_its_number(
    post: Site, officer: Browser, reported: str, erased: Any
) -> None:
    other = case(officer, date="2026-07-08")
    link(post, other, narrative="Words that go")
    change(post, reported, related_cases={"a": other})
    erased(other, NOMINAL)
    with post.console.writing() as register:
        number = (held := register.get(other)) and held.values["case_number"]
    assert number and number in text_of(officer.get(reported)), "it is still called by its number"
    erased(other, BOTH)
    page = text_of(officer.get(reported))
    assert "erased under the law" in page and "8 Jul 2026" not in page.partition("History")[0]


def test_withdrawn_and_erased_records_are_not_offered_to_be_linked(
    post: Site, officer: Browser, reported: str, erased: Any
) -> None:
    gone, kept = (made(post, "person", latin_name="OFFERED ZORAN") for _ in range(2))
    with post.console.writing() as register:
        register.save([Edit("person", {"status": "withdrawn"}, record=gone)], author="supervisor")
    found = officer.json("/look-up/case/party.subject", q="zoran")
    assert [item["id"] for item in found] == [kept]
    assert found[0]["label"] == "OFFERED ZORAN" and found[0]["url"] == f"/persons/{kept}"
    assert "withdrawn" in text_of(officer.get("/persons", q="zoran")), "on file it is, and says so"


@pytest.mark.parametrize("path", ["case/status", "case/party.role", "case/x.y", "nothing/x", "case/party", "case/.."])
def test_only_references_are_looked_up(officer: Browser, path: str) -> None:
    assert officer.get(f"/look-up/{path}", q="nadia").status_code in (303, 404)


def test_offers_begin_with_the_second_letter_and_are_logged(post: Site, officer: Browser, person: str) -> None:
    assert officer.json("/look-up/case/party.subject", q="n") == []
    before = post.console.reads.head()[0]
    assert person in [item["id"] for item in officer.json("/look-up/case/party.subject", q="haddad")]
    rows = [row for row in post.console.reads.page(limit=50) if row.no > before]
    assert person in {row.record for row in rows} and any("haddad" in str(row.detail) for row in rows)


def test_the_paper_calls_what_is_referred_to_by_its_title(
    post: Site, officer: Browser, reported: str, person: str
) -> None:
    from diwan_core.web.kinds.case import KIND as CASE
    from diwan_core.web.record_pages.pdf import report_of

    change(post, reported, party={"1": {"role": "driver", "subject": person}})
    with post.app.test_request_context(headers={"Cookie": f"{officer.cookie}={officer.token}"}):
        post.app.preprocess_request()
        page, _ = report_of(CASE, reported.rpartition("/")[2])
    assert "Nadia Haddad" in page


def test_the_paper_has_the_letterhead_lines_to_sign_and_all_that_is_known_of_a_person(
    post: Site, officer: Browser, reported: str
) -> None:
    from diwan_core.web.kinds.case import KIND as CASE
    from diwan_core.web.record_pages.pdf import report_of

    driver = made(post, "person", name_as_written="Omar Zaki", document={"1": {"kind": "passport", "number": "P7712"}})
    change(post, reported, party={"1": {"role": "driver", "subject": driver}})
    said = {"letterhead": "Customs & Excise|الجمارك", "signatures": "Head of the post"}
    settings = {name: from_centre(post, "national_setting", name=name, value=value) for name, value in said.items()}
    with post.app.test_request_context(headers={"Cookie": f"{officer.cookie}={officer.token}"}):
        post.app.preprocess_request()
        page, _ = report_of(CASE, reported.rpartition("/")[2])
    for record in settings.values():
        from_centre_again(post, record)
    assert (
        page.index("Customs &amp; Excise") < page.index("<h1>") < page.index("P7712") < page.index("Head of the post")
    )
    assert 'dir="rtl">الجمارك' in page
