"""What is typed in a real browser outlives a bad line, a phone that throws the page away and a session that ends."""

import pytest

from .chromium import PROGRAM
from .conftest import Hand, Site
from .test_report_flow import TYPED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
SAID = "document.getElementById('kept').textContent"
KEPT = f"{SAID}.includes('Saved as a draft')"
DRAFT = "document.querySelector('[name=_draft]').value"
#: The line as the script meets it: `window.line` says what becomes of the next save.
LINE = """
    window.line = "up"; window.asked = 0;
    const real = window.fetch;
    window.fetch = async (...wanted) => {
        asked += 1;
        if (line === "down") throw new TypeError("Failed to fetch");
        const answer = await real(...wanted);
        if (line === "no answer") { line = "up"; throw new TypeError("Failed to fetch"); }
        return answer;
    };
"""


@pytest.fixture
def form(hand: Hand, post: Site) -> Hand:
    """A new report is open in a browser whose line can be cut."""
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    hand.page.value(f"(() => {{ {LINE} }})()")
    return hand


def test_an_answer_lost_on_the_way_makes_no_second_draft(form: Hand) -> None:
    form.page.value("void (line = 'no answer')")
    form.type(**{"goods.1.quantity": "31"})
    form.wait("asked === 1 && document.getElementById('kept').classList.contains('unkept')")
    draft = form.page.value(DRAFT)
    form.type(**{"goods.1.quantity": "314"})
    form.wait(KEPT)
    assert form.page.value(DRAFT) == draft
    form.go(f"/drafts/{draft}")
    assert form.page.value("document.getElementById('goods.1.quantity').value") == "314"


def test_a_page_the_phone_threw_away_comes_back_with_what_was_typed(form: Hand) -> None:
    form.type(**{"goods.1.quantity": "27,18"})
    form.wait(KEPT)
    form.page.value("window.before = true")
    form.page.value("void location.reload()")
    form.wait("!window.before && document.readyState === 'complete'")
    assert form.page.value("document.getElementById('goods.1.quantity').value") == "27,18"
    form.press(".languages a[lang=ar]")
    assert form.page.value("document.documentElement.dir") == "rtl"
    assert form.page.value("document.getElementById('goods.1.quantity').value") == "27,18"


def test_a_report_pressed_while_the_machine_does_not_answer_stays_on_the_page(form: Hand) -> None:
    form.page.value("void (line = 'down')")
    form.type(**TYPED)
    form.page.value("void document.querySelector('button[value=report]').click()")
    form.wait(f"{SAID}.includes('does not answer')")
    assert form.sees("form[data-keep]")
    assert form.page.value("document.getElementById('goods.1.quantity').value") == "4"
    form.page.value("void (line = 'up')")
    form.press("button[value=report]")
    assert form.page.path().startswith("/cases/") and "Submitted" in form.reads()


def test_after_signing_in_again_elsewhere_the_open_form_goes_on_by_itself(form: Hand, post: Site) -> None:
    form.type(**{"goods.1.quantity": "1"})
    form.wait(KEPT)
    draft = form.page.value(DRAFT)
    form.page.cookie(form.address, f"diwan_session_{post.console.node.id}", "ended")
    form.type(**{"goods.1.quantity": "12"})
    form.wait(f"{SAID}.includes('signed out')")
    form.sign_in(post, post.browser("supervisor"))
    form.type(**{"goods.1.quantity": "123"})
    form.wait(f"{SAID}.includes('somebody else')")
    form.sign_in(post, post.browser("officer"))
    form.type(**{"goods.1.quantity": "1234"})
    form.wait(KEPT)
    assert form.page.value(DRAFT) == draft
    form.press("button[value=save]")
    assert form.page.value("document.getElementById('goods.1.quantity').value") == "1234"


def test_what_was_typed_a_moment_before_signing_out_is_kept(form: Hand, post: Site) -> None:
    form.type(**{"goods.1.quantity": "16,18"})
    draft = form.page.value(DRAFT)
    form.press(".menu form button")
    assert form.page.path() == "/sign-in"
    officer = post.browser("officer")
    assert 'value="16,18"' in officer.get(f"/drafts/{draft}").text


def test_a_draft_thrown_away_while_one_types_does_not_come_back(form: Hand, post: Site) -> None:
    form.type(**{"goods.1.quantity": "1"})
    form.wait(KEPT)
    draft = form.page.value(DRAFT)
    form.go(f"/drafts/{draft}")
    officer = post.browser("officer")
    before = officer.get("/drafts").text.count('href="/drafts/')
    form.type(**{"goods.1.quantity": "12"})
    form.press("#throw-away button")
    assert form.page.path() == "/drafts"
    assert officer.get("/drafts").text.count('href="/drafts/') == before - 1


def test_more_than_a_form_may_hold_is_said_and_stays_on_the_page(form: Hand) -> None:
    form.press("button[value=wide]")
    # unseen: Chromium takes a minute to lay out a text of this length
    form.page.value(
        "(text => { text.hidden = true; text.value = 'x'.repeat(2200000); })(document.getElementById('narrative'))"
    )
    form.type(**{"goods.1.quantity": "12"})
    form.wait(f"{SAID}.includes('too much')")
    form.page.value("void document.querySelector('button[value=report]').click()")
    form.wait(f"{SAID}.includes('too much')")
    assert form.page.value("document.getElementById('narrative').value.length") == 2200000
    form.type(narrative="Shorter now.")
    form.wait(KEPT)
