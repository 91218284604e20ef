"""A report written on paper is typed in by the number of its sheet, once; a label opens the case it was printed for."""

from urllib.parse import unquote

import pytest
from diwan_core.dictionary.paper_numbers import numbers_of, typed

from .conftest import SHORT, Browser, text_of
from .forms import form_of, place

pytestmark = pytest.mark.slow


def test_numbers_of_one_printing_differ_in_the_sheet_and_a_slip_is_seen() -> None:
    numbers = numbers_of(20, lambda count: bytes(range(40, 40 + count)))
    assert len(set(numbers)) == 20 and len({number[:8] for number in numbers}) == 1
    for number in numbers:
        arabic = number.translate({48 + digit: 0x660 + digit for digit in range(10)})
        assert typed(arabic.lower().replace("-", " ")) == number
        other = f"{number[:8]}{(int(number[8:10]) + 1) % 100:02d}{number[10:]}"
        assert typed(other) is None
    assert [typed(text) for text in ("", "F-", "AQABA-2026-0001-KT")] == [None, None, None]


def test_a_paper_form_is_typed_in_by_its_number_and_once(officer: Browser) -> None:
    (number,) = numbers_of(1, lambda count: b"paper"[:count])
    wrong = officer.post("/cases/paper", {"number": number[:-1] + "B"})
    assert wrong.status_code == 422 and "not the number of a paper form" in text_of(wrong)
    draft = place(officer.post("/cases/paper", {"number": number.lower()}))
    assert place(officer.post("/cases/paper", {"number": number})) == draft, "pressed twice, or gone on with later"
    form = form_of(officer.get(draft).text)
    assert form["paper_number"] == number and form["date"] == "", "the day is that of the paper"
    case = place(officer.post(draft, {**form, **SHORT, "country": "JO", "do": "report"}))
    assert number in text_of(officer.get(case))
    assert place(officer.post("/cases/paper", {"number": number})) == case
    assert case in officer.client.get("/cases", query_string={"q": number}).text


def test_an_ordinary_report_asks_for_no_paper_form(officer: Browser) -> None:
    assert "paper_number" not in officer.get("/cases/new").text


def test_forms_are_printed_in_the_language_of_the_reader(officer: Browser) -> None:
    answer = officer.client.get("/cases/paper/forms.pdf?sheets=5", headers={"Accept-Language": "ar"})
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-"), text_of(answer)


def test_a_label_says_the_number_and_leads_to_the_case(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded: list[str] = []

    def drawn(text: str) -> str:
        coded.append(text)
        return "<svg></svg>"

    monkeypatch.setattr("diwan_core.web.record_pages.evidence_label.qr_inline", drawn)
    assert officer.get(f"{reported}/label.pdf").status_code == 200
    path = unquote(coded[0]).partition("//")[2].partition("/")[2]
    assert officer.client.get(f"/{path}").location == reported
