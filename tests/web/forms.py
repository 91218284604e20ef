"""A form as a browser would send it back: every control of the page's main form, and the button pressed."""

import html
import re
import time

from werkzeug.test import TestResponse

from .conftest import Browser, text_of


def form_of(page: str, having: str = 'name="_draft"') -> dict[str, str]:
    """The fields of the first form that holds `having`, without its buttons."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if having in form)
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'\sname="([^"]+)"', tag), re.search(r'\svalue="([^"]*)"', tag)
        if name and name[1] != "csrf" and ('type="checkbox"' not in tag or " checked" in tag):
            found[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select id="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = html.unescape(chosen[1]) if chosen else ""
    for name, body in re.findall(r'<textarea id="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(body)
    return found


def press(browser: Browser, path: str, button: str, **typed: str) -> TestResponse:
    """Open a page with a draft's form, type into it and press a button; the answer, not followed."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    return browser.post(path.partition("?")[0].partition("#")[0], {**form_of(page.text), **dots(typed), "do": button})


def dots(typed: dict[str, str]) -> dict[str, str]:
    """`goods__1__unit` as "goods.1.unit": Python's names have no dots."""
    return {name.replace("__", "."): text for name, text in typed.items()}


def place(response: TestResponse) -> str:
    """Where an answer leads, without query and anchor."""
    assert response.status_code == 303, response.text
    found: str = response.location.partition("?")[0].partition("#")[0]
    return found


def read_whole(browser: Browser, address: str) -> str:
    """The address of an import once its file was read: a large one, or any on a busy machine, is read beside."""
    for _ in range(600):
        if "The file is being read" not in text_of(browser.get(address)):
            return address
        time.sleep(0.1)
    raise AssertionError(f"the file of {address} is still being read")
