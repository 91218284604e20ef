"""A person at a browser in front of a console: signs in, reads, fills in forms, presses buttons."""

import time
from pathlib import Path

from diwan_lab.tab import BrowserError, Tab

PASSWORD = "seven grey herons at dawn"
SHORT_FORM = {
    "office": "JOAQJ",
    "country": "JO",
    "direction": "import",
    "detection_method": "xray_cargo",
    "concealment_method": "false_floor",
    "goods__1__product_group": "drugs",
    "goods__1__quantity": "12.5",
    "goods__1__unit": "KGM",
    "leg__1__country": "SY",
    "leg__2__country": "JO",
    "leg__1__mode": "3",
}
"""A report in the short form, by the ids of its controls; the day is today by itself."""


class Visitor:
    """Somebody at the console at `url`, reading `language`."""

    def __init__(self, page: Tab, url: str, language: str = "en") -> None:
        self.page = page
        self.url = url
        self.language = language

    def sign_in(self, user: str, one_time: str = "") -> None:
        """Sign in with PASSWORD; with a one-time password, and choose PASSWORD then. Whoever was signed in is not."""
        self.page.forget_cookies()
        self.page.cookie(self.url, "diwan_language", self.language)
        self.page.open(self.url + "/sign-in")
        self.page.fill(name=user, password=one_time or PASSWORD)
        self.page.send_form("main form")
        if self.page.path() == "/password":
            self.page.fill(new=PASSWORD, again=PASSWORD)
            self.page.send_form("main form")
        if self.page.path() in ("/sign-in", "/password"):
            raise BrowserError(f"{user} could not sign in: {self.page.text()[:300]}")

    def approve(self, user: str) -> str:
        """As `user`, approve what waits for a second person; the one-time password to hand over."""
        self.sign_in(user)
        self.open("/approvals")
        number = self.page.value("document.querySelector('main section').id.replace('request-', '')")
        self.page.fill(**{f"password-{number}": PASSWORD})
        self.page.press("main section form button")
        return str(self.page.value("document.querySelector('p.code').innerText")).strip()

    def open(self, path: str) -> None:
        self.page.open(self.url + path)

    def report(self, **more: str) -> str:
        """Report a case in the short form, and say that it is right where that is asked; its path."""
        self.open("/cases/new")
        self.page.fill(**{**SHORT_FORM, **more})
        self.page.press("main form button[value=report]")
        if self.page.value("!!document.querySelector('button[name=_confirmed]')"):
            self.page.press("button[name=_confirmed]")
        if not self.page.path().startswith("/cases/") or self.page.path() == "/cases/new":
            raise BrowserError(f"the report was refused: {self.page.text()[:600]}")
        return self.page.path()

    def add_picture(self, case: str, picture: Path, caption: str, judged: str = "") -> None:
        """Add a picture to a case that is on file; `judged` is "no" where it shows nobody and names nobody."""
        self.open(f"/records/{case.rpartition('/')[2]}/pictures/new")
        self.page.fill(caption=caption, person_shown=judged, text_shown=judged)
        self.page.upload("input[type=file]", picture)
        self.page.press("main form .actions button")

    def find(self, words: str, seconds: float = 60.0) -> str:
        """Search the list of cases until one is found, and open it; its path. Raises BrowserError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.page.open(f"{self.url}/cases?q={words}")
            if self.page.value("!!document.querySelector('tbody th a')"):
                self.page.press("tbody th a")
                return self.page.path()
            time.sleep(0.5)
        raise BrowserError(f"no case with {words!r} after {seconds:.0f} s")

    def read_until(self, words: str, seconds: float = 60.0) -> str:
        """Load the page again until it says this; all it says. Raises BrowserError."""
        end = time.monotonic() + seconds
        here = self.page.value("location.href")
        while time.monotonic() < end:
            text = self.page.text()
            if words in text:
                return text
            time.sleep(0.5)
            self.page.open(here)
        raise BrowserError(f"{words!r} is not on {here} after {seconds:.0f} s: {self.page.text()[:400]}")
