"""The form of a report in a real browser: what it asks, keeps and offers. A case's whole way is `test_journey.py`."""

import pytest

from .chromium import PROGRAM
from .conftest import Hand, Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
#: What a thumb enters in the short form, by control.
TYPED = {
    "date": "2026-11-21",
    "direction": "import",
    "goods.1.product_group": "tobacco",
    "goods.1.quantity": "4",
    "goods.1.unit": "kilogram",
    "detection_method": "dog",
    "concealment_method": "vehicle_cabin",
    "leg.1.country": "Syria",
    "leg.2.country": "JO",
    "leg.1.mode": "3",
}


def test_a_control_asks_for_no_goods_and_what_it_hides_is_not_sent(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    hand.type(**TYPED)

    def choose(name: str, value: str) -> None:
        hand.page.value(
            f"""(() => {{ const control = document.getElementById({name!r}); control.value = {value!r};
            for (const told of ["input", "change"]) control.dispatchEvent(new Event(told, {{bubbles: true}})); }})()"""
        )

    def in_sight(name: str) -> bool:
        return bool(hand.page.value(f"document.getElementById({name!r}).offsetParent !== null"))

    assert in_sight("goods.1.quantity") and in_sight("selection_basis")
    assert not in_sight("search_type") and not in_sight("goods.1.value")
    choose("goods.1.product_group", "currency")
    assert in_sight("goods.1.value")
    choose("type", "control")
    for name in ("goods.1.quantity", "goods.1.value", "concealment_method", "leg.1.country"):
        assert not in_sight(name), name
    choose("type", "seizure")
    assert hand.page.value("document.getElementById('goods.1.quantity').value") == "4", "what was typed comes back"
    choose("type", "control")
    choose("selection_basis", "random")
    choose("search_type", "scan")
    hand.press("button[value=report]")
    case = hand.page.path()
    assert case.startswith("/cases/"), hand.reads()
    with post.console.writing() as register:
        record = register.get(case.rpartition("/")[2])
    assert record is not None
    assert not {"goods", "concealment_method", "detection_method"} & record.values.keys()


def test_a_package_asks_how_many_are_in_each_as_soon_as_it_is_picked(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    each, unit = "document.getElementById('goods.1.per_package')", "document.getElementById('goods.1.unit')"
    assert hand.page.value(f"{each}.offsetParent === null"), "a plain seizure is not asked"
    hand.page.value(f"{unit}.value = ''; {unit}.focus()")
    hand.page.type("carton")
    hand.wait("document.querySelectorAll('#choices [role=option]').length > 0")
    hand.page.key("ArrowDown", 40)
    hand.page.key("Tab", 9)
    assert hand.page.value(f"{unit}.value").endswith("(CT)")
    assert hand.page.value(f"{each}.offsetParent !== null && !{each}.disabled && !{each}.value")
    assert hand.page.value(f"[...{each}.list.options].map(one => one.value).join()") == "20,200,10000"
    hand.page.value(f"{unit}.value = 'KGM'; {unit}.dispatchEvent(new Event('input', {{bubbles: true}}))")
    assert hand.page.value(f"{each}.offsetParent === null && {each}.disabled")


def test_what_is_typed_is_kept_without_a_button_and_found_again(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    hand.type(**{"goods.1.quantity": "31,4159"})
    hand.wait("document.getElementById('kept').textContent.includes('Saved as a draft')")
    draft = hand.page.value("document.querySelector('[name=_draft]').value")
    hand.go(f"/drafts/{draft}")
    assert hand.page.value("document.getElementById('goods.1.quantity').value") == "31,4159"


def test_a_code_is_picked_by_a_word_with_the_keyboard_alone(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    hand.page.value("document.getElementById('leg.1.country').select()")
    for letter in "german":
        hand.page.call("Input.insertText", text=letter)
    hand.wait("document.querySelector('#choices [aria-selected=true]')?.textContent.includes('Germany')")
    for key, code in (("Enter", 13),):
        for kind in ("keyDown", "keyUp"):
            hand.page.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
    assert hand.page.value("document.getElementById('leg.1.country').value").endswith("(DE)")
    assert hand.sees("form[data-keep]") and not hand.sees(".summary"), "Enter chose the code and sent nothing"


def test_the_tab_key_takes_the_marked_code_and_goes_on(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.go("/cases/new")
    unit, focused = "document.getElementById('goods.1.unit')", "document.activeElement.id"
    assert not hand.sees(".look-up"), "the list of codes is no stop on the way to the box that offers them"
    for keys in (("ArrowDown", 40), ("", 0)):
        hand.page.value(f"{unit}.value = ''; {unit}.focus()")
        hand.page.type("kilo")
        hand.wait("document.querySelectorAll('#choices [role=option]').length > 6")  # more than the list shows at once
        if keys[0]:
            hand.page.key(*keys)
        hand.page.key("Tab", 9)
        assert hand.page.value(focused) == "detection_method"
        assert hand.page.value(f"{unit}.value").endswith(")") == bool(keys[0]), "what was only offered is not taken"


def test_nothing_is_blocked_by_the_policy(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.page.call("Page.addScriptToEvaluateOnNewDocument", source="window.blocked = []; "
                   "addEventListener('securitypolicyviolation', event => blocked.push(event.blockedURI))")  # fmt: skip
    hand.go("/cases/new")
    hand.type(**{"goods.1.quantity": "1"})
    hand.wait("document.getElementById('kept').textContent.includes('Saved as a draft')")
    assert hand.page.value("window.blocked") == []
