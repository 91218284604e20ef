"""What looks mistyped is said while it is typed, asked before it is sent, and told to whoever checks; one press
confirms it. A number that can be read in two ways is asked about, never guessed."""

import re
from datetime import date, datetime, timedelta

import pytest
from diwan_core.register.journal import clock, trusted_time
from diwan_core.web.forms.plausibility import doubts_of
from diwan_core.web.kit import csrf
from werkzeug.test import TestResponse

from .conftest import SHORT, Browser, Site, text_of
from .forms import form_of, place, press

WRONG_BOX = "MSCU1234567"  # its check digit would be 6


def test_a_container_whose_check_digit_does_not_fit_is_told_on_the_form_on_the_page_and_to_the_supervisor(
    post: Site, officer: Browser
) -> None:
    shown = place(press(officer, "/cases/new", "wide", **{name.replace(".", "__"): SHORT[name] for name in SHORT}))
    shown = place(press(officer, shown, "add:means"))
    form = {**form_of(officer.get(shown).text), "means.1.container_number": WRONG_BOX, "goods.1.hs_code": "2402.20"}
    kept = officer.post(f"{shown}/keep", form).get_json()
    assert WRONG_BOX in kept["hints"] and "ISO 6346" in kept["hints"]
    form["_revision"] = str(kept["revision"])
    case = place(officer.post(shown, {**form, "do": "report"}))
    for browser in (officer, post.browser("supervisor")):
        page = text_of(browser.get(case))
        assert "Is this right?" in page and "check digit does not fit" in page
        assert "240220" in page
    assert "Is this right?" not in text_of(post.browser("auditor").get(case))


@pytest.mark.parametrize(("days", "told"), [(2, "in the future"), (0, ""), (-40, ""), (-4000, "ten years")])
def test_a_day_that_cannot_well_be_is_asked_about(officer: Browser, days: int, told: str) -> None:
    form = form_of(officer.get("/cases/new").text)
    day = days_before(officer, -days)
    case = place(officer.post("/cases/new", {**form, **SHORT, "date": day}))
    page = text_of(officer.get(case))
    assert (told in page) if told else ("Is this right?" not in page)


def test_any_day_that_has_been_is_asked_about_where_it_is_still_to_come(post: Site) -> None:
    """The clock of this post is not sure, so that nothing is refused: a birth, an arrest, the end of a range."""
    person = {"birth_date": "2131-01-02", "birth": {"1": {"birth_date": "2131-01-03"}}, "arrested_on": "2020-01-01"}
    with post.app.test_request_context():
        asked = [doubt.path for doubt in doubts_of("person", person)]
        case = [doubt.path for doubt in doubts_of("case", {"date": "2131-01-01", "date_to": "2131-01-04"})]
    assert asked == ["birth_date", "birth.1.birth_date"] and case == ["date", "date_to"]


def test_a_unit_that_there_is_not_is_asked_about(post: Site, officer: Browser) -> None:
    case = place(officer.post("/cases/new", SHORT))
    handling = f"{case.partition('?')[0]}/edit/handling"

    def told(unit: str) -> bool:
        page = place(officer.post(handling, {**form_of(officer.get(handling).text, 'name="seen"'), "unit": unit}))
        return "No department and no unit of posts has the code" in text_of(officer.get(page))

    assert told("Nord Ost!") and not told("north"), "nobody has said which units there are"
    with post.console.writing() as register, register.store.write() as transaction:
        transaction.execute("INSERT INTO home (node, scope) VALUES ('aaaaaaaaaaaaa', 'unit-north')")
    try:
        assert told("nroth") and not told(" North ") and not told("")
    finally:
        with post.console.writing() as register, register.store.write() as transaction:
            transaction.execute("DELETE FROM home WHERE node='aaaaaaaaaaaaa'")


def days_before(browser: Browser, days: int) -> str:
    """The day that stands in a new form, or one so many days before it."""
    exact = re.search('name="date"[^>]* data-exact="([0-9-]+)"', browser.get("/cases/new").text)
    assert exact is not None
    stands = date.fromisoformat(exact[1])
    return (stands - timedelta(days=days)).isoformat()


def sent(browser: Browser, **changed: str) -> TestResponse:
    """A report as it is answered at first, before anybody confirms anything."""
    form = {**form_of(browser.get("/cases/new").text), **SHORT, "do": "report"}
    form |= {name.replace("__", "."): value for name, value in changed.items()}
    return browser.client.post("/cases/new", data={csrf.FIELD: csrf.token(browser.token), **form})


def confirm(answer: TestResponse) -> str:
    found = re.search(r'name="_confirmed" value="([0-9a-f]{16})"', answer.text)
    assert answer.status_code == 422 and found is not None, text_of(answer)
    return found[1]


