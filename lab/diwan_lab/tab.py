"""One tab of a browser, whichever browser it is: what people do in it, by scripts on its page."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Final

LONGEST_WAIT_S: Final = 60.0


class BrowserError(Exception):
    """The browser answered with an error, or not at all."""


class Tab(ABC):
    """One tab. What a browser does in its own way is abstract; everything else is the same in all of them."""

    @abstractmethod
    def value(self, expression: str) -> Any:
        """What an expression gives on the page. The page's own policy does not bind it. Raises BrowserError."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Go to a page and wait until it is drawn. Raises BrowserError."""

    @abstractmethod
    def cookie(self, url: str, name: str, value: str) -> None:
        """Give the browser a cookie of the site at `url`."""

    @abstractmethod
    def forget_cookies(self) -> None:
        """Remove the cookies of the site that is shown: whoever was signed in is not."""

    @abstractmethod
    def upload(self, selector: str, *files: Path) -> None:
        """Choose files in a file control."""

    def send_form(self, selector: str) -> None:
        """Press the first button of a form that sends it, and wait for the page that follows."""
        self.press(f"{selector} button:not([type=button])")

    def press(self, selector: str) -> None:
        """Click on the first element that fits and wait for the page that follows."""
        self.value("window.before = true")
        self.value(f"void document.querySelector({selector!r}).click()")
        self.wait_for("!window.before && document.readyState == 'complete'")

    def fill(self, **values: str) -> None:
        """Give controls their values, by id (`goods__1__unit` for "goods.1.unit"), as typing them would."""
        for name, value in values.items():
            path = name.replace("__", ".")
            self.value(
                f"(control => {{ control.value = {json.dumps(value)};"
                " for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, {bubbles: true}));"
                f" }})(document.getElementById({path!r}))"
            )

    def text(self) -> str:
        """What a person reads on the page."""
        return str(self.value("document.body.innerText"))

    def path(self) -> str:
        """The path of the page that is shown."""
        return str(self.value("location.pathname"))

    def wait_for(self, condition: str) -> None:
        """Wait until an expression holds. Raises BrowserError after a minute: a busy machine may take long."""
        end = time.monotonic() + LONGEST_WAIT_S
        while time.monotonic() < end:
            try:
                if self.value(condition):
                    return
            except BrowserError:
                pass  # in the middle of going from one page to the next
            time.sleep(0.02)
        raise BrowserError(f"waited in vain until {condition}")
