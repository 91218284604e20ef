"""Shares of a secret as words (SLIP-39, 2 of 3): makes them, reads what people type, and joins two.

The only file that imports `shamir_mnemonic`. Its authors warn that it is not proof against somebody who measures the
machine while it computes: it runs for a moment when sheets are made or joined, on a machine in the room."""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from diwan_core.trust.custodians.recovery import SECRET_BYTES
from shamir_mnemonic.shamir import combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share
from shamir_mnemonic.utils import MnemonicError
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from diwan_backup.errors import BackupError

NEEDED: Final = 2
SHEETS: Final = 3
WORDS: Final = 33
_BEGINNING: Final = 4
"""Letters by which every word of the list differs from all others."""
_SHORT: Final[dict[str, str]] = {word[:_BEGINNING]: word for word in WORDLIST}


class WrongWords(BackupError):
    """The typed words are not those of a sheet; the text says which word is wrong, where that can be known."""


@dataclass(frozen=True)
class TypedSheet:
    """The words of one sheet as they should be. `begins` are the two words that all sheets of its set begin with,
    `number` is 1, 2 or 3."""

    words: str
    begins: str
    number: int

    @property
    def digest(self) -> bytes:
        """The digest by which a sheet is known without its words."""
        return hashlib.sha256(b"diwan/1/escrow-sheet\0" + self.words.encode()).digest()


def split(secret: bytes) -> list[TypedSheet]:
    """Three sheets of which any two give the secret; each pair has been tried. Raises WrongWords."""
    (made,) = generate_mnemonics(1, [(NEEDED, SHEETS)], secret)
    sheets = [read(words) for words in made]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        if join(sheets[one], sheets[other]) != secret:
            raise WrongWords("the new sheets together do not yield the recovery key: make them again")
    return sheets


def read(typed: str) -> TypedSheet:
    """Read the words that somebody typed: any case, numbers and signs between the words; the first four letters of a
    word are enough. Raises WrongWords."""
    words = words_of(typed)
    if len(words) != WORDS:
        raise WrongWords(f"a sheet has {WORDS} words, and {len(words)} were typed: compare them by their numbers")
    text = " ".join(words)
    try:
        share = Share.from_mnemonic(text)
    except MnemonicError as error:
        raise WrongWords(
            "every word is in the list, but together they are not a sheet: one word was mistaken for another, or two "
            "words changed places. Compare them with the sheet by their numbers"
        ) from error
    of_ours = (share.group_threshold, share.group_count, share.member_threshold) == (1, 1, NEEDED)
    if not of_ours or share.index >= SHEETS or len(share.value) != SECRET_BYTES:
        raise WrongWords("these words are of something else than an escrow of Diwan: take the sheet with its name")
    return TypedSheet(text, " ".join(words[:2]), share.index + 1)


def words_of(typed: str, first: int = 1) -> list[str]:
    """The words of a line, of which the first is number `first` of its sheet. Raises WrongWords."""
    return [_word(number, word) for number, word in enumerate(re.findall(r"[a-z]+", typed.lower()), first)]


def join(one: TypedSheet, other: TypedSheet) -> bytes:
    """The secret of two sheets. Raises WrongWords."""
    if one.words == other.words or one.number == other.number:
        raise WrongWords(
            "this is the same sheet twice, and one sheet alone opens nothing. Enter the sheet of another custodian"
        )
    if one.begins != other.begins:
        raise WrongWords(
            f"the sheets are of different sets: one begins with “{one.begins}”, the other with “{other.begins}”. "
            "Take two of the newest set"
        )
    try:
        secret: bytes = combine_mnemonics([one.words, other.words])
    except MnemonicError as error:
        raise WrongWords("the two sheets do not belong together: take two of the newest set") from error
    return secret


def _word(number: int, typed: str) -> str:
    if typed in WORD_INDEX_MAP:
        return typed
    if len(typed) == _BEGINNING and typed in _SHORT:
        return _SHORT[typed]
    near = difflib.get_close_matches(typed, WORDLIST, n=2, cutoff=0.6)
    hint = f"is it “{'” or “'.join(near)}”?" if near else "look at the sheet"
    raise WrongWords(f"word {number}, “{typed[:20]}”, is not in the list: {hint}")
