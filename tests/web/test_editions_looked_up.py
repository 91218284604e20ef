"""The page of codes, and the help while one types, find what a loaded edition knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.dictionary import CodeTable
from diwan_core.register.codes.code_blob import entries_of, pack
from diwan_core.register.codes.code_file import file_of, load, use_editions

from tests.web.conftest import Site

TABLE = CodeTable({"en": {"ZWZZA": "Great Zindele"}}, {}, {"ZWZZA": "Zindele Grande"}, {"ZWZZA": "-17.5,31"})


@pytest.fixture
def edition(post: Site, tmp_path: Path) -> Iterator[None]:
    """An edition with one place, loaded at the post."""
    blob = tmp_path / "blob"
    blob.write_bytes(pack(TABLE))
    load(post.folder, "locode", "a" * 64, entries_of(blob, 1), lambda: None)
    use_editions(post.folder)
    yield
    file_of(post.folder, "locode").unlink()
    use_editions(tmp_path)


@pytest.mark.usefixtures("edition")
def test_the_page_and_the_help_while_one_types_find_the_new_places(post: Site) -> None:
    browser = post.browser()
    assert "Great Zindele" in browser.get("/codes/locode", q="zindele").text
    assert browser.json("/codes/locode/find", q="grande") == [{"code": "ZWZZA", "label": "Great Zindele"}]
    packaged = browser.json("/codes/locode/find", q="aqaba")
    assert "JOAQJ" in [found["code"] for found in packaged], "the packaged list stands behind it"
    assert browser.get("/codes/tariff", q="x").status_code == 200
