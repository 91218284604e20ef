"""Reads the recovery key from a person: typed from the paper, or as the words of two sheets.

At a terminal nothing that is typed is shown, and after a wrong word only its line is typed again; from standard input a
sheet is on one line."""

from __future__ import annotations

import sys
from typing import Final

import click
from diwan_core.trust.custodians.recovery import key_of_secret

from diwan_backup.escrow import shares

_MOST_GROUPS: Final = 20
"""More words than that are not a recovery key, whatever spaces were typed into it."""


def recovery_key() -> str:
    """The recovery key, asked for or from standard input: one line from the paper, or two lines with the words of two
    sheets. Raises WrongWords."""
    if sys.stdin.isatty():
        first = _asked("Recovery key, or the first words of a sheet")
        return _joined(_whole(first)) if _are_words(first) else first
    first = sys.stdin.readline()
    return _joined(first) if len(first.split()) > _MOST_GROUPS else first


def key_of_two() -> str:
    """The recovery key of two sheets. Raises WrongWords."""
    return _joined(sheet())


def sheet(asked: str = "Words of a sheet", *, all_lines: bool = False) -> str:
    """The words of one sheet; from standard input its next line, or all lines."""
    if sys.stdin.isatty():
        return _whole(_asked(f"{asked}, a few at a time"))
    return sys.stdin.read() if all_lines else sys.stdin.readline()


def _joined(first: str) -> str:
    one = shares.read(first)
    second = sheet("Words of another custodian's sheet")
    if not second.strip():
        raise shares.WrongWords("one sheet alone opens nothing: type the words of a second one on the next line")
    return key_of_secret(shares.join(one, shares.read(second)))


def _whole(first: str) -> str:
    """Go on asking until there are as many words as a sheet has."""
    have: list[str] = []
    line = first
    while True:
        try:
            have += shares.words_of(line, len(have) + 1)
        except shares.WrongWords as error:
            click.echo(f"{error}. Type this line again", err=True)
        if len(have) >= shares.WORDS:
            return " ".join(have)
        line = _asked(f"Word {len(have) + 1} and on")


def _are_words(line: str) -> bool:
    try:
        return bool(shares.words_of(line)) and not any(character.isdigit() for character in line)
    except shares.WrongWords:
        return False


def _asked(text: str) -> str:
    return str(click.prompt(text, hide_input=True, err=True))
