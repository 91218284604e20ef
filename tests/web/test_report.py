"""The report on paper: the whole case is on it, in both directions; the console survives what will not print."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit
from diwan_core.trust.access_log.events import event_of
from diwan_core.web.kit import print_page
from diwan_core.web.kit.console import READERS
from diwan_core.web.paper import press

from tests.leaving.canaries import documents, leaks

from .conftest import SHORT, Browser, Site, make_site, picture, png

ARABIC = {"Accept-Language": "ar"}
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed: poppler-utils")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def case(post: Site) -> str:
    """A case with goods, a route, parties in two scripts, a picture and a history."""
    return reported_at(post)


def reported_at(post: Site) -> str:
    """Such a case at a post."""
    browser = post.browser("officer")
    address = browser.post("/cases/new", SHORT).location.partition("?")[0]
    record = address.rpartition("/")[2]
    with post.console.writing() as register:
        values = {
            "place": "ميناء العقبة – Gate 3",
            "narrative": "Lorry stopped at the scanner (10:30).\nأخفيت البضاعة خلف جدار مزيف.",
            "goods": {"2": {"product_group": "tobacco", "quantity": "1234567.5", "unit": "STK"}},
            "means": {"1": {"role": "departure", "mode": "3", "plate": "ع م ن 12-3456"}},
            "party": {"1": {"role": "driver", "name": "محمد العبد الله"}, "2": {"role": "owner", "name": "A < B & Co"}},
        }
        register.save([Edit("case", values, record=record)], author="supervisor")
    browser.post(f"/records/{record}/pictures/new", picture(png(320, 240), caption="خلف المقعد – behind the seat"))
    return address


def pages_of(paper: bytes, folder: Path) -> str:
    """The words of a PDF as a person could copy them, marks of direction left out."""
    path = folder / "report.pdf"
    path.write_bytes(paper)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    return "".join(letter for letter in text if letter not in "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")


@needs_poppler
def test_the_report_without_personal_data_holds_only_what_may_leave(tmp_path: Path) -> None:
    site = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")  # one where few cases are alike
    case, officer = reported_at(site), site.browser("officer")
    assert "report-without-personal-data.pdf" in officer.get(case).text
    answer = officer.get(f"{case}/report-without-personal-data.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    text = pages_of(answer.data, tmp_path)
    for wanted in ("Without personal data", "12.5", "1 234 567.5"):
        assert wanted.casefold() in text.casefold(), wanted
    for held in (
        "A < B & Co",
        "Lorry stopped",
        "Officer Example",
        "Gate 3",
        "Aqaba port",
        "12-3456",
        "behind the seat",
        "river",  # the roles of a case that few are like would tell how many persons there were
    ):
        assert held not in text, held
    assert case.rpartition("/")[2] not in text and "History" not in text
    assert case.rpartition("/")[2][:8] not in answer.headers["Content-Disposition"]
    answer = officer.client.get(f"{case}/report-without-personal-data.pdf", headers=ARABIC)
    assert answer.status_code == 200 and "محمد" not in pages_of(answer.data, tmp_path)
    site.console.close()


@needs_poppler
def test_a_lone_case_on_paper_says_its_year_and_what_its_goods_come_to(tmp_path: Path) -> None:
    post = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")  # its own: cases of other tests are like it
    officer = post.browser("officer")
    address = officer.post("/cases/new", {**SHORT, "goods.1.quantity": "2500", "goods.1.unit": "GRM"}).location
    answer = officer.get(f"{address.partition('?')[0]}/report-without-personal-data.pdf")
    text = pages_of(answer.data, tmp_path)
    assert "Instead of office and day" in text and "2026" in text and "20 Nov 2026" not in text and "JOAQJ" not in text
    assert "2.5 kg" in text and "Worked out" in text
    held = [event_of(row.detail) for row in post.console.reads.page(how="export")]
    assert ("record.reduced", 2) in {(one.code, one.parameters.get("level")) for one in held if one is not None}
    post.console.close()


def test_a_case_marked_red_is_not_printed_without_personal_data(post: Site, officer: Browser) -> None:
    address = officer.post("/cases/new", SHORT).location.partition("?")[0]
    with post.console.writing() as register:
        register.save([Edit("case", {"handling": "red"}, record=address.rpartition("/")[2])], author="supervisor")
    answer = officer.get(f"{address}/report-without-personal-data.pdf")
    assert answer.status_code == 409 and "marked TLP:RED" in answer.text
    assert officer.get(f"{address}/report.pdf").status_code == 200


def test_no_canary_is_in_any_report_without_personal_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed to the press, since the bytes of a PDF are numbers of its own fonts."""
    printed: list[str] = []

    def keep(html: str, pictures: object, folder: Path) -> bytes:
        printed.append(html)
        return b"%PDF-"

    monkeypatch.setattr(print_page, "print_paper", keep)
    post = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")
    with post.console.writing() as register:
        made = documents(DICTIONARY.type("case"), 40, seed=7)
        saved = register.save_many([[Edit("case", one)] for one in made], author="canary")
    assert not saved.refused
    browser = post.browser("officer")
    for [record] in saved.records:
        answer = browser.get(f"/cases/{record}/report-without-personal-data.pdf")
        assert (answer.status_code, answer.data) == (200, b"%PDF-")
    assert len(printed) == 40
    assert [found for html in printed if (found := leaks(html.encode()))] == []
    assert any("CNRU" in html for html in printed)


