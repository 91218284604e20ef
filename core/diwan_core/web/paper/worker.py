"""The process that lays out one report: `python -P -m diwan_core.web.paper.worker` reads one JSON object from its
standard input and writes the PDF to its standard output.

    {"html": "…", "css": "…", "pictures": {"picture:1": "/path/to/copy.webp"}}

It fetches nothing but the pictures named: no network, no other file. Exit code 1: the reason is on standard error.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Final

CPU_SECONDS: Final = 60
"""Some twenty times what a case with two pictures takes on a PC: a Pi is slower, and a case may have forty."""
EXTRA_BYTES: Final = 600 * 1024 * 1024
"""Address space beyond what Python and the libraries have mapped."""


def limit() -> None:
    """Limit this process for good; called when the libraries are loaded, before anything of a record is read."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + EXTRA_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def main() -> None:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    limit()
    asked = json.load(sys.stdin)
    pictures: dict[str, str] = asked["pictures"]

    class OnlyThese(URLFetcher):  # type: ignore[misc]
        """Answers for the pictures of this report and for nothing else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url not in pictures:
                raise FatalURLFetchingError(f"not a picture of this report: {url[:80]}")
            return URLFetcherResponse(url, Path(pictures[url]).read_bytes(), {"Content-Type": "image/webp"})

    fetcher, fonts = OnlyThese(), FontConfiguration()
    style = CSS(string=asked["css"], url_fetcher=fetcher, font_config=fonts)
    page = HTML(string=asked["html"], base_url="report:", url_fetcher=fetcher)
    # at 150 dots an inch a picture is as sharp as an office printer makes it
    pdf: bytes = page.write_pdf(stylesheets=[style], font_config=fonts, optimize_images=True, jpeg_quality=80, dpi=150)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
