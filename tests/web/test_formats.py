"""National formats: chosen once at the centre, obeyed on the pages of every post, in the reader's language."""

import re
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.national import SETTINGS, with_defaults
from diwan_core.register import Edit
from diwan_core.register.national_settings import set_nationally
from diwan_core.web.forms import values
from diwan_core.web.forms.controls import help_of
from diwan_core.web.forms.layout import in_national_order
from diwan_core.web.language import formats
from flask import Flask

from .conftest import SHORT, Site, text_of


@pytest.fixture(autouse=True)
def defaults_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """The centre is the same for all tests: afterwards nothing is chosen there."""
    yield
    if "centre" in request.fixturenames:
        site: Site = request.getfixturevalue("centre")
        with site.console.writing() as register:
            for name, setting in SETTINGS.items():
                set_nationally(register, name, setting.default, author="x")


def _as(language: str, **chosen: str) -> Flask:
    app = Flask(__name__)
    formats.install(app, lambda: with_defaults(chosen))
    return app


@pytest.mark.parametrize(
    ("chosen", "day", "month"),
    [
        ("words", "4 Nov 2026", "Nov 2026"), ("d/m/y", "04/11/2026", "11/2026"), ("d.m.y", "04.11.2026", "11.2026"),
        ("d-m-y", "04-11-2026", "11-2026"), ("iso", "2026-11-04", "2026-11"),
    ],
)  # fmt: skip
def test_a_day_is_written_as_the_country_writes_it(chosen: str, day: str, month: str) -> None:
    with _as("en", date_format=chosen).test_request_context():
        assert formats.show_day("2026-11-04") == day
        assert formats.show_day("2026-11") == month
        assert formats.show_day("2026") == "2026"


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-1-1", "٢٠٢٦-١١-٠٤", "2026-11-04T10:00:00Z"])
def test_what_is_no_date_stays_as_it_is(text: str) -> None:
    assert formats.show_day(text) == text


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        ("space.", "1\u202f234\u202f567.5"), ("space,", "1\u202f234\u202f567,5"), (",.", "1,234,567.5"),
        (".,", "1.234.567,5"), ("'.", "1'234'567.5"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_the_country_writes_it(chosen: str, number: str) -> None:
    with _as("en", number_format=chosen).test_request_context():
        assert formats.show_number("1234567.5") == number
        assert formats.show_number(2026) == "2026"
        assert formats.show_amount("4854.8") == f"4{number[1]}854{number[-2]}8", "an amount is no year"


@pytest.mark.parametrize(
    ("language", "names", "day"),
    [
        ("fr", "usual", "4 nov. 2026"), ("ru", "usual", "4 нояб. 2026"), ("ar", "usual", "4 نوفمبر 2026"),
        ("ar", "levant", "4 تشرين الثاني 2026"), ("ar", "maghreb", "4 نونبر 2026"),
    ],
)  # fmt: skip
def test_months_are_in_the_language_of_the_reader_and_the_names_of_the_country(
    language: str, names: str, day: str
) -> None:
    app = _as(language, month_names=names)
    with app.test_request_context(headers={"Cookie": f"diwan_language={language}"}):
        assert formats.show_day("2026-11-04") == day
        assert len(set(formats.month_names())) == 12


FORMS = ("words", "d/m/y", "d.m.y", "d-m-y", "iso")


@pytest.mark.parametrize("names", ["usual", "levant", "maghreb"])
@pytest.mark.parametrize("language", ["en", "fr", "es", "pt", "ru", "ar"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_reads_every_day_as_it_writes_it(form: str, language: str, names: str) -> None:
    day, moment = DICTIONARY.type("case").fields["date"], DICTIONARY.type("attachment").fields["taken"]
    app = _as(language, date_format=form, month_names=names)
    with app.test_request_context(headers={"Cookie": f"diwan_language={language}"}):
        for held in (f"2026-{month:02}-{number:02}" for month in range(1, 13) for number in (1, 12, 28)):
            written, exact = values.as_written(day, held)
            assert (written, exact) == (formats.show_day(held), held)
            assert values.read(day, written) == held
        shown, _exact = values.as_written(moment, values.typed(moment, "2026-11-04T10:05:00Z"))
        assert shown.startswith(formats.show_day("2026-11-04")) and values.read(moment, shown) == "2026-11-04T10:05:00Z"


def test_a_day_is_typed_in_any_usual_way_and_asked_once_where_two_are_meant() -> None:
    day = DICTIONARY.type("case").fields["date"]
    for form in FORMS:
        with _as("en", date_format=form).test_request_context():
            for typed in ("2026-11-14", "14/11/2026", "14.11.2026", "١٤/١١/٢٠٢٦", "14 November 2026", "Nov 14, 2026"):
                assert values.read(day, typed) == "2026-11-14", (form, typed)
            if form in ("words", "iso"):
                assert [held for held, _text in values.days_meant(day, "05/03/2026")] == ["2026-03-05", "2026-05-03"]
            else:
                assert values.read(day, "05/03/2026") == "2026-03-05" and values.days_meant(day, "05/03/2026") == []


def test_the_page_of_a_report_writes_days_as_the_country_does_and_offers_both_readings(post: Site) -> None:
    officer = post.browser("officer")
    assert 'type="date"' not in officer.get("/cases/new").text and 'data-day="date"' in officer.get("/cases/new").text
    asked = officer.post("/cases/new", {**SHORT, "date": "05/03/2026"})
    text = text_of(asked)
    assert asked.status_code == 422 and "05/03/2026 can be 5 Mar 2026 or 3 May 2026" in text
    assert 'value="fill:date=2026-03-05"' in asked.text and 'value="fill:date=2026-05-03"' in asked.text


def test_a_list_is_narrowed_by_days_typed_in_any_usual_way(post: Site) -> None:
    officer = post.browser("officer")
    page = officer.get("/cases", **{"from": "١٤/١١/٢٠٢٦", "to": "Nov 2026"}).text
    assert 'value="14 Nov 2026"' in page and 'value="30 Nov 2026"' in page
    wrong = officer.get("/cases", **{"from": "soon"})
    assert 'value="soon"' in wrong.text and "This is not a date." in text_of(wrong)


def test_what_is_chosen_on_the_page_is_obeyed_on_every_page(centre: Site) -> None:
    administrator, analyst = centre.browser("administrator"), centre.browser("analyst")
    with centre.console.writing() as register:
        values = {"source_key": "1", "source_system": "x", "date": "2026-11-02"}
        case = register.save([Edit("case", values)], author="x").records[0]
    assert "2 Nov 2026" in text_of(analyst.get("/cases")) and "2 Nov 2026" in text_of(analyst.get(f"/cases/{case}"))
    answer = administrator.post("/settings", {"date_format": "d.m.y", "number_format": "space,"})
    assert answer.status_code == 303
    assert "02.11.2026" in text_of(analyst.get("/cases")) and "02.11.2026" in text_of(analyst.get(f"/cases/{case}"))
    page = administrator.get("/settings").text
    assert '<option value="d.m.y" selected>' in page and '<option value="space," selected>' in page
    assert administrator.post("/settings", {"phone_code": "+962"}).status_code == 422, "and nothing else is saved"
    for role in ("technician", "auditor", "supervisor"):
        assert centre.browser(role).get("/settings").status_code == 403, role


def test_the_command_chooses_and_lists(centre: Site) -> None:
    run = CliRunner().invoke
    chosen = run(main, ["codes", "set", "date_format", "d/m/y", "--dir", str(centre.folder)])
    assert (chosen.exit_code, chosen.output) == (0, "date_format = d/m/y\n")
    wrong = run(main, ["codes", "set", "date_format", "m/d/y", "--dir", str(centre.folder)])
    assert wrong.exit_code == 2 and "d/m/y" in wrong.output
    assert "date_format = d/m/y" in run(main, ["codes", "settings", "--dir", str(centre.folder)]).output


JORDAN = {"phone_code": "962", "phone_forms": "7# ### ####|# ### ####", "address_form": "country / city / text"}
WRITTEN = ("0790123456", "+962 (0)79 012 3456", "00962-79-0123456", "79 012 3456")


def test_a_telephone_number_is_shown_and_found_however_it_was_written(centre: Site) -> None:
    analyst = centre.browser("analyst")
    address = {"1": {"text": "12 Rainbow Street", "city": "Amman", "country": "JO"}}
    with centre.console.writing() as register:
        persons = [
            register.save(
                [Edit("person", {"latin_name": "Odeh", "phones": {"1": held}, "address": address})], author="x"
            ).records[0]
            for held in WRITTEN
        ]
        for name, value in JORDAN.items():
            set_nationally(register, name, value, author="x")
        for sought in WRITTEN:
            assert {row.id for row in register.search_identifier(sought)} == set(persons), sought
        assert register.search_identifier("+963 79 012 3456") == []
    for person in persons:
        shown = text_of(analyst.get(f"/persons/{person}"))
        assert "Telephones: +962 79 012 3456" in shown and "Jordan, Amman, 12 Rainbow Street" in shown


def test_the_order_of_an_address_and_the_example_of_a_number_are_the_countrys() -> None:
    with _as("en", **JORDAN).test_request_context():
        fields = DICTIONARY.type("person").parts["address"].fields.values()
        assert [field.name for field in in_national_order(fields)] == ["kind", "country", "city", "text", "postcode"]
        assert help_of(DICTIONARY.type("person").fields["phones"]).startswith("Such as 071 234 5678.")
    with _as("en").test_request_context():
        assert help_of(DICTIONARY.type("person").fields["phones"]) == "With the country code."


def test_the_offset_of_a_moment_keeps_its_sign_in_front_also_from_right_to_left() -> None:
    for language, begins, ends in (("en", "", ""), ("ar", "\u2066", "\u2069")):
        with _as(language).test_request_context(headers={"Accept-Language": language}):
            clock = formats.local_time(1_763_800_000_000).split(" ", 3)[3]
            assert re.fullmatch(rf"{begins}\d\d:\d\d:\d\d [+-]\d\d:\d\d{ends}", clock), language
