"""Runs the `diwan` command as a person does, and returns its exit code and output."""

import re
import subprocess
import sys
from pathlib import Path

_GROUPS = re.compile(r"\b[A-Za-z2-7]{4}(?:-[A-Za-z2-7]{4})+\b")


class CommandFailed(Exception):
    """A `diwan` command ended with an error; the message is the command's own last line."""


def program() -> str:
    """The `diwan` of the environment we run in."""
    return str(Path(sys.executable).with_name("diwan"))


def diwan(*arguments: str | int | Path, seconds: float = 300) -> str:
    """Run one command to its end and return what it printed. Raises CommandFailed."""
    argv = [program(), *map(str, arguments)]
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"`diwan {arguments[0]}` did not end within {seconds:.0f} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise CommandFailed(f"`diwan {' '.join(map(str, arguments[:2]))}`: {said[-1].removeprefix('Error: ')}")
    return done.stdout


def grouped_secret(printed: str) -> str:
    """The one-time code or password in what a command printed: groups of four characters joined by hyphens."""
    found = _GROUPS.findall(printed)
    if not found:
        raise CommandFailed(f"no one-time secret in what was printed: {printed[:80]!r}")
    return str(found[-1])
