"""A person's session at a post's console over real HTTP: one-time password, own password, a case, a picture, pages.

    python -m diwan_bench.visit http://10.77.0.1:8080 officer ONE-TIME-PASSWORD --requests 100

Prints the number of requests made.
"""

import argparse
import html
import re
from collections.abc import Mapping

from diwan_core.intake.run import sample
from diwan_lab.browser import Browser, FormRead, NotAnswered
from diwan_lab.officers import CASE, OWN_PASSWORD


class Visitor:
    """A person at one console; `requests` counts what was asked for. Each method raises NotAnswered."""

    def __init__(self, console: str) -> None:
        self._browser = Browser(console)
        self.requests = 0

    def sign_in(self, name: str, one_time: str) -> None:
        """The first sign-in, with a password of one's own."""
        self._browser.sign_in(name, one_time, OWN_PASSWORD)
        self.requests += 4

    def get(self, path: str) -> str:
        """The page at `path`, or the one it leads to."""
        self.requests += 1
        answer = self._browser.get(path)
        if answer.status in (302, 303):
            return self.get(answer.to)
        if answer.status != 200:
            raise NotAnswered(f"{path} answered {answer.status}")
        return answer.page

    def fill_in(self, path: str, fields: Mapping[str, str], picture: bytes | None = None) -> str:
        """Open a form, send it, and look at what it leads to; the path of that."""
        untouched = FormRead.of(self.get(path)).fields
        self.requests += 1
        answer = self._browser.send(path, {**untouched, **fields}, picture)
        if answer.status != 303:
            raise NotAnswered(f"the form at {path} was answered with {answer.status}")
        self.get(answer.to)
        return answer.to.partition("?")[0]


def visit(console: str, user: str, one_time: str, requests: int) -> int:
    """Report a case with a picture, then look around until `requests` were made. Raises NotAnswered."""
    visitor = Visitor(console)
    visitor.sign_in(user, one_time)
    case = visitor.fill_in("/cases/new", CASE)
    record = case.rpartition("/")[2]
    visitor.fill_in(f"/records/{record}/pictures/new", {"caption": "X-ray"}, sample.picture(1).content)
    pictures = [html.unescape(found) for found in re.findall(r'<img src="([^"]+)"', visitor.get(case))]
    if not pictures:
        raise NotAnswered(f"{case} does not show the picture that was added")
    pages = ["/cases", case, "/cases/new", "/cases?q=jordan", pictures[0]]
    while visitor.requests < requests:
        visitor.get(pages[visitor.requests % len(pages)])
    return visitor.requests


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("console")
    options.add_argument("user")
    options.add_argument("one_time")
    options.add_argument("--requests", type=int, default=100)
    given = options.parse_args()
    print(visit(given.console, given.user, given.one_time, given.requests))


if __name__ == "__main__":
    main()
