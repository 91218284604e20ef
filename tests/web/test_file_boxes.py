"""Boxes for files speak the language of the page, not that of the browser: one macro writes them all."""

import re
from pathlib import Path

import pytest

from .conftest import Site

REPOSITORY = Path(__file__).parents[2]
TEMPLATES = [
    path for room in ("core", "central", "appliance") for path in (REPOSITORY / room).glob("diwan_*/**/*.html")
]
MACRO = "file_box.html"


def test_one_macro_writes_every_box_and_its_forms_leave_it_to_the_page_what_is_missing() -> None:
    with_box = [path for path in TEMPLATES if 'type="file"' in path.read_text()]
    assert [path.name for path in with_box] == [MACRO]
    using = [path for path in TEMPLATES if "file_box(" in path.read_text() and path.name != MACRO]
    assert len(using) >= 6
    for path in using:
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.S):
            if "file_box(" in form:
                assert "novalidate" in form.partition(">\n")[0], f"{path.name}: else the browser says it"


@pytest.mark.parametrize(("language", "choose", "none"), [
    ("en", "Choose a file", "No file chosen"), ("ar", "اختر ملفًا", "لم يُختر أي ملف"),
])  # fmt: skip
def test_the_button_is_a_label_of_the_box_in_the_language_of_the_page(
    centre: Site, language: str, choose: str, none: str
) -> None:
    analyst = centre.browser("analyst")
    page = analyst.client.get("/imports", headers={"Accept-Language": language}).text
    box = re.search(r'<span class="file">.*?</span></span>', page)
    assert box is not None
    assert f'<label class="button second" for="file">{choose}</label>' in box[0]
    assert re.search(r'<input id="file" name="file" type="file" [^>]*required[^>]*aria-describedby="file-hint"', box[0])
    assert f'aria-hidden="true">{none}</span>' in box[0], "a screen reader says it by itself"
