"""Starts the printing of reports: one at a time, in a confined process that is thrown away."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from diwan_core.confined.host import TooMuch, TooSlow, run
from diwan_core.processes.spool import place

SECONDS: Final = 90.0
WAIT: Final = 30.0
PDF_MOST: Final = 128 * 1024 * 1024
WORKER: Final = "diwan_core.web.paper.worker"
_one_at_a_time = threading.Lock()


class NotPrinted(Exception):
    """No PDF was made. The message is for the log; what it quotes is the library's, never a record's."""


class PressBusy(NotPrinted):
    """Other reports are being printed; try again in a minute."""


def print_paper(html: str, pictures: Mapping[str, Path | bytes], folder: Path) -> bytes:
    """The PDF of a page of HTML. `pictures` are what its `picture:…` addresses stand for, each of them WebP; what is
    put aside lies in the node's `folder`.

    Raises PressBusy, NotPrinted."""
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise PressBusy("another report has been printing for a long time")
    try:
        with ExitStack() as stack:
            opened = {name: _opened(stack, picture, folder).fileno() for name, picture in pictures.items()}
            asked = _aside(stack, json.dumps({"html": html, "pictures": opened}).encode(), folder)
            done = run(
                WORKER, stdin=asked, seconds=SECONDS, answer_most=PDF_MOST, pass_fds=tuple(opened.values()), fonts=True
            )
    except TooSlow as late:
        raise NotPrinted(f"took more than {SECONDS:.0f} seconds") from late
    except TooMuch as much:
        raise NotPrinted("became too large") from much
    except OSError as error:
        raise NotPrinted(f"the printing process did not start: {os.strerror(error.errno or 0)}") from error
    finally:
        _one_at_a_time.release()
    if done.code != 0 or not done.out.startswith(b"%PDF-"):
        raise NotPrinted(_last_line(done.err) or f"ended with {done.code}")
    return done.out


def _opened(stack: ExitStack, picture: Path | bytes, folder: Path) -> IO[bytes]:
    return _aside(stack, picture, folder) if isinstance(picture, bytes) else stack.enter_context(picture.open("rb"))


def _aside(stack: ExitStack, content: bytes, folder: Path) -> IO[bytes]:
    """A file without a name, at its beginning."""
    file: IO[bytes] = stack.enter_context(tempfile.TemporaryFile(dir=place(folder)))  # noqa: SIM115
    file.write(content)
    file.seek(0)
    return file


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].partition(":")[0][:100] if lines else ""  # the kind of error; its text may quote a record
