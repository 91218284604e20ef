"""An Excel workbook's sheet as CSV, or the names of its sheets, by a process of its own with little memory and time: a
workbook is a zip of XML from a stranger (`workbook_in` reads it).

    python -m diwan_core.intake.workbook FILE.xlsx OUT.csv [DELIMITER [SHEET]]

Without OUT.csv's delimiter it is a comma, without a sheet's name the first one. A `-` for OUT.csv writes the names of
the sheets to standard output, as a JSON list. What cannot be read ends with 3 and the reason as JSON on standard error.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.wording import packed, sentence_of
from diwan_core.intake.workbook_in import UNPACKED_MOST, convert, names_in

SHEETS_MOST: Final = 200
NAMES: Final = "-"
"""In place of a file for the CSV: only the names of the sheets are wanted."""
MEMORY: Final = 640 * 1024 * 1024
SECONDS: Final = 120
WAIT_SECONDS: Final = 20.0
"""How long a workbook waits for the one before it."""
_one_at_a_time: Final = threading.Lock()


def to_csv(workbook: Path, out: Path, delimiter: str = ",", sheet: str = "") -> None:
    """Write a sheet of a workbook, the first where none is named, as CSV (UTF-8), in a limited process. Raises
    Unreadable with the reason."""
    try:
        _limited([str(workbook), str(out), delimiter, sheet])
    except Unreadable:
        out.unlink(missing_ok=True)
        raise


def sheets_of(workbook: Path) -> list[str]:
    """The names of a workbook's sheets, in order, those that are hidden left out. Raises Unreadable."""
    found = json.loads(_limited([str(workbook), NAMES]))
    return [str(name) for name in found][:SHEETS_MOST]


def _limited(arguments: list[str]) -> bytes:
    """What the command above says, worked by a process of its own, one at a time: two of them would not fit beside the
    rest on a small post. Raises Unreadable."""
    if not _one_at_a_time.acquire(timeout=WAIT_SECONDS):
        raise Unreadable(N_("another workbook is being read: try again in a minute"))
    try:
        return _worked(arguments)
    finally:
        _one_at_a_time.release()


def _worked(arguments: list[str]) -> bytes:
    command = [sys.executable, "-P", "-m", __name__, *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(N_("the workbook takes too long to read: save its sheet as CSV (UTF-8)")) from error
    if done.returncode == 3:
        raise Unreadable(sentence_of(json.loads(done.stderr)))
    if done.returncode != 0:
        raise Unreadable(N_("the workbook needs too much memory to be read: save its sheet as CSV (UTF-8)"))
    return done.stdout


def main() -> None:
    """The command above."""
    workbook, out, *more = sys.argv[1:]
    delimiter, sheet = (*more, *(",", "")[len(more) :])[:2]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * UNPACKED_MOST, 2 * UNPACKED_MOST))
    try:
        if out == NAMES:
            print(json.dumps(names_in(Path(workbook))))
        else:
            convert(Path(workbook), Path(out), delimiter, sheet)
    except Unreadable as error:
        print(json.dumps(packed(error.sentence)), file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
