"""A person without scripts who counts touches: one for each field filled, button or link pressed, and fold opened.

Only what stands on the page can be touched, so a job that needs another page or another field needs another touch.
How long it takes is computed from the touches, the characters and the pages (`Effort.seconds`)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

from .conftest import Browser

THINK, POINT, KEY, HAND = 1.35, 1.10, 0.28, 0.40
"""Seconds of the keystroke-level model (Card, Moran and Newell, Communications of the ACM 23:7, 1980): to make up one's
mind before a touch, to point at something, to press a key or a button, to move the hand between mouse and keyboard."""
PAGE: Final = 0.9
"""Seconds until the next page of a visit can be used, over a line of 256 kbit/s and 300 ms: the heaviest of them, that
of a report, as `./diwan bench web` measures it in Chromium (docs/benchmarks.md)."""


@dataclass
class Effort:
    """What somebody did: targets pointed at, fields typed in, characters typed, pages waited for."""

    touches: int = 0
    pointed: int = 0
    typed_in: int = 0
    characters: int = 0
    pages: int = 0

    @property
    def seconds(self) -> float:
        """By the keystroke-level model, at the pace of somebody who knows the pages and types 40 words a minute."""
        hands = 2 * HAND * self.typed_in
        return THINK * self.touches + (POINT + KEY) * self.pointed + hands + KEY * self.characters + PAGE * self.pages


_ALONE = {"input", "img", "br", "meta", "link", "hr", "path", "rect", "circle", "line", "use"}


@dataclass
class Element:
    """A link, button, control or form of a page, with the words in it and the fold that hides it."""

    tag: str
    attributes: dict[str, str]
    form: int | None
    fold: int | None
    main: bool
    text: str = ""

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


class Controls(HTMLParser):
    """The links, buttons, controls and forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.forms: list[dict[str, str]] = []
        self._form: int | None = None
        self._open: list[Element] = []
        self._folds: list[int | None] = []
        self._count = 0
        self._summary = 0
        self._main = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(given)
            self._form = len(self.forms) - 1
        elif tag == "main":
            self._main = True
        elif tag == "details":
            self._count += 1
            self._folds.append(None if "open" in given else self._count)
        elif tag == "summary":
            self._summary += 1
        elif tag in ("a", "button", "input", "select", "textarea", "option"):
            fold = next((one for one in self._folds if one is not None), None) if not self._summary else None
            form = self._form
            if "form" in given:
                form = next((n for n, one in enumerate(self.forms) if one.get("id") == given["form"]), None)
            element = Element(tag, given, form, fold, self._main)
            self.found.append(element)
            if tag not in _ALONE:
                self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "details":
            self._folds.pop()
        elif tag == "summary":
            self._summary -= 1
        elif any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:  # an option ends with its list
                pass
            if tag == "select":
                self._choose()

    def _choose(self) -> None:
        """A list holds the option that is chosen in it, else its first."""
        at = max(n for n, element in enumerate(self.found) if element.tag == "select")
        options = self.found[at + 1 :]
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        self.found[at].attributes["value"] = chosen[0].attributes.get("value", chosen[0].words) if chosen else ""

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


