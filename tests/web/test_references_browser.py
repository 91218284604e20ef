"""Looking up a reference in a real browser: with a script while one types, without it by a list; nothing is lost."""

import pytest

from .chromium import PROGRAM
from .conftest import SHORT, Hand, Site
from .test_full_case import values_of
from .test_references import made

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
HIDDEN = "document.querySelector(\"input[name='{}']\").value"


def begun(hand: Hand, post: Site) -> str:
    """The address of a new case; its author is at the browser."""
    officer = post.browser("officer")
    hand.sign_in(post, officer)
    return str(officer.post("/cases/new", SHORT).location.partition("?")[0])


def offered(hand: Hand, control: str, text: str) -> None:
    """Type what is sought, as fingers do, until records are offered."""
    hand.page.value(f"document.getElementById({control!r}).focus()")
    for letter in text:
        hand.page.type(letter)
    hand.wait("document.querySelectorAll('#choices [role=option]').length > 0")


def test_a_party_is_found_while_one_types_and_linked_without_leaving_the_form(hand: Hand, post: Site) -> None:
    person = made(post, "person", name_as_written="Zainab Qutb", birth_date="1988-07-06")
    case = begun(hand, post)
    hand.go(f"{case}/edit/party/new")
    hand.type(**{"party.new.role": "driver", "party.new.name": "As she said it"})
    offered(hand, "find:party.new.subject", "qutb")
    assert "6 Jul 1988" in str(hand.page.value("document.querySelector('#choices').innerText"))
    hand.page.key("ArrowDown", 40)
    hand.page.key("Enter", 13)
    assert hand.page.value(HIDDEN.format("party.new.subject")) == person
    assert "Zainab Qutb" in hand.reads() and hand.page.path().endswith("/edit/party/new")
    hand.page.value("void document.querySelector('.linked button').click()")
    assert hand.page.value(HIDDEN.format("party.new.subject")) == "", "and given back, the form still open"
    offered(hand, "find:party.new.subject", "zain")
    place = "document.querySelector('#choices [role=option]').getBoundingClientRect()"
    x, y = hand.page.value(f"[{place}.x + 20, {place}.y + 10]")
    for kind in ("mousePressed", "mouseReleased"):
        hand.page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    hand.press("form .actions button:not([tabindex])")
    (saved,) = values_of(post, case.rpartition("/")[2])["party"].values()
    assert saved == {"role": "driver", "subject": person, "name": "As she said it"}
    assert hand.sees(f'a[href="/persons/{person}"]')


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_button_leads_to_a_list_and_back_to_the_form_as_it_was(hand: Hand, post: Site, script: bool) -> None:
    lorry = made(post, "conveyance", plate=f"BUTTON {script:d}", make="Scania")
    case = begun(hand, post)
    hand.page.scripts(script)
    try:
        hand.go(f"{case}/edit/means/new")
        hand.type(
            **{"means.new.mode": "3", "means.new.plate": "Button", "find:means.new.conveyance": f"button{script:d}"}
        )
        hand.press("button[value='pick:means.new.conveyance']")
        assert f"BUTTON {script:d}" in hand.reads() and "Scania" in hand.reads()
        hand.press(f"button[value='{lorry}']")
        assert hand.page.value("document.getElementById('means.new.plate').value") == "Button"
        hand.press("form .actions button:not([tabindex])")
    finally:
        hand.page.scripts(True)
    (saved,) = values_of(post, case.rpartition("/")[2])["means"].values()
    assert saved == {"mode": "3", "plate": "Button", "conveyance": lorry}


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_enter_key_looks_up_and_never_sends_a_half_filled_form(hand: Hand, post: Site, script: bool) -> None:
    made(post, "person", latin_name="ENTER KEY")
    case = begun(hand, post)
    hand.page.scripts(script)
    try:
        hand.go(f"{case}/edit/party/new")
        hand.type(**{"party.new.role": "driver"})
        hand.page.value("document.getElementById('find:party.new.subject').focus()")
        hand.page.type("enter")
        hand.page.value("window.before = true")
        hand.page.key("Enter", 13)
        hand.wait("!window.before && document.readyState == 'complete'")
        assert "ENTER KEY" in hand.reads()
    finally:
        hand.page.scripts(True)
    assert "party" not in values_of(post, case.rpartition("/")[2])


def test_what_is_linked_by_script_is_kept_in_the_draft(hand: Hand, post: Site) -> None:
    person = made(post, "person", latin_name="DRAFTED LINK")
    begun(hand, post)
    hand.go("/cases/new")
    hand.type(**{name: text for name, text in SHORT.items() if "." not in name})
    hand.press("button[value=wide]")
    hand.press("button[value='add:party']")
    offered(hand, "find:party.1.subject", "drafted")
    hand.page.key("ArrowDown", 40)
    hand.page.key("Enter", 13)
    draft = hand.page.value("document.querySelector('[name=_draft]').value")
    # what was typed before may be saved first: only the draft itself says that the link is kept
    hand.wait(f"fetch('/drafts/{draft}').then(answer => answer.text()).then(text => text.includes('{person}'))")
    hand.go(f"/drafts/{draft}")
    assert hand.page.value(HIDDEN.format("party.1.subject")) == person and "DRAFTED LINK" in hand.reads()
