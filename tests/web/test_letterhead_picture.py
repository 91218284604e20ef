"""The picture of the letterhead: chosen once at the centre, made small there, and printed above every case."""

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_core.cli import main
from diwan_core.dictionary.national import LETTERHEAD_PICTURE, PICTURE_MOST
from diwan_core.register import Edit
from diwan_core.register.national_settings import letterhead_picture, national_settings, set_nationally, set_picture
from diwan_core.web.drafts.paper_form import sheets_of
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.print_page import ARMS
from diwan_core.web.paper.press import print_paper
from diwan_core.web.record_pages.pdf import reduced_report_of, report_of
from PIL import Image
from werkzeug.test import TestResponse

from .conftest import Browser, Site, text_of
from .test_report import needs_poppler, pages_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_picture_again(centre: Site) -> Iterator[None]:
    yield
    with centre.console.writing() as register:
        set_picture(register, b"", author="x")


def drawing(width: int = 600, height: int = 800) -> bytes:
    out, image = io.BytesIO(), Image.new("RGBA", (width, height), (0, 0, 0, 0))
    image.paste((13, 92, 99, 255), (width // 4, height // 4, width // 2, height // 2))
    image.save(out, "PNG")
    return out.getvalue()


def noise() -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (500, 500), random.Random(1).randbytes(750_000)).save(out, "PNG")
    return out.getvalue()


def send(browser: Browser, content: bytes, name: str = "arms.png") -> TestResponse:
    return browser.post("/settings/letterhead", {"picture": (io.BytesIO(content), name)})


@contextmanager
def request_of(site: Site, browser: Browser, language: str = "en") -> Iterator[None]:
    headers = {"Cookie": f"{browser.cookie}={browser.token}", "Accept-Language": language}
    with site.app.test_request_context(headers=headers):
        site.app.preprocess_request()
        yield


def printed(site: Site, browser: Browser, record: str) -> tuple[str, dict[str, Path | bytes]]:
    with request_of(site, browser):
        return report_of(CASE, record)


def a_case(site: Site) -> str:
    with site.console.writing() as register:
        return register.save(
            [Edit("case", {"source_key": "1", "source_system": "x", "date": "2026-11-02"})], author="x"
        ).records[0]


@needs_poppler
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_paper_has_the_letterhead_and_a_paper_form_is_still_one_page(
    centre: Site, tmp_path: Path, language: str
) -> None:
    assert send(centre.browser("administrator"), drawing()).status_code == 303
    lines = "Hashemite Kingdom of Jordan|المملكة الأردنية الهاشمية|Jordan Customs|P. O. Box 90, Amman"
    with centre.console.writing() as register:
        set_nationally(register, "letterhead", lines, author="x")
    record = a_case(centre)
    with request_of(centre, centre.browser("analyst"), language):
        form, pictures = sheets_of(CASE, ["F-1234567-01-KT"])
        for html, named in ((form, pictures), reduced_report_of(CASE, record), report_of(CASE, record)):
            assert html.index(ARMS) < html.index("Hashemite Kingdom") < html.index("<h1>") and named[ARMS]
    paper = print_paper(form, pictures, centre.folder)
    assert pages_of(paper, tmp_path).count("\f") == 1, "a form feed ends each page"
    with centre.console.writing() as register:
        set_nationally(register, "letterhead", "", author="x")


def test_a_picture_that_the_centre_chose_stands_above_every_case_on_paper(centre: Site) -> None:
    administrator, analyst = centre.browser("administrator"), centre.browser("analyst")
    assert send(administrator, drawing()).status_code == 303
    page = administrator.get("/settings")
    assert "/settings/letterhead.webp" in page.text and "Remove the picture" in text_of(page)
    refused = administrator.post("/settings", {"phone_code": "x"})
    assert refused.status_code == 422 and "Remove the picture" in text_of(refused)
    shown = administrator.get("/settings/letterhead.webp")
    assert shown.mimetype == "image/webp" and len(shown.data) <= PICTURE_MOST
    assert Image.open(io.BytesIO(shown.data)).size == (240, 320)
    html, pictures = printed(centre, analyst, a_case(centre))
    assert html.index(ARMS) < html.index("<h1>") and pictures[ARMS] == shown.data
    paper = print_paper(html, pictures, centre.folder)
    assert b"/Subtype /Image" in paper or b"/Subtype/Image" in paper
    assert administrator.post("/settings/letterhead", {"do": "remove"}).status_code == 303
    html, pictures = printed(centre, analyst, a_case(centre))
    assert ARMS not in html and ARMS not in pictures
    assert administrator.get("/settings/letterhead.webp").status_code == 404
    assert centre.browser("auditor").get("/settings/letterhead.webp").status_code == 403


def test_what_is_no_picture_or_too_large_is_refused_with_what_to_do(centre: Site) -> None:
    administrator = centre.browser("administrator")
    for content, status, words in (
        (b"", 422, "Choose a picture"), (b"<svg onload='x'></svg>", 415, "Save it as JPEG or PNG"),
        (b"no picture", 415, "not a picture we can keep"), (drawing()[:300], 422, "damaged"),
        (noise(), 422, "too many details"), (drawing() + bytes(2_000_001), 413, "larger than 2 MB"),
        (drawing() + bytes(3_000_000), 413, "At most 2 MB can be sent"),
    ):  # fmt: skip
        answer = send(administrator, content)
        assert answer.status_code == status and words in text_of(answer), words
    with centre.console.writing() as register:
        assert letterhead_picture(register) is None


def test_a_picture_that_is_not_whole_is_left_out(centre: Site) -> None:
    with centre.console.writing() as register:
        assert set_picture(register, b"RIFFxxxxWEBP", author="x")
        assert not set_picture(register, b"RIFFxxxxWEBP", author="x"), "said so already"
        with pytest.raises(ValueError, match="bytes"):
            set_picture(register, bytes(PICTURE_MOST + 1), author="x")
        chosen = national_settings(register.store)[LETTERHEAD_PICTURE]
        record = register.find("national_setting", {"name": LETTERHEAD_PICTURE})[0].id
        for wrong in ("UklGRg==", "no base64!", "صورة"):
            register.save([Edit("national_setting", {"picture": wrong}, record)], author="x")
            assert letterhead_picture(register) is None and len(chosen) == 64


def test_the_command_takes_a_file_and_a_post_does_not(centre: Site, post: Site, tmp_path: Path) -> None:
    run = CliRunner().invoke
    (tmp_path / "arms.png").write_bytes(drawing())
    words = ["codes", "set", LETTERHEAD_PICTURE]
    done = run(main, [*words, str(tmp_path / "arms.png"), "--dir", str(centre.folder)])
    assert done.exit_code == 0, done.output
    (tmp_path / "arms.txt").write_text("no picture")
    for name, why in (("arms.txt", "not a picture"), ("nothing.png", "No such file")):
        refused = run(main, [*words, str(tmp_path / name), "--dir", str(centre.folder)])
        assert refused.exit_code == 2 and why in refused.output
    assert run(main, [*words, "", "--dir", str(centre.folder)]).output == f"{LETTERHEAD_PICTURE} = \n"
    assert run(main, [*words, "", "--dir", str(post.folder)]).exit_code == 2
