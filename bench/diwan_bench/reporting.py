"""An officer reports cases one after the other at a post's console, each with a photograph: a process of its own.

python -m diwan_bench.reporting http://10.77.0.1:8080 officer PASSWORD --cases 5 --send pieces
"""

from __future__ import annotations

import argparse
import json
from typing import Final, Literal, get_args

from diwan_core.web.pictures.resumable_upload import PIECE
from diwan_lab.browser import Answer, Browser, FormRead, NotAnswered
from diwan_lab.officers import CASE, OWN_PASSWORD

from diwan_bench.photograph import photograph

Manner = Literal["none", "whole", "pieces"]
"""No picture; one sent whole with the page's form; one sent piece by piece, as the page's script does."""
MANNERS: Final[tuple[Manner, ...]] = get_args(Manner)


def report(browser: Browser, picture: bytes, manner: Manner) -> None:
    """One case, looked at once it is saved. Raises NotAnswered."""
    fields = FormRead.of(_page(browser, "/cases/new")).fields
    case = _saved(browser.send("/cases/new", {**fields, **CASE}))
    _page(browser, case)
    record = case.partition("?")[0].rpartition("/")[2]
    if manner == "whole":
        address = f"/records/{record}/pictures/new"
        fields = FormRead.of(_page(browser, address)).fields
        _page(browser, _saved(browser.send(address, {**fields, "caption": "The find"}, picture)))
    elif manner == "pieces":
        _send_pieces(browser, record, picture)
        _page(browser, case)


def _send_pieces(browser: Browser, record: str, picture: bytes) -> None:
    pictures = f"/records/{record}/pictures"
    csrf = {"csrf": FormRead.of(_page(browser, f"{pictures}/new")).fields["csrf"]}
    file = {"name": "find.jpg", "size": str(len(picture)), "key": f"find.jpg|{len(picture)}|1"}
    begun = _known(browser.send(f"{pictures}/uploads", {**csrf, **file}))
    upload, offset = f"{pictures}/uploads/{begun['upload']}", int(begun["offset"])
    while offset < len(picture):
        piece = picture[offset : offset + PIECE]
        said = browser.send(upload, {**csrf, "offset": str(offset)}, piece, part="piece")
        offset = int(_known(said)["offset"])
    _known(browser.send(f"{upload}/finish", {**csrf, "caption": "The find", "kind": "photo"}))


def _page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    while answer.status in (302, 303):
        answer = browser.get(answer.to)
    if answer.status != 200:
        raise NotAnswered(f"{path} answered {answer.status}")
    return answer.page


def _saved(answer: Answer) -> str:
    if answer.status != 303:
        raise NotAnswered(f"a form was answered with {answer.status}")
    return answer.to


def _known(answer: Answer) -> dict[str, str]:
    if answer.status != 200:
        raise NotAnswered(f"a piece was answered with {answer.status}: {answer.page[:200]}")
    return dict(json.loads(answer.page))


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("console")
    options.add_argument("user")
    options.add_argument("password")
    options.add_argument("--first", action="store_true", help="The password is a one-time one.")
    options.add_argument("--cases", type=int, required=True)
    options.add_argument("--bytes", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=0, help="Photographs of another seed are other ones.")
    options.add_argument("--send", choices=MANNERS, required=True)
    given = options.parse_args()
    browser = Browser(given.console)
    if given.first:
        browser.sign_in(given.user, given.password, OWN_PASSWORD)
    else:
        browser.sign_in_again(given.user, given.password)
    for number in range(given.cases):
        report(browser, photograph(1000 * given.seed + number, given.bytes), given.send)


if __name__ == "__main__":
    main()
