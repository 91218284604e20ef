"""A person at a real browser who finds the way by the words on the page, in the language they read.

A journey is written once, with the English words of links, buttons and labels; whoever reads Arabic presses what the
catalogue says for them. Every page on the way has to run in its direction, to fit its window, and to leave nothing
untranslated."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Final

from diwan_core.web.language.i18n import catalogue

from .axe import overflow, ticks
from .chromium import BrowserError, Page
from .conftest import PASSWORD

_SCREENS: Final = os.environ.get("DIWAN_SCREENS", "")
"""Where to leave a picture of every page on the way, for a person to look at; nowhere unless told."""
_ISOLATES: Final = re.compile("[\u2066-\u2069\u200e\u200f]")
_TIDY: Final = (
    r'const tidy = text => (text || "").replace(/[\u2066-\u2069\u200e\u200f]/g, "").replace(/\s+/g, " ").trim();'
)
_FIND: Final = f"""((selector, says) => {{
    {_TIDY}
    const found = [...document.querySelectorAll(selector)].filter(one => one.checkVisibility()
        && [one.innerText, one.textContent, one.value, one.ariaLabel].some(text => text && says(tidy(text))));
    return found.find(one => one.closest("main")) || found[0];
}})"""
_LABELLED: Final = f"""(words => {{
    {_TIDY}
    const bare = label => [...label.childNodes].filter(one => !one.matches?.(".optional")).map(one => one.textContent);
    return [...document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")].find(one =>
        one.checkVisibility() && ([...one.labels].some(label => tidy(bare(label).join("")) === words)
        || tidy(one.ariaLabel) === words));
}})"""
_TEXTS: Final = """(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const held = walker.currentNode.parentElement;
        if (held.checkVisibility() && !held.closest("[lang]:not(html), [dir=auto], bdi, script, style"))
            found.push(walker.currentNode.textContent.replace(/\\s+/g, " ").trim());
    }
    return found.filter(text => text);
})()"""
_AGAINST: Final = """[...document.querySelectorAll("input[placeholder]")].filter(one => one.checkVisibility()
    && !one.value && getComputedStyle(one).direction !== document.dir).map(one => one.placeholder)"""


class Walker:
    """Somebody at the console at `site`, reading `language`."""

    def __init__(self, page: Page, site: str, language: str) -> None:
        self.page, self.site, self.language = page, site, language
        self._shots = 0
        self._named = "nobody"

    def says(self, text: str, count: int | None = None, many: str = "", **values: object) -> str:
        """A text of the pages in this person's language."""
        known = catalogue(self.language)
        found = known.gettext(text) if count is None else known.ngettext(text, many, count)
        if self.language != "en" and found == text:
            raise AssertionError(f"{text!r} is not in the catalogue")
        return found.format_map({"count": str(count), **values})

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in at the page for it; whoever was signed in is not."""
        self._named = name
        self.page.forget_cookies()
        self.page.cookie(self.site, "diwan_language", self.language)
        self.open("/sign-in")
        self.fill("User name", name)
        self.fill("Password", password)
        self.press("Sign in")

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.open(self.site + path)
        self._look()

    def follow(self, text: str) -> None:
        """Press the link with these words."""
        self._click("a", text)

    def follow_beginning(self, text: str) -> None:
        """Press the link that begins with these words, up to the first place that is filled in."""
        begins = json.dumps(self._words(text).partition("{")[0].strip())
        self._leave(self._found("main a", f"text => text.startsWith({begins})", text))

    def go(self, text: str) -> None:
        """Choose a page in the head of every page, under *More* where it stands there."""
        self.page.value("document.querySelectorAll('nav.bar details').forEach(fold => { fold.open = true })")
        self._click("nav.bar a", text)

    def account(self, text: str) -> None:
        """Choose something in the menu of one's account."""
        self.page.value("document.querySelector('details.menu').open = true")
        self._click(".menu a, .menu button", text)

    def press(self, text: str) -> None:
        """Press the button with these words, and wait for the page that follows."""
        self._click("button", text)

    def touch(self, text: str) -> None:
        """Press a button that changes the page without leaving it, or open what is folded under these words."""
        self.page.value(f"void {self._found('button, summary', self._is(text), text)}.click()")

    def search(self, text: str) -> None:
        """Search with the box in the head of every page."""
        self.page.value(f"document.querySelector('.top input[type=search]').value = {json.dumps(text)}")
        self.page.value("window.before = true")
        self.page.value("void document.querySelector('.top form').requestSubmit()")
        self._arrive()

    def record(self) -> str:
        """The id of the record whose page this is."""
        return self.page.path().rpartition("/")[2]

    def fill(self, label: str, value: str) -> None:
        """Fill the field that has this label, or choose an answer in it by its words or its code."""
        words = json.dumps(self._words(label))
        assert self.page.value(f"!!{_LABELLED}({words})"), self._not_here(label)
        self.page.value(
            f"""((control, value) => {{
                if (control.type === "checkbox" || control.type === "radio") control.checked = true;
                else if (control.tagName === "SELECT") {{
                    const option = [...control.options].find(one => one.text.trim() === value || one.value === value);
                    if (!option) throw new Error(value + " is none of " + [...control.options].map(one => one.text));
                    control.value = option.value;
                }} else control.value = value;
                for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, {{bubbles: true}}));
            }})({_LABELLED}({words}), {json.dumps(value)})"""
        )

    def tick(self, *values: str) -> None:
        """Tick rows of a list."""
        for value in values:
            self.page.value(f"""document.querySelector('main [type=checkbox][value="{value}"]').click()""")

    def reads(self, *texts: str) -> None:
        """Fail unless the page says all of this to this person."""
        shown = self.shown()
        missing = [text for text in texts if self._words(text) not in shown]
        assert not missing, f"{missing} not on {self.page.path()}: {shown[:3000]}"

    def reads_not(self, *texts: str) -> None:
        """Fail where the page says one of these."""
        shown = self.shown()
        there = [text for text in texts if self._words(text) in shown]
        assert not there, f"{there} on {self.page.path()}: {shown[:3000]}"

    def has(self, text: str) -> bool:
        """Whether there is something to press with these words."""
        return bool(self.page.value(f"!!{_FIND}('a, button', {self._is(text)})"))

    def shown(self) -> str:
        """What the page says, on one line."""
        return " ".join(_ISOLATES.sub("", self.page.text()).split())

    def answers(self, path: str, method: str = "GET") -> int:
        """The status with which the console answers this person's browser."""
        body = ", body: new URLSearchParams({csrf: document.querySelector('[name=csrf]').value})"
        options = f"{{method: {method!r}{body if method == 'POST' else ''}, redirect: 'manual'}}"
        return int(self.page.value(f"fetch({path!r}, {options}).then(answer => answer.status)"))

    def wait_for(self, text: str) -> None:
        """Wait at a page that follows its work by itself until it offers this."""
        try:
            self.page.wait_for(f"!!{_FIND}('a, button', {self._is(text)})")
        except BrowserError as error:
            raise AssertionError(self._not_here(text)) from error

    def _words(self, text: str) -> str:
        """The words as they are looked for: those of the catalogue, or the text itself where it is no text of ours."""
        found = catalogue(self.language).gettext(text) if text else text
        return " ".join(_ISOLATES.sub("", found).split())

    def _is(self, text: str) -> str:
        """The script that knows these words."""
        return f"text => text === {json.dumps(self._words(text))}"

    def _found(self, selector: str, says: str, text: str) -> str:
        """The script that finds what is to be pressed; fails where there is nothing."""
        found = f"{_FIND}({selector!r}, {says})"
        assert self.page.value(f"!!{found}"), self._not_here(text)
        return found

    def _click(self, selector: str, text: str) -> None:
        self._leave(self._found(selector, self._is(text), text))

    def _leave(self, script: str) -> None:
        """Press what a script finds, wait for the page that follows, and look at it."""
        self.page.value("window.before = true")
        self.page.value(f"void {script}.click()")
        self._arrive()

    def _arrive(self) -> None:
        self.page.wait_for("!window.before && document.readyState == 'complete'")
        self._look()

    def _not_here(self, words: str) -> str:
        return f"{words!r} is not on {self.page.path()}: {self.shown()[:3000]}"

    def _look(self) -> None:
        """What has to hold on every page of every journey."""
        if _SCREENS:
            self._shots += 1
            folder = Path(_SCREENS)
            folder.mkdir(parents=True, exist_ok=True)
            where = self.page.path().strip("/").replace("/", "-")[:40] or "start"
            name = f"{self._named}-{self.language}-{self._shots:02}-{where}.png"
            (folder / name).write_bytes(self.page.picture())
        here = self.page.path()
        assert self.page.value("document.dir") == ("rtl" if self.language == "ar" else "ltr"), here
        assert overflow(self.page) + ticks(self.page) == [], here
        assert self.page.value(_AGAINST) == [], f"placeholders run the other way on {here}"
        known = catalogue(self.language)
        english = [one for one in self.page.value(_TEXTS) if self.language != "en" and known.gettext(one) != one]
        assert english == [], f"untranslated on {here}: {english}"
