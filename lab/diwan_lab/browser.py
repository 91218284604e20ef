"""A small HTTP browser: does what a person does at a console, and returns what the console answered.

Forms are read from the page and sent back with everything that was in them, so that nothing here knows how the consoles
lay their forms out.
"""

import http.client
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode, urlsplit

SECONDS: Final = 30.0
"""How long a person waits for an answer."""


class NotAnswered(Exception):
    """No answer came, or one that is not the one hoped for: whether anything was saved is not known."""


class SignedOut(NotAnswered):
    """The console asks to sign in: the session has ended, as it does where a clock was put back."""


@dataclass(frozen=True)
class Answer:
    """What a console said. `to` is where a redirection leads."""

    status: int
    page: str
    to: str


@dataclass
class FormRead(HTMLParser):
    """The fields of a page's largest form, as a browser would send them untouched."""

    fields: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._forms: list[dict[str, str]] = []
        self._select = self._area = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._forms.append({})
        elif not self._forms:
            return
        elif tag == "input" and name and given.get("type") not in ("submit", "file", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._forms[-1][name] = given.get("value", "")
        elif tag == "select" and name:
            self._select = name
            self._forms[-1].setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            self._forms[-1][self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            self._area, self._text = name, []

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            self._forms[-1][self._area] = "".join(self._text).lstrip("\n")
            self._area = ""

    def with_field(self, name: str) -> dict[str, str]:
        """The fields of the page's form that has this one; none where there is no such form."""
        return next((form for form in self._forms if name in form), {})

    @classmethod
    def of(cls, page: str) -> "FormRead":
        read = cls()
        read.feed(page)
        read.fields = max(read._forms, key=len, default={})
        return read


class Browser:
    """One person's session at one console."""

    def __init__(self, console: str) -> None:
        self._where = urlsplit(console).netloc
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """Raises NotAnswered."""
        return self._ask("GET", path, b"", "")

    def send(self, path: str, fields: Mapping[str, str], picture: bytes | None = None, part: str = "picture") -> Answer:
        """Send a form, with a file as its field `part` where there is one. Raises NotAnswered."""
        if picture is None:
            return self._ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        boundary = secrets.token_hex(16)
        before = f"--{boundary}\r\nContent-Disposition: form-data; name="
        parts = [f'{before}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        file = f'Content-Disposition: form-data; name="{part}"; filename="picture.png"\r\nContent-Type: image/png'
        body = "".join(parts).encode() + f"--{boundary}\r\n{file}\r\n\r\n".encode() + picture
        return self._ask(
            "POST", path, body + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
        )

    def sign_in(self, user: str, one_time: str, own: str) -> None:
        """The first sign-in, with a password of one's own. Raises NotAnswered."""
        self.sign_in_again(user, one_time)
        fields = FormRead.of(self.get("/password").page).fields
        self._expect(self.send("/password", {**fields, "current": one_time, "new": own, "again": own}))

    def sign_in_again(self, user: str, password: str) -> None:
        """Raises NotAnswered."""
        fields = FormRead.of(self.get("/sign-in").page).fields
        self._expect(self.send("/sign-in", {**fields, "name": user, "password": password}))

    @staticmethod
    def _expect(answer: Answer) -> None:
        if answer.status != 303:
            raise NotAnswered(f"answered {answer.status}")

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        connection = http.client.HTTPConnection(self._where, timeout=SECONDS)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        try:
            connection.request(method, path, body or None, {**headers, **({"Content-Type": kind} if kind else {})})
            answer = connection.getresponse()
            page = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NotAnswered(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        to = answer.headers.get("Location", "")
        if answer.status == 303 and to.partition("?")[0] == "/sign-in":
            raise SignedOut(f"{method} {path}: the console asks to sign in")
        return Answer(answer.status, page, to)
