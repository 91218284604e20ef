"""Help on every page: a hint that each person closes once, the handbook without a line, the menu of the account."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from diwan_core.web.help.help_pages import CHAPTERS, chapter_for
from diwan_core.web.help.markdown import html_of
from diwan_core.web.kit.gate import Person
from diwan_core.web.kit.topics import EXTENSION, GENERAL, topic_of

from .conftest import Browser, Site, text_of
from .staged import NO_PAGE

HANDBOOK = Path(__file__).parents[2] / "docs" / "handbook"
HINT = '<aside class="wide tour">'


@pytest.fixture
def newcomer(post: Site) -> Browser:
    post.accounts.hints.show_again("officer")
    return post.browser("officer")


def test_a_hint_stands_on_a_page_until_this_person_closes_it(post: Site, newcomer: Browser) -> None:
    page = newcomer.get("/drafts").text
    assert HINT in page and "Cases sent back to you stand at the top." in page
    action = re.search(r'action="(/help/drafts/close[^"]*)"', page)
    assert action
    answer = newcomer.post(action[1])
    assert (answer.status_code, answer.location) == (303, "/drafts")
    assert HINT not in newcomer.get("/drafts").text
    assert HINT in newcomer.get("/status").text, "other pages keep theirs"
    post.accounts.hints.show_again("supervisor")
    assert HINT in post.browser("supervisor").get("/drafts").text, "other people keep theirs"
    assert HINT not in Browser(post.app, newcomer.cookie, newcomer.token).get("/drafts").text, "at every browser"


def test_all_hints_can_be_hidden_and_shown_again(newcomer: Browser) -> None:
    newcomer.post("/help/hints", {"show": "no"})
    assert HINT not in newcomer.get("/").text and HINT not in newcomer.get("/cases").text
    newcomer.post("/help/hints", {"show": "yes"})
    assert HINT in newcomer.get("/").text


def test_the_report_page_links_to_its_hint_since_every_byte_counts_there(newcomer: Browser) -> None:
    page = newcomer.get("/cases/new").text
    assert HINT in page and "What you type is kept as a draft while you type" not in page
    shown = newcomer.get("/help/report", back="/cases/new").text
    assert "What you type is kept as a draft while you type" in shown
    assert newcomer.post("/help/report/close?back=/cases/new").location == "/cases/new"
    assert HINT not in newcomer.get("/cases/new").text


def test_a_hint_leads_back_to_a_page_of_this_console_only(newcomer: Browser) -> None:
    for elsewhere in ("https://example.org/", "//example.org", "/\\example.org"):
        assert newcomer.client.post(
            "/help/drafts/close", query_string={"back": elsewhere}, data=_token(newcomer)
        ).location in ("/", "http://localhost/")
    assert newcomer.post("/help/nothing/close").status_code == 404


def _token(browser: Browser) -> dict[str, str]:
    from diwan_core.web.kit import csrf

    return {csrf.FIELD: csrf.token(browser.token)}


@pytest.mark.parametrize("console", ["post", "centre"])
def test_every_page_has_a_topic(console: str, post: Site, centre: Site) -> None:
    app = (post if console == "post" else centre).app
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGE.keys()
    assert {page for page in pages if topic_of(app, page) is GENERAL} == set(), "add it to a topics.py"
    used = {topic_of(app, page).name for page in pages}
    assert set(app.extensions[EXTENSION]) - used <= {"general", "doubles"}, "a topic that no page has"


def test_the_handbook_is_served_for_each_role_without_a_line(post: Site, centre: Site) -> None:
    assert {path.stem for path in HANDBOOK.glob("*.md")} - {"README"} == set(CHAPTERS)
    roles = {"officer": "officer", "auditor": "officer", "technician": "technician", "administrator": "administrator"}
    for role, chapter in roles.items():
        with post.app.test_request_context():
            assert chapter_for(Person(role, role, role, False)) == chapter, role
    page = post.browser("officer").get("/help/drafts")
    assert "At a post: officer and supervisor" in text_of(page) and "Report a seizure" in text_of(page)
    assert 'lang="en" dir="ltr"' in page.text and "https://" not in re.sub(r"<code>.*?</code>", "", page.text)
    assert "At the centre: analyst" in text_of(centre.browser("analyst").get("/help"))
    for chapter in CHAPTERS:
        assert post.browser("technician").get(f"/help/{chapter}").status_code == 200
    assert post.browser("technician").get("/help/README").status_code == 404


def test_chapters_link_to_each_other_and_nothing_of_them_is_taken_for_html() -> None:
    text = (
        "# Head & <b>\n\nOne *two* **three** [four](import.md) [five](../privacy.md) `*<i>*`\ngoes on\n\n"
        "1. first\n   more\n   - inner\n2. second\n\n| a | b |\n|---|---|\n| c | d |\n\n    code <x>\n\n![p](x.webp)\n"
    )
    assert html_of(text).splitlines() == [
        "<h2>Head &amp; &lt;b&gt;</h2>",
        '<p>One <em>two</em> <strong>three</strong> <a href="import">four</a> five <code>*&lt;i&gt;*</code> '
        "goes on</p>",
        "<ol><li>first more<br>– inner</li><li>second</li></ol>",
        '<div class="scroll" tabindex="0" role="group"><table><thead><tr><th scope="col">a</th><th scope="col">b</th>'
        "</tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody></table></div>",
        '<pre tabindex="0"><code>code &lt;x&gt;</code></pre>',
    ]


def test_the_menu_of_ones_account_leads_to_account_password_and_help(officer: Browser) -> None:
    menu = re.search(r'<details class="menu">.*?</details>', officer.get("/cases").text, re.S)
    assert menu
    assert re.findall(r'href="(/account|/password|/help/list)"', menu[0]) == ["/account", "/password", "/help/list"]
    assert 'action="/sign-out"' in menu[0]


def test_who_has_to_choose_a_password_is_offered_nothing_else(post: Site) -> None:
    one_time = post.let_in("helped", "officer")
    signed = post.accounts.sign_in("helped", one_time)
    page = Browser(post.app, f"diwan_session_{post.console.node.id}", signed.token).get("/password").text
    assert 'action="/sign-out"' in page
    assert set(re.findall(r'<a[^>]* href="(/[^"]*)"', page.partition("<footer")[0])) == {"/"}
    assert set(re.findall(r'<form[^>]* action="([^"]*)"', page)) == {"/sign-out"}


def test_no_page_is_given_a_value_under_a_name_that_the_frame_of_all_pages_sets() -> None:
    """What the frame sets takes the place of what a view gives its template under the same name."""
    root = Path(__file__).parents[2]
    frame = root / "core/diwan_core/web/templates/kit/base.html"
    names = set(re.findall(r"\{%-? set (\w+) =", frame.read_text("utf-8")))
    found = {
        (path.name, name)
        for path in root.glob("[ac]*/diwan_*/**/templates/**/*.html")
        if path != frame and 'extends "kit/base.html"' in (text := path.read_text("utf-8"))
        for code in re.findall(r"\{[{%].*?[%}]\}", re.sub(r'"[^"]*"', '""', text), re.S)
        for name in names & set(re.findall(r"(?<![.\w'])(\w+)", code))
    }
    assert names and found == set()
