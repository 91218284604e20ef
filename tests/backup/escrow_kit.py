"""A centre with a backup, three custodians and their sheets."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from diwan_core.health.backups import of_backups

from tests.backup.kit import Centre
from tests.custody.kit import Person, name, run, told

Three = Sequence[Person]


def words_on(page: Path) -> str:
    """The words as somebody reads them from a sheet, in the order of their numbers."""
    text = html.unescape(page.read_text())
    found = re.findall(r"<td class='n'>(\d+)</td><td class='w'>([a-z]+)</td>", text)
    return " ".join(word for _, word in sorted(found, key=lambda pair: int(pair[0])))


def make_sheets(
    centre: Centre, *how: object, out: str = "sheets", pdf: bool = False
) -> tuple[dict[str, str], dict[str, Any]]:
    """The words of each custodian, and what the command said."""
    place = centre.place / out
    place.mkdir(mode=0o700)
    made = told(
        "backup", "escrow", *(how or ("make",)), "--dir", centre.folder, "--out", place, *(() if pdf else ("--no-pdf",))
    )
    return {who: words_on(Path(files[0])) for who, files in made["files"].items()}, made


def confirm(centre: Centre, who: str, words: str) -> dict[str, Any]:
    """Type words back."""
    return told_any("backup", "escrow", "confirm", who, "--dir", centre.folder, given=words + "\n")


def told_any(*words: object, given: str = "") -> dict[str, Any]:
    """What a command says with --json, whether something is left to do (exit code 1) or not."""
    done = run(*words, "--json", given=given)
    assert done.exit_code in (0, 1), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def at_terminal(command: Sequence[str], lines: Sequence[str]) -> tuple[int, str]:
    """Run a command at a terminal and type a line at each question; its exit code, and what was to be seen."""
    ours, its = os.openpty()
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, close_fds=True, start_new_session=True
    ) as process:
        os.close(its)
        seen, waiting = b"", list(lines)
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # the terminal has nobody left at its other end
                break
            if not more:
                break
            seen += more
            if waiting and seen.endswith(b": "):
                os.write(ours, waiting.pop(0).encode() + b"\n")
        os.close(ours)
        code = process.wait(timeout=60)
    return code, seen.decode(errors="replace")


def codes(centre: Centre) -> set[str]:
    """The codes of what health says of the backups."""
    return {finding.code for finding in of_backups(centre.folder)}


def in_force(centre: Centre, *how: object, out: str = "sheets") -> dict[str, str]:
    """New sheets that all three typed back."""
    words, _ = make_sheets(centre, *how, out=out)
    for who, typed in words.items():
        confirm(centre, who, typed)
    return words


def sealed(centre: Centre, name: str = "a") -> Path:
    """The sealed keys beside a repository."""
    return centre.place / f"{name}.borg.keys.sealed"


@pytest.fixture
def with_custodians(centre: Centre, three: Three) -> Centre:
    """A centre with one repository, one archive, and custodians."""
    centre.repository("a")
    centre.make("a")
    name(centre.folder, three)
    return centre
