"""What a person sees where the register cannot be used: the same words on every page, never that it was our mistake.

The files are damaged for real: pages written over, a file cut off, removed, on a file system that is read-only, and one
whose descriptor gives an error at every read, as a broken disk does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import is_marked
from diwan_core.web.kit.console import KEY

from tests.exchange.network import case
from tests.salvage.damage_kit import copied_into_database, cut, overwrite_pages

from .conftest import SHORT, Browser, Site, make_site, text_of

pytestmark = pytest.mark.slow

PAGES = ("/cases", "/status", "/persons", "/cases/new", "/to-do", "/settings", "/")
DAMAGED = "The register of this machine is damaged"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")
    with made.console.writing() as register:
        for number in range(60):
            register.save([Edit("case", case(narrative=f"{number} " + "n" * 2000))], author="officer")
    yield made
    made.console.close()


@contextmanager
def closed(site: Site) -> Iterator[Path]:
    """The register's file, while the console has it closed, and all of it is in it."""
    site.console.close()
    copied_into_database(site.folder / "register.db")
    yield site.folder / "register.db"


def looked_at(site: Site, browser: Browser, title: str) -> None:
    """Every page says what is wrong, and none that it was our mistake."""
    rules = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    seen = 0
    for rule in rules:
        if rule.rule.startswith("/static") or rule.rule in ("/healthz", "/icon.svg"):
            continue
        answer = browser.get(rule.rule)
        assert answer.status_code != 500, rule.rule
        if answer.mimetype == "text/html" and answer.status_code in (200, 503):
            assert title in text_of(answer), (rule.rule, answer.status_code)
            assert text_of(answer).count(title) <= 2, "in the title and once on the page"
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("seed", range(4))
def test_a_register_with_pages_written_over(site: Site, seed: int) -> None:
    with closed(site) as database:
        overwrite_pages(database, seed, 0.5)
    officer = site.browser("officer")
    answer = officer.get("/cases", sort="office")
    assert answer.status_code == 503 and DAMAGED in answer.text and "diwan post salvage" in answer.text
    looked_at(site, officer, DAMAGED)
    assert is_marked(site.folder)


def test_what_was_typed_is_kept_where_it_cannot_be_saved(site: Site) -> None:
    with closed(site) as database:
        overwrite_pages(database, 1, 0.5)
    officer = site.browser("officer")
    officer.get("/cases", sort="office")
    answer = officer.post("/cases/new", {**SHORT, "narrative": "Typed before anyone knew."})
    assert answer.status_code == 503 and DAMAGED in answer.text
    assert "Typed before anyone knew." in answer.text and "Send again" in answer.text
    assert "damaged" in answer.text


@pytest.mark.parametrize("share", [0.3, 0.0])
def test_a_file_cut_off(site: Site, share: float) -> None:
    with closed(site) as database:
        cut(database, share)
    officer = site.browser("officer")
    assert officer.get("/cases", sort="office").status_code == 503
    looked_at(site, officer, DAMAGED if share else "The register of this machine is missing")


def test_a_file_that_is_missing_is_not_made_anew(site: Site) -> None:
    with closed(site) as database:
        database.unlink()
    officer = site.browser("officer")
    answer = officer.get("/cases")
    assert answer.status_code == 503 and "The register of this machine is missing" in answer.text
    assert not (site.folder / "register.db").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_disk_that_was_mounted_read_only(site: Site) -> None:
    with closed(site):
        pass
    if subprocess.run(["mount", "--bind", site.folder, site.folder], check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", site.folder], check=True)
        officer = site.browser("officer")
        answer = officer.post("/cases/new", SHORT)
        assert answer.status_code == 503 and "The disk of this machine cannot be written" in answer.text
        looked_at(site, officer, "The disk of this machine cannot be written")
    finally:
        subprocess.run(["umount", "-l", site.folder], check=True)
    assert officer.post("/cases/new", SHORT).status_code == 303, "all is well again"


def test_a_disk_that_reports_errors(site: Site) -> None:
    with closed(site):
        pass
    officer = site.browser("officer")
    assert officer.get("/cases").status_code == 200
    with Register.open(site.folder) as register:
        record = next(iter(register.ids("case")))
    broken = os.open(site.folder / "register.db", os.O_WRONLY)
    try:
        for name in os.listdir("/proc/self/fd"):
            if os.path.realpath(f"/proc/self/fd/{name}") == str(site.folder / "register.db"):
                os.dup2(broken, int(name))  # every read of it fails from now on
        answer = officer.get(f"/cases/{record}")  # which nobody has read yet
        assert answer.status_code == 503 and "The disk of this machine reports errors" in answer.text
        looked_at(site, officer, "The disk of this machine reports errors")
        assert not is_marked(site.folder), "the disk may be well again"
    finally:
        os.close(broken)


def test_a_disk_that_did_not_confirm_a_write(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIWAN_BOOT_ID", "one boot")
    said = "The disk of this machine did not confirm what was written"
    officer = site.browser("officer")
    assert officer.post("/cases/new", SHORT).status_code == 303
    unsynced.mark(site.folder / "register.db", "disk I/O error")
    looked_at(site, officer, said)
    answer = officer.post("/cases/new", {**SHORT, "narrative": "Typed meanwhile."})
    assert answer.status_code == 503 and "restarts this machine" in answer.text and "Typed meanwhile." in answer.text
    monkeypatch.setenv("DIWAN_BOOT_ID", "the next boot")
    site.console.damage = (None, 0.0)  # of a process that is no more
    answer = officer.post("/cases/new", SHORT)
    assert answer.status_code == 303 and said not in officer.get("/cases").text


def test_a_post_without_damage_says_nothing_of_it(site: Site) -> None:
    officer = site.browser("officer")
    assert "notice warn" not in officer.get("/cases").text
    assert site.app.extensions[KEY].damage == (None, 0.0)
