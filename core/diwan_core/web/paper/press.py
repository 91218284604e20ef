"""The console's side of printing: one report at a time, in a process that is limited and thrown away."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

STYLE: Final = Path(__file__).parents[1] / "static" / "paper.css"
SECONDS: Final = 90.0
WAIT: Final = 30.0
_WORKER: Final = [sys.executable, "-P", "-m", "diwan_core.web.paper.worker"]
_one_at_a_time = threading.Lock()


class NotPrinted(Exception):
    """No PDF was made. The message is for the log; what it quotes is the library's, never a record's."""


class PressBusy(NotPrinted):
    """Other reports are being printed; try again in a minute."""


def printed(html: str, pictures: Mapping[str, Path]) -> bytes:
    """The PDF of a page of HTML. `pictures` are the files its `picture:…` addresses stand for.

    Raises PressBusy, NotPrinted."""
    asked = {"html": html, "css": STYLE.read_text("utf-8"), "pictures": {name: str(p) for name, p in pictures.items()}}
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise PressBusy("another report has been printing for a long time")
    try:
        done = subprocess.run(
            _WORKER, input=json.dumps(asked).encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise NotPrinted(f"took more than {SECONDS:.0f} seconds") from late
    except OSError as error:
        raise NotPrinted(f"the printing process did not start: {type(error).__name__}") from error
    finally:
        _one_at_a_time.release()
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        raise NotPrinted(_last_line(done.stderr) or f"ended with {done.returncode}")
    return done.stdout


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].partition(":")[0][:100] if lines else ""  # the kind of error; its text may quote a record
