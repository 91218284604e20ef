"""The page of this machine: all is well, or what to do; counters stand behind its details."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from diwan_core.health.findings import Finding
from diwan_core.health.words import WORDS
from diwan_core.web.kit import machine_checks, site_pages

from .conftest import Site, make_site, text_of


def _finding(code: str, **facts: str) -> Finding:
    return Finding("machine", code, 0.0, facts)


def test_a_machine_in_order_is_said_to_be_well_and_its_counters_are_folded_away(
    post: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = _finding("clock_unsynchronised")
    monkeypatch.setattr(site_pages, "present", lambda folder: [notice])
    page = post.browser("officer").get("/status").text
    assert "All is well" in page and "What to do</h2>" not in page
    checked = re.findall(r"<dt>([^<]*)</dt><dd><span class=\"tag good\">Well</span>", page)
    assert checked == list(machine_checks.AREAS)
    assert page.index("What was checked") < page.index('<details class="sheet">') < page.index("Changes written")


def test_what_is_wrong_is_said_with_the_remedy_and_marked_in_its_area(
    post: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [_finding("disk_full", free="10 MB", size="32 GB"), _finding("rows_wait", count="5", since="never")]
    monkeypatch.setattr(site_pages, "present", lambda folder: found)
    page = post.browser("technician").get("/status")
    text = text_of(page)
    assert "All is well" not in text and "What to do" in text and "10 MB" in text
    assert re.search(r"<dt>Disk</dt><dd><span class=\"tag bad\">Fault</span>", page.text)
    assert re.search(r"<dt>Line</dt><dd><span class=\"tag warn\">Warning</span>", page.text)
    assert "إنذار" in text_of(post.browser("technician").client.get("/status", headers={"Accept-Language": "ar"}))


def test_every_finding_belongs_to_an_area_by_its_name() -> None:
    for code in WORDS:
        assert any(code.startswith(begins) for begins in machine_checks.AREAS.values()), code
    assert machine_checks.area_of("of_the_next_release") == "Machine and programs"


def test_the_centre_says_when_a_post_was_heard_and_how_old_its_backup_is(centre: Site) -> None:
    text = text_of(centre.browser("administrator").get("/status"))
    assert "Line" in text and "Backups" in text and "No verified archive yet" in text


def test_a_new_centre_without_an_archive_is_told_what_to_do_from_its_first_day(tmp_path: Path, post: Site) -> None:
    centre = make_site(tmp_path / "centre", "central", "Centre", "")
    page = centre.browser("administrator").get("/status")
    centre.console.close()
    text = text_of(page)
    assert "All is well" not in text and "What to do" in text
    assert "This centre has no backups." in text and "Plug in a backup disk and run “diwan backup init”" in text
    assert re.search(r"<dt>Backups</dt><dd><span class=\"tag warn\">Warning</span>", page.text)
    assert "has no backups" not in text_of(post.browser("technician").get("/status"))