@needs_poppler
def test_the_report_holds_the_whole_case(post: Site, case: str, officer: Browser, tmp_path: Path) -> None:
    answer = officer.get(f"{case}/report.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    text = pages_of(answer.data, tmp_path)
    for wanted in ("Aqaba port", "12.5", "1 234 567.5", "A < B & Co", "Lorry stopped", "Officer Example"):
        assert wanted in text, wanted
    assert "History" in text and case.rpartition("/")[2] in text
    images = subprocess.run(["pdfimages", "-list", tmp_path / "report.pdf"], capture_output=True, check=True).stdout
    assert len(images.splitlines()) > 2


@needs_poppler
def test_in_arabic_tables_are_mirrored_and_numbers_keep_their_order(
    post: Site, case: str, officer: Browser, tmp_path: Path
) -> None:
    answer = officer.client.get(f"{case}/report.pdf", headers=ARABIC)
    text = pages_of(answer.data, tmp_path)
    for wanted in ("نوفمبر", "JOAQJ", "1 234 567.5"):
        assert wanted in text, wanted
    boxes = subprocess.run(["pdftotext", "-bbox", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    places = {line.partition(">")[2].partition("<")[0]: line for line in boxes.stdout.decode().splitlines()}
    left = {
        word: float(line.partition('xMin="')[2].partition('"')[0]) for word, line in places.items() if "xMin" in line
    }
    # A4 is 595 points wide: labels begin at the right edge, a value stands to the left of its label
    assert left["JOAQJ"] < 420 < max(left.values())
    assert left["Lorry"] > 150, "a text of the other direction keeps to the side of its page"


def test_a_report_needs_the_right_to_read_cases(post: Site, case: str) -> None:
    assert post.browser("technician").get(f"{case}/report.pdf").status_code == 403
    assert post.stranger().get(f"{case}/report.pdf").status_code == 303


def test_nothing_but_the_pictures_of_the_report_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.webp"
    secret.write_bytes(png(64, 64))
    with pytest.raises(press.NotPrinted):
        press.print_paper(f'<img src="file://{secret}">', {}, tmp_path)
    with pytest.raises(press.NotPrinted):
        press.print_paper('<link rel="stylesheet" href="http://127.0.0.1:9/a.css">', {}, tmp_path)


def test_a_press_that_fails_is_a_page_and_a_line_in_the_log(
    post: Site, case: str, officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "WORKER", "diwan_core.no_such_worker")
    answer = officer.get(f"{case}/report.pdf")
    assert answer.status_code == 503 and "could not be made" in answer.text
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    assert officer.get(f"{case}/report.pdf").status_code == 503


def test_a_picture_that_cannot_be_opened_leaves_its_place_empty(post: Site, officer: Browser) -> None:
    case = officer.post("/cases/new", SHORT).location.partition("?")[0]
    record = case.rpartition("/")[2]
    with post.console.writing() as register:
        broken = io.BytesIO(png(64, 48)[:60])
        register.attach(broken, subject=record, media_type="image/png", author="officer", caption="broken")
    assert officer.get(f"{case}/report.pdf").data.startswith(b"%PDF-")


def test_while_a_report_is_printed_others_read_on(
    post: Site, case: str, officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor, read = post.browser("supervisor"), []

    def slow(_html: str, _pictures: object, _folder: object) -> bytes:
        held = [post.console.take_reader() for _other in range(READERS - 1)]  # others are reading, too
        try:
            assert post.console._readers.qsize() == 1, "the report holds none"
            read.append(supervisor.get("/cases").status_code)
        finally:
            for reader in held:
                post.console.give_back(reader)
        return b"%PDF-"

    monkeypatch.setattr(print_page, "print_paper", slow)
    assert officer.get(f"{case}/report.pdf").status_code == 200 and read == [200]
