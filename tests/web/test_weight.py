"""What a page weighs on the line: what is delivered is measured, with heads and all, and never how long it takes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from math import comb
from pathlib import Path

import brotli
import pytest
from diwan_core.register.national_units import declare_unit
from diwan_core.web.kit import assets, csrf
from werkzeug.test import TestResponse

from .conftest import SHORT, Browser, Site, make_site

PACKED = {"Accept-Encoding": "gzip, deflate, br, zstd"}
COLD, WARM = 20_000, 8_000


def delivered(answer: TestResponse) -> int:
    """The bytes of an answer: its first line, its head and its body."""
    head = f"HTTP/1.1 {answer.status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    return len(head.encode()) + 2 + len(answer.data)


def unpacked(answer: TestResponse) -> str:
    coding = answer.headers["Content-Encoding"]
    text: bytes = {"gzip": gzip.decompress, "br": brotli.decompress}[coding](answer.data)
    return text.decode()


@pytest.fixture
def fullest(tmp_path: Path) -> Iterator[Site]:
    """A post whose form has all that adds to it: a national unit, and for its officer the hint for newcomers. It is a
    post of its own, since what other tests report changes what is offered."""
    site = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")
    with site.console.writing() as register:
        register.config, kept = replace(register.config, role="central"), register.config
        declare_unit(register, "tola", "11.6638038", "GRM", label="تولة", author="centre")
        register.config = kept
    site.accounts.hints.show_again("officer")
    yield site
    site.console.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_report_page_is_light_also_for_somebody_who_has_reported_before(fullest: Site, language: str) -> None:
    officer = fullest.browser("officer")
    officer.post("/cases/new", SHORT)
    headers = {**PACKED, "Accept-Language": language}
    page = officer.client.get("/cases/new", headers=headers)
    text = unpacked(page)
    assert f'lang="{language}"' in text and 'class="chip last"' in text
    assert 'class="wide tour"' in text and "national_unit=tola" in text
    needed = re.findall(r'(?:href|src)="(/static/[^"]+|/icon\.svg)"', text)
    assert len(needed) == 3, "a style, a script and an icon: each more costs a whole round of the line"
    files = [officer.client.get(address, headers=PACKED) for address in needed]
    assert all("max-age=31536000" in file.headers["Cache-Control"] for file in files)
    warm = delivered(page)
    assert warm <= WARM
    assert warm + sum(map(delivered, files)) <= COLD


def test_a_page_says_the_same_packed_and_whole(officer: Browser) -> None:
    whole, packed = officer.get("/cases"), officer.client.get("/cases", headers=PACKED)
    assert "Content-Encoding" not in whole.headers and "Accept-Encoding" in whole.headers["Vary"]
    assert unpacked(packed).splitlines()[0] == whole.text.splitlines()[0] == "<!doctype html>"
    assert len(unpacked(packed)) == len(whole.text) and len(packed.data) < len(whole.data) / 2
    style = re.search(r'href="(/static/[^"]+)"', whole.text)
    assert style is not None
    for accepted, coding in (("gzip, deflate, br", "br"), ("gzip, deflate", "gzip"), ("br;q=0, gzip", "gzip")):
        for address in ("/cases", style[1]):
            answer = officer.client.get(address, headers={"Accept-Encoding": accepted})
            assert answer.headers["Content-Encoding"] == coding
            assert len(unpacked(answer)) == len(officer.get(address).text)
    refused = officer.client.get("/cases", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused.headers


def test_nothing_is_packed_that_another_site_made_the_browser_ask_for(officer: Browser) -> None:
    for site, is_packed in (("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True)):
        answer = officer.client.get("/cases?q=guess", headers={**PACKED, "Sec-Fetch-Site": site})
        assert ("Content-Encoding" in answer.headers) == is_packed, site


def test_the_token_of_a_form_is_never_twice_the_same_and_counts_each_time(post: Site) -> None:
    officer = post.browser("officer")
    found = {re.search(r'name="csrf" value="([^"]+)"', officer.get("/cases/new").text)[1] for _ in range(4)}  # type: ignore[index]
    assert len(found) == 4 and all(csrf.matches(officer.token, token) for token in found)
    once = re.findall(r'name="csrf" value="([^"]+)"', officer.get("/cases/new").text)
    assert len(once) > 1 and len(set(once)) == 1, "one for a page"
    other = post.browser("supervisor").token
    assert not any(csrf.matches(other, token) for token in found)
    for wrong in ("", "x" * 43, "é" * 43, found.pop()[:-1], "=" * 43, "0" * 64, "\ud800" * 43):
        assert not csrf.matches(officer.token, wrong)


def test_a_page_that_was_open_over_an_update_can_still_be_sent(post: Site) -> None:
    """Release 0.1.0 wrote the token into its pages as it is."""
    assert csrf.matches("cookie", csrf._proof("cookie").hex()) and not csrf.matches(
        "other", csrf._proof("cookie").hex()
    )


def test_the_same_session_is_known_again_and_another_is_not() -> None:
    assert csrf.session_mark("one") == csrf.session_mark("one") != csrf.session_mark("two")


@pytest.fixture
def scripts() -> dict[str, str]:
    return {name: (assets.STATIC / name).read_text("utf-8") for name in sorted(assets.SCRIPTS)}


def test_what_is_served_of_a_script_says_the_same(scripts: dict[str, str]) -> None:
    for name, text in scripts.items():
        assert all(line.count("`") % 2 == 0 for line in text.splitlines()), f"{name}: a text over several lines"
        served = assets.script((name,)).content.decode().splitlines()
        written = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("//")]
        for line, source in zip(served, written, strict=True):
            behind = source.removeprefix(line)
            assert behind == "" or (behind.startswith(" // ") and not set(behind) & set("\"'`")), source


@pytest.mark.parametrize("name", assets.STYLES)
def test_what_is_served_of_a_style_says_the_same(name: str) -> None:
    text = (assets.STATIC / name).read_text("utf-8")
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert not [one for one in re.findall(r'"([^"\n]*)"', bare) if re.search(r" [{};>]|[{};:,>] ", one)], (
        "spaces of a text"
    )
    assert "".join(assets.style(name).content.decode().split()) == "".join(bare.split())


def test_no_file_is_made_that_no_page_asks_for(officer: Browser) -> None:
    version = assets.script(("choices.js", "codes.js")).version
    assert officer.get(f"/static/{version}/choices+codes.js").status_code == 200
    for name in ("codes+choices.js", "choices+choices.js", "choices+nothing.js", "choices", "+.js", "../diwan.css"):
        assert officer.get(f"/static/{version}/{name}").status_code == 404, name


def test_whoever_asks_for_scripts_in_any_order_has_no_file_made() -> None:
    """Anybody may ask for them, also who has not signed in, and what is made is kept."""
    names = [name for count in (2, 3) for name in map(assets.together, permutations(assets.SCRIPTS, count))]
    assert sum(map(bool, map(assets.scripts_in, names))) == comb(len(assets.SCRIPTS), 2) + comb(len(assets.SCRIPTS), 3)
