"""QR codes of enrolment codes, drawn here and fetched once by the page that shows them."""

from __future__ import annotations

import io
import threading
from typing import Final

import segno
from diwan_core import world

KEPT_S: Final = 120.0
MOST: Final = 50


class ShownOnce:
    """Codes on their way to the picture beside them: in memory only, for two minutes, each for one look."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def keep(self, code: str) -> str:
        """A name for the picture of a code."""
        name = world.random_text(16)
        with self._lock:
            while len(self._held) >= MOST:
                self._held.pop(next(iter(self._held)))
            self._held[name] = (world.monotonic_s() + KEPT_S, code)
        return name

    def take(self, name: str) -> str | None:
        """The code of a picture, the first time and in time; else None."""
        with self._lock:
            until, code = self._held.pop(name, (0.0, ""))
        return code if world.monotonic_s() < until else None


def qr_code(text: str) -> bytes:
    """A QR code (ISO/IEC 18004, error correction M) as SVG, dark on light in both colour schemes."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return out.getvalue()


def qr_inline(text: str) -> str:
    """A QR code as part of a page, in the size that the page says."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000")
    return out.getvalue().decode()
