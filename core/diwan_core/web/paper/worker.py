"""The process that lays out one report, started by `press` and confined (`diwan_core.confined`):

    python -I -m diwan_core.web.paper.worker <asked >report.pdf

It reads one JSON object and writes the PDF: {"html": "…", "pictures": {"picture:1": 5}}, where 5 is the number of an
open descriptor it was passed. It opens no file but fonts, and has no network. Exit code 1: the reason is on standard
error.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from diwan_core.confined import Limits, enter
from diwan_core.confined.fonts import line

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE: Final = Path(__file__).parents[1] / "static" / "paper.css"
LIMITS: Final = Limits(
    cpu_seconds=60,  # twenty times what a case with two pictures takes on a PC: a Pi is slower, there may be forty
    extra_bytes=600 * 1024 * 1024,
    file_bytes=64 * 1024 * 1024,
    files=256,
)
_DOT: Final = base64.b64decode("UklGRhoAAABXRUJQVlA4TA4AAAAvAAAAAAcQEf0PRET/Aw==")
"""A picture of one dot: what reads pictures loads its parts when it meets the first one."""
_FIRST: Final = '<p lang="en">A <b>bold</b> <i>line</i></p><p lang="ar" dir="rtl">س</p><img src="picture:dot" alt="">'
"""Laid out before the worker is confined, so that all it loads is loaded."""


def main() -> None:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OnlyThese(URLFetcher):  # type: ignore[misc]
        """Answers for the pictures of this report and for nothing else."""

        def __init__(self, pictures: Mapping[str, int]) -> None:
            super().__init__()
            self._pictures = pictures

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url == "picture:dot":
                content = _DOT
            elif url in self._pictures:
                content = _whole(self._pictures[url])
            else:
                raise FatalURLFetchingError(f"not a picture of this report: {url[:80]}")
            return URLFetcherResponse(url, content, {"Content-Type": "image/webp"})

    fonts, css = FontConfiguration(), STYLE.read_text("utf-8")

    def printed(html: str, pictures: Mapping[str, int]) -> bytes:
        fetcher = OnlyThese(pictures)
        style = CSS(string=css, url_fetcher=fetcher, font_config=fonts)
        page = HTML(string=html, base_url="report:", url_fetcher=fetcher)
        # at 150 dots an inch a picture is as sharp as an office printer makes it
        pdf: bytes = page.write_pdf(
            stylesheets=[style], font_config=fonts, optimize_images=True, jpeg_quality=80, dpi=150
        )
        return pdf

    printed(_FIRST, {})
    enter(LIMITS, fonts=line())
    asked: dict[str, Any] = json.load(sys.stdin)
    sys.stdout.buffer.write(printed(asked["html"], asked["pictures"]))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to tidy up, and nothing may be opened to do it


def _whole(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


if __name__ == "__main__":
    main()