@pytest.mark.parametrize(
    ("before", "changed", "told"),
    [
        (184, {}, "The date is long past"),
        (0, {"goods__1__quantity": "12500000"}, "far more than is usual"),
        (0, {"office": "JOAQK"}, "No list has the customs office JOAQK."),
        (0, {"country": "SY"}, "The country is not that of this post"),
        (0, {"type": "control", "search_type": "full", "selection_basis": "random"}, "goods are named"),
    ],
)
def test_a_report_is_sent_after_one_press_where_something_looks_wrong(
    officer: Browser, before: int, changed: dict[str, str], told: str
) -> None:
    usual = {"date": days_before(officer, before), "country": "JO"}
    asked = sent(officer, **{**usual, **changed})
    page = text_of(asked)
    assert told in page and "Customs office: " in page and "Type: " in page, page
    confirmed = sent(officer, **{**usual, **changed, "_confirmed": confirm(asked)})
    assert confirmed.status_code == 303


def test_what_is_asked_says_no_more_of_a_day_than_is_known(officer: Browser) -> None:
    page = text_of(sent(officer, date="2024-03", country="JO"))
    assert "long past: Mar 2024." in page and "Date: Mar 2024" in page and "1 Mar" not in page
    page = text_of(sent(officer, date="2024-03-02 – 2024-03-04", country="JO"))
    assert "long past: 2 Mar 2024 – 4 Mar 2024." in page, page


def test_a_confirmation_counts_for_what_was_shown_alone(officer: Browser) -> None:
    mark = confirm(sent(officer, office="JOAQK"))
    other = sent(officer, office="JOAQL", _confirmed=mark)
    assert confirm(other) != mark


@pytest.mark.parametrize("before", [0, 182])
def test_an_ordinary_report_is_sent_at_once(officer: Browser, before: int) -> None:
    assert sent(officer, date=days_before(officer, before), country="JO").status_code == 303


def test_the_nearest_offices_are_offered_and_one_press_takes_one(officer: Browser) -> None:
    asked = sent(officer, office="JOAQK")
    assert 'value="fill:office=JOAQJ"' in asked.text
    form = {**form_of(asked.text), "do": "fill:office=JOAQJ"}
    taken = officer.get(place(officer.post("/cases/new", form)))
    assert "JOAQJ" in form_of(taken.text)["office"]


@pytest.mark.parametrize(
    "document",
    [
        {}, {"date": None}, {"date": "yesterday"}, {"date": {"1": "x"}}, {"means": "x"},
        *({"goods": {"1": {name: typed}}} for name in ("mass_kg", "pieces", "litres") for typed in ("about 5", "NaN")),
    ],
)  # fmt: skip
def test_a_document_that_is_none_raises_no_doubt(post: Site, document: dict[str, object]) -> None:
    with post.app.test_request_context():
        assert doubts_of("case", document) == []


@pytest.mark.parametrize(("quantity", "told"), [("240", True), ("48,000", False), ("12abc", False), (None, False)])
def test_packages_are_doubted_only_where_their_number_is_understood(
    post: Site, quantity: str | None, told: bool
) -> None:
    goods = {"quantity": quantity, "unit": "CT"} if quantity else {"unit": "CT"}
    with post.app.test_request_context():
        assert bool(doubts_of("case", {"goods": {"1": goods}})) == told


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine woke up in 1970."""
    monkeypatch.setattr(trusted_time.wall_clock, "__defaults__", (lambda: 86_400.0, clock.monotonic_ms))


@pytest.mark.usefixtures("woken")
def test_a_machine_that_woke_in_1970_asks_for_the_day_instead_of_making_one_up(officer: Browser) -> None:
    page = officer.get("/cases/new")
    assert form_of(page.text)["date"] == "" and "Enter the day yourself" in text_of(page)
    case = place(officer.post("/cases/new", {**form_of(page.text), **SHORT}))
    assert "Is this right?" not in text_of(officer.get(case)), "a clock that is wrong judges nobody's day"


@pytest.mark.usefixtures("woken")
def test_where_the_centre_said_what_time_it_is_the_form_has_its_day(post: Site, officer: Browser) -> None:
    true = 1_800_000_000_000  # in 2027
    with post.console.writing() as register, register.store.write() as connection:
        trusted_time.note(connection, clock.boot_identity(), true - clock.monotonic_ms())
    try:
        day = datetime.fromtimestamp(true / 1000).date().isoformat()  # noqa: DTZ006  the day on the wall here
        assert days_before(officer, 0) == day
    finally:
        with post.console.writing() as register, register.store.write() as connection:
            connection.execute("DELETE FROM state WHERE key LIKE 'trusted_time%'")


@pytest.mark.parametrize("typed", ["48,000", "48.000", "٤٨،٠٠٠"])
def test_forty_eight_thousand_is_never_taken_for_forty_eight(officer: Browser, typed: str) -> None:
    form = {**form_of(officer.get("/cases/new").text), **SHORT, "goods.1.quantity": typed, "do": "report"}
    asked = officer.post("/cases/new", form)
    assert asked.status_code == 422 and "can be read in two ways. Write 48 or 48000." in text_of(asked).translate(
        str.maketrans("", "", "\u2068\u2069")
    )
    assert f'value="{typed}"' in asked.text