@dataclass
class Person:
    """Somebody at a page; `effort` counts what they did."""

    browser: Browser
    address: str = "/"
    effort: Effort = field(init=False, default_factory=Effort)
    page: Controls = field(init=False)
    shown: str = field(init=False, default="")
    _typed: dict[int, Any] = field(init=False, default_factory=dict)
    _opened: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._see(self.browser.client.get(self.address))

    def follow(self, words: str) -> None:
        """Press the first link that says this, or leads there."""
        link = self._one("a", lambda e: words == e.words or words == re.split(r"[?#]", e.attributes.get("href", ""))[0])
        self._touch(link, pages=1)
        self._see(self.browser.client.get(link.attributes["href"].partition("#")[0]))

    def fill(self, name: str, value: Any, beside: str = "") -> None:
        """Fill a field, or choose one of its answers; where several have its name, that in the form of a button."""
        form = self._one("button", lambda e: e.words == beside).form if beside else None
        control = self._one(
            "input select textarea",
            lambda e: (
                e.attributes.get("name") == name
                and form in (None, e.form)
                and e.attributes.get("type") != "hidden"
                and (e.attributes.get("type") not in ("radio", "checkbox") or e.attributes.get("value") == value)
            ),
        )
        kind = control.attributes.get("type", "text")
        if control.tag == "select" or kind == "file":
            self._touch(control, pointed=2 if control.tag == "select" else 3)  # open it, choose; of files also "Open"
        elif kind in ("radio", "checkbox"):
            self._touch(control)
        else:
            self._touch(control, typed=str(value))
        self._typed[id(control)] = value

    def leaf_to(self, words: str) -> None:
        """Turn the pages of a list until one shows this, which is no touch: other tests fill the list."""
        while words not in self.shown:
            following = re.search(r'rel="next" href="([^"]+)"', self.shown)
            assert following is not None, words
            self._see(self.browser.client.get(html.unescape(following[1])))

    def come_back(self) -> None:
        """Look at the same page once more, which is no touch."""
        self._see(self.browser.client.get(self.address))

    def press(self, words: str) -> None:
        """Press the first button that says this; its form is sent with what it holds."""
        button = self._one("button", lambda e: words == e.words)
        self._touch(button, pages=1)
        assert button.form is not None
        form = self.page.forms[button.form]
        sent = self._sent(button.form)
        if "name" in button.attributes:
            sent.setdefault(button.attributes["name"], []).append(button.attributes.get("value", ""))
        action = (button.attributes.get("formaction") or form.get("action") or self.address).partition("#")[0]
        if (button.attributes.get("formmethod") or form.get("method", "get")).lower() == "get":
            self._see(self.browser.client.get(action.partition("?")[0] + "?" + urlencode(sent, doseq=True)))
        else:
            self._see(self.browser.client.post(action, data=sent))

    def _sent(self, form: int) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for element in self.page.found:
            name, kind = element.attributes.get("name"), element.attributes.get("type", "")
            if element.form != form or not name or element.tag in ("button", "a", "option"):
                continue
            if id(element) in self._typed:
                found.setdefault(name, []).append(self._typed[id(element)])
            elif kind in ("radio", "checkbox"):
                if "checked" in element.attributes and not self._answered(name, form):
                    found.setdefault(name, []).append(element.attributes.get("value", "on"))
            elif kind not in ("file", "submit"):
                found.setdefault(name, []).append(element.attributes.get("value", element.text))
        return found

    def _answered(self, name: str, form: int) -> bool:
        """Whether another answer of a group of radio buttons was chosen."""
        return any(
            id(element) in self._typed and element.attributes.get("type") == "radio"
            for element in self.page.found
            if element.form == form and element.attributes.get("name") == name
        )

    def _one(self, tags: str, fits: Callable[[Element], bool]) -> Element:
        found = [element for element in self.page.found if element.tag in tags.split() and fits(element)]
        found.sort(key=lambda element: not element.main)
        there = [element.words or element.attributes.get("name", "") for element in self.page.found]
        assert found, f"not on {self.address}: {there}"
        return found[0]

    def _touch(self, element: Element, pointed: int = 1, typed: str = "", pages: int = 0) -> None:
        if element.fold is not None and element.fold not in self._opened:
            self._opened.add(element.fold)
            self.effort.touches += 1
            self.effort.pointed += 1
        self.effort.touches += 1
        self.effort.pointed += pointed
        self.effort.typed_in += bool(typed)
        self.effort.characters += len(typed)
        self.effort.pages += pages

    def _see(self, answer: Any) -> None:
        while answer.status_code == 303:
            answer = self.browser.client.get(answer.location.partition("#")[0])
        self.address = answer.request.full_path.rstrip("?")
        self.shown = answer.text if answer.mimetype == "text/html" else answer.mimetype
        assert answer.status_code == 200, (self.address, answer.status_code, re.sub("<[^>]*>", " ", self.shown)[:2000])
        self.page = Controls(self.shown)
        self._typed, self._opened = {}, set()
