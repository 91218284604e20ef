"""A removed picture is put back from its page, as a change with its history, by whoever may; and the notices count."""

import pytest

from .conftest import PNG, Browser, Site, png, text_of
from .test_editing import fields_of
from .test_pictures import add, add_many, shown


@pytest.fixture
def removed(officer: Browser, reported: str) -> str:
    """The address of a picture the officer added to `reported` and removed again."""
    add(officer, reported)
    address = shown(officer, reported)[0]
    hidden = fields_of(officer.get(address + "/edit").text)
    officer.post(address + "/remove", {"seen": hidden["seen"]})
    assert shown(officer, reported) == []
    return address


def put_back(browser: Browser, address: str) -> int:
    return browser.post(address + "/restore", fields_of(browser.get(address).text)).status_code


def test_whoever_added_it_puts_it_back_and_the_history_says_so(officer: Browser, reported: str, removed: str) -> None:
    assert f'href="{removed}"' in officer.get(reported).text.partition("Removed:")[2]
    page = officer.get(removed)
    assert "Put it back" in page.text
    told = text_of(officer.follow(officer.post(removed + "/restore", fields_of(page.text))))
    assert "The picture has been put back" in told and told.partition("History")[2].count("Withdrawn") == 2
    assert shown(officer, reported) == [removed] and "Removed:" not in officer.get(reported).text
    assert officer.get(removed + "/original").data == PNG


def test_a_supervisor_may_others_may_not(post: Site, reported: str, removed: str) -> None:
    one_time = post.let_in("colleague", "officer", "Colleague Example")
    post.accounts.change_password("colleague", one_time, "seven grey herons at dawn")
    signed = post.accounts.sign_in("colleague", "seven grey herons at dawn")
    colleague = Browser(post.app, f"diwan_session_{post.console.node.id}", signed.token)
    assert "Put it back" not in colleague.get(removed).text
    for browser in (colleague, post.browser("analyst"), post.browser("auditor"), post.browser("technician")):
        assert browser.post(removed + "/restore", {"seen": "{}"}).status_code == 403
    assert put_back(post.browser("supervisor"), removed) == 303


def test_a_picture_that_is_there_already_is_not_put_back_twice(officer: Browser, reported: str, removed: str) -> None:
    add(officer, reported)
    assert put_back(officer, removed) == 409
    assert len(shown(officer, reported)) == 1


def test_putting_back_what_was_never_removed_changes_nothing(officer: Browser, reported: str) -> None:
    add(officer, reported)
    address = shown(officer, reported)[0]
    assert "Nothing was changed" in text_of(officer.follow(officer.post(address + "/restore", {"seen": "{}"})))


@pytest.mark.parametrize(("count", "words"), [(1, "1 picture is saved."), (3, "3 pictures are saved.")])
def test_the_notice_says_how_many_pictures_are_saved(officer: Browser, reported: str, count: int, words: str) -> None:
    answer = add_many(officer, reported, *(png(90, 60 + number) for number in range(count)))
    page = officer.follow(answer)
    while page.status_code == 303:
        page = officer.follow(page)
    assert words in text_of(page)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ("0", "لم تُحفظ أي صورة"), ("1", "حُفظت صورة واحدة"), ("2", "حُفظت صورتان"), ("3", "حُفظت 3 صور"),
        ("11", "حُفظت 11 صورة"), ("100", "حُفظت 100 صورة"),
    ],
)  # fmt: skip
def test_arabic_counts_them_in_its_six_forms(officer: Browser, reported: str, count: str, words: str) -> None:
    page = officer.client.get(
        reported, query_string={"done": "picture", "count": count}, headers={"Accept-Language": "ar"}
    )
    assert words in text_of(page).replace("\u2068", "").replace("\u2069", "")
