"""The small copies of a node's pictures: `DIR/derived/<sha256>.view.webp` and `.thumb.webp`.

They are made where a picture comes in and wherever one is first looked at, are never exchanged, and can all be
deleted at any time: the original, kept byte for byte, makes them again. So nobody waits until they are on the disk; a
copy that a power cut left shorter than its own head says counts as none. A `.none` beside them says why a picture has
none, so that it is not tried at every look.
"""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import Final, Literal, cast, get_args

from diwan_core.media.examine import Examined, Reason, Unreadable, examine, is_whole

Size = Literal["view", "thumb"]
TRY_AGAIN: Final = 24 * 3600.0
"""Seconds after which a picture that could not be opened is tried again: the next release may know how."""
_LEFT_BEHIND: Final = 3600.0
#: How many requests may wait for copies to be made: a console has eight threads, a browser loads six pictures at once,
#: and somebody else wants to report a case meanwhile.
_waiting = threading.BoundedSemaphore(6)
_NAME: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


class Previews:
    """The copies of one node. `folder` is its `derived` folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._tidy()

    def _tidy(self) -> None:
        """Remove what a power cut left half made."""
        now = time.time()
        for path in self.folder.glob(".*"):
            if now - path.stat().st_mtime > _LEFT_BEHIND:
                path.unlink(missing_ok=True)

    def path(self, sha256: str, size: Size) -> Path:
        """The path of a copy, made or not. Raises ValueError for what is not a name."""
        if not _NAME.match(sha256):
            raise ValueError("not a SHA-256 name")
        return self.folder / f"{sha256}.{size}.webp"

    def keep(self, examined: Examined, sha256: str) -> None:
        """Give the copies of an examined picture their names."""
        for size in get_args(Size):
            os.replace(getattr(examined, size), self.path(sha256, size))

    def get(self, sha256: str, size: Size, original: Path) -> Path:
        """A copy, made now when it is not there. Raises Unreadable, OSError."""
        path = self.path(sha256, size)
        if self.has(sha256, size):
            return path
        reason = self.reason(sha256)
        if reason is not None:
            raise Unreadable(reason)
        if not _waiting.acquire(blocking=False):
            raise Unreadable("busy")
        try:
            with original.open("rb") as picture, examine(picture, self.folder) as examined:
                self.keep(examined, sha256)
            if not original.exists():  # erased under the law in the meantime
                self.forget(sha256)
                raise Unreadable("no_picture")
        except FileNotFoundError:
            raise Unreadable("no_picture") from None
        except Unreadable as unreadable:
            if unreadable.reason != "busy" and original.exists():
                self._marker(sha256).write_text(unreadable.reason)
            raise
        finally:
            _waiting.release()
        return path

    def has(self, sha256: str, size: Size) -> bool:
        """Whether a copy is made, and whole: it can be shown even where the original is not."""
        try:
            with self.path(sha256, size).open("rb") as copy:
                return is_whole(copy.fileno())
        except FileNotFoundError:
            return False

    def forget(self, sha256: str) -> None:
        """Delete the copies of a picture."""
        for size in get_args(Size):
            self.path(sha256, size).unlink(missing_ok=True)

    def reason(self, sha256: str) -> Reason | None:
        """Why a picture has no copies; None where it has, or may have."""
        return _noted(self._marker(sha256))

    def _marker(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.none"


def _noted(marker: Path) -> Reason | None:
    try:
        if time.time() - marker.stat().st_mtime > TRY_AGAIN:
            return None
        reason = marker.read_text()
    except FileNotFoundError:
        return None
    return cast(Reason, reason) if reason in get_args(Reason) else "damaged"
